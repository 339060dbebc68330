#include "libcdc/sources/mysql/table_layout.hpp"

#include <doctest/doctest.h>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

class FakeCatalog : public Catalog {
 public:
  std::optional<CatalogTable> table(const std::string&, const std::string&) override {
    ++asked;
    return known;
  }
  std::string charset_of(std::uint32_t) override { return {}; }

  std::optional<CatalogTable> known;
  int asked = 0;
};

MappedColumn mapped(ColumnType type, std::uint16_t meta = 0) {
  MappedColumn column;
  column.type = type;
  column.meta = meta;
  column.nullable = false;
  return column;
}

CatalogTable::Column known(const char* name, const char* type, unsigned fraction = 0) {
  CatalogTable::Column column;
  column.name = name;
  column.data_type = type;
  column.column_type = type;
  column.fraction = fraction;
  return column;
}

TableMap map_of(std::vector<MappedColumn> columns) {
  TableMap map;
  map.schema = "shop";
  map.table = "t";
  map.columns = std::move(columns);
  return map;
}

TableLayout lay_out(const TableMap& map, FakeCatalog& catalog) {
  return lay_out(map, Flavor::mariadb, {}, SchemaMismatch::fail, catalog);
}

}  // namespace

TEST_CASE("a table that the catalog does not show is refused, and says what to grant") {
  FakeCatalog catalog;
  try {
    lay_out(map_of({mapped(ColumnType::integer)}), catalog);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::refused);
    CHECK(error.message().find("shows the user no table shop.t") != std::string::npos);
    CHECK(error.hint().find("GRANT SELECT ON shop.t") != std::string::npos);
  }
}

TEST_CASE("the end of a row's time is found, and is no part of the key") {
  FakeCatalog catalog;
  catalog.known.emplace();
  catalog.known->columns = {known("id", "int"), known("row_start", "timestamp", 6),
                            known("row_end", "timestamp", 6)};
  catalog.known->primary_key = {"id", "row_end"};
  catalog.known->row_end = "row_end";
  const TableMap map = map_of({mapped(ColumnType::integer), mapped(ColumnType::timestamp2, 6),
                               mapped(ColumnType::timestamp2, 6)});
  const TableLayout layout = lay_out(map, catalog);
  CHECK(layout.row_end == 2);
  CHECK(layout.table->key == std::vector<std::size_t>{0});
  CHECK_FALSE(layout.table->columns[2].key);
}

TEST_CASE("MariaDB's catalog is asked of a table with names that may be versioned, or a sequence") {
  FakeCatalog catalog;
  auto named = [](ColumnType type, std::uint16_t meta) {
    MappedColumn column = mapped(type, meta);
    column.name = "c";
    column.is_unsigned = false;
    return column;
  };
  lay_out(map_of({named(ColumnType::integer, 0), named(ColumnType::timestamp2, 6)}), catalog);
  CHECK(catalog.asked == 0);
  lay_out(map_of({named(ColumnType::timestamp2, 6), named(ColumnType::timestamp2, 6)}), catalog);
  CHECK(catalog.asked == 1);
  std::vector<MappedColumn> sequence(8, named(ColumnType::big, 0));
  sequence[6] = named(ColumnType::tiny, 0);
  lay_out(map_of(sequence), catalog);
  CHECK(catalog.asked == 2);
}

TEST_CASE("old times have the digits that the catalog knows") {
  FakeCatalog catalog;
  catalog.known.emplace();
  catalog.known->columns = {known("a", "time", 3), known("b", "datetime", 0)};
  const TableLayout layout =
      lay_out(map_of({mapped(ColumnType::time), mapped(ColumnType::datetime)}), catalog);
  CHECK(layout.formats[0].meta == 3);
  CHECK(layout.formats[1].meta == 0);
}
