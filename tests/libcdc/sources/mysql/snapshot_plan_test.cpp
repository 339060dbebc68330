#include "libcdc/sources/mysql/snapshot_plan.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

class OneTable : public Catalog {
 public:
  explicit OneTable(CatalogTable table) : table_(std::move(table)) {}
  std::optional<CatalogTable> table(const std::string&, const std::string&) override {
    return table_;
  }
  std::string charset_of(std::uint32_t) override { return {}; }

 private:
  CatalogTable table_;
};

CatalogTable::Column column(std::string name, std::string type) {
  CatalogTable::Column column;
  column.name = std::move(name);
  column.data_type = type.substr(0, type.find('('));
  column.column_type = std::move(type);
  return column;
}

CatalogTable::Column text(std::string name, std::string type, std::string charset) {
  CatalogTable::Column text = column(std::move(name), std::move(type));
  text.charset = std::move(charset);
  text.octets = 40;
  return text;
}

CatalogTable::Column number(std::string name, std::string type, std::uint64_t precision,
                            std::uint64_t scale) {
  CatalogTable::Column number = column(std::move(name), std::move(type));
  number.precision = precision;
  number.scale = scale;
  return number;
}

SnapshotTable plan(CatalogTable known, Flavor flavor = Flavor::mysql) {
  OneTable catalog(std::move(known));
  SnapshotTable table;
  table.schema = "shop";
  table.table = "it's";
  table.name = "shop.it's";
  table.sql_name = "`shop`.`it's`";
  return *plan_again(table, catalog, flavor, Selection());
}

std::string fault_of(const SnapshotTable& table, const std::string& cursor) {
  try {
    return select_statement(table, cursor);
  } catch (const Error& error) {
    return error.fault() == Fault::state ? "state" : "another fault";
  }
}

}  // namespace

TEST_CASE("A table without a key is read as it lies") {
  const SnapshotTable table = plan({{column("n", "int"), column("o`o", "int")}, {}});
  CHECK_FALSE(table.has_key());
  CHECK(select_statement(table, "") == "SELECT `n`, `o``o` FROM `shop`.`it's`");
  CHECK_FALSE(cursor_of(table, nullptr));
}

TEST_CASE("A table is read in the order of its key, from behind the last one") {
  CatalogTable known{{text("v", "varchar(10)", "latin1"), number("d", "decimal(9,2)", 9, 2),
                      column("id", "bigint")},
                     {"id", "v", "d"}};
  const SnapshotTable table = plan(known);
  const std::string all = "SELECT `v`, `d`, `id` FROM `shop`.`it's` FORCE INDEX (PRIMARY)";
  CHECK(select_statement(table, "") == all + " ORDER BY `id`, `v`, `d`");
  CHECK(select_statement(table, R"([-7,"a'\\ü","1.50"])") ==
        all +
            " WHERE `id` >= -7 AND (`id` > -7 OR (`id` = -7 AND `v` >= _utf8mb4 X'61275CC3BC' AND "
            "(`v` > _utf8mb4 X'61275CC3BC' OR (`v` = _utf8mb4 X'61275CC3BC' AND `d` > 1.50))))"
            " ORDER BY `id`, `v`, `d`");

  const Value row[] = {Value(ValueKind::text, "a'\\ü"), Value(ValueKind::decimal, "1.50"),
                       Value(ValueKind::number, "-7")};
  CHECK(cursor_of(table, row) == R"([-7,"a'\\ü","1.50"])");
  const Value damaged[] = {Value(ValueKind::undecodable, "\xFF"), row[1], row[2]};
  CHECK_FALSE(cursor_of(table, damaged));
}

TEST_CASE("Times and bytes in a key") {
  CatalogTable known{{column("t", "timestamp(3)"), column("b", "varbinary(9)")}, {"t", "b"}};
  known.columns[0].fraction = 3;
  known.columns[1].octets = 9;
  const SnapshotTable table = plan(known);
  const Value row[] = {Value(ValueKind::text, "2026-11-20T08:00:00.123Z"),
                       Value(ValueKind::bytes, "\x01\xFF")};
  CHECK(cursor_of(table, row) == R"(["2026-11-20T08:00:00.123Z","01FF"])");
  CHECK(select_statement(table, *cursor_of(table, row))
            .find("`t` > '2026-11-20 08:00:00.123' OR (`t` = '2026-11-20 08:00:00.123' AND `b` > "
                  "X'01FF')") != std::string::npos);
}

TEST_CASE("Keys whose order cannot be found again have no cursor") {
  const auto has_cursor = [](CatalogTable known, Flavor flavor = Flavor::mysql) {
    const SnapshotTable table = plan(std::move(known), flavor);
    CHECK(table.has_key());
    return !table.cursor.empty();
  };
  CHECK(has_cursor({{column("a", "int")}, {"a"}}));
  CHECK_FALSE(has_cursor({{column("a", "float")}, {"a"}}));
  CHECK_FALSE(has_cursor({{column("a", "double")}, {"a"}}));
  CHECK_FALSE(has_cursor({{text("a", "enum('z','a')", "utf8mb4")}, {"a"}}));
  CHECK_FALSE(has_cursor({{column("i", "int"), text("a", "set('z')", "utf8mb4")}, {"i", "a"}}));
  CatalogTable letters{{text("a", "varchar(10)", "utf8mb4")}, {"a"}};
  CHECK(has_cursor(letters));
  letters.partial_key = true;
  CHECK_FALSE(has_cursor(letters));
  CatalogTable uuid{{column("a", "uuid")}, {"a"}};
  uuid.columns[0].octets = 16;
  CHECK(has_cursor(uuid, Flavor::mariadb));
}

TEST_CASE("A cursor that is none of the table is refused") {
  const SnapshotTable table =
      plan({{number("d", "decimal(9,2)", 9, 2), column("b", "binary(2)")}, {"d", "b"}});
  CHECK(fault_of(table, R"(["1.5","00FF"])") != "state");
  CHECK(fault_of(table, "[") == "state");
  CHECK(fault_of(table, "[1]") == "state");
  CHECK(fault_of(table, "{}") == "state");
  CHECK(fault_of(table, R"(["1 or 1=1","00"])") == "state");
  CHECK(fault_of(table, R"(["1.5","00' or '1"])") == "state");
  CHECK(fault_of(table, R"([null,"00"])") == "state");
}

TEST_CASE("The columns of the catalog as the log would describe them") {
  CatalogTable known{{column("v", "vector"), number("d", "decimal(9,2)", 9, 2),
                      column("t", "time(2)"), column("b", "bit(12)"), column("x", "mediumtext")},
                     {}};
  known.columns[0].octets = 16;
  known.columns[2].fraction = 2;
  known.columns[3].precision = 12;
  known.columns[4].charset = "utf8mb4";
  const TableMap map = map_of_catalog("s", "t", known, Flavor::mysql);
  CHECK(map.columns[0].type == ColumnType::vector);
  CHECK(map.columns[0].meta == 4);
  CHECK(map.columns[1].meta == (9 << 8 | 2));
  CHECK(map.columns[2].type == ColumnType::time2);
  CHECK(map.columns[2].meta == 2);
  CHECK(map.columns[3].meta == 12);
  CHECK(map.columns[4].type == ColumnType::blob);
  CHECK(map.columns[4].meta == 3);
  CHECK(find_mismatch(map, known).empty());
  const TableMap mariadb = map_of_catalog("s", "t", known, Flavor::mariadb);
  CHECK(mariadb.columns[0].type == ColumnType::varchar);
  CHECK(mariadb.columns[0].meta == 16);
  known.columns[0].data_type = "xml";
  CHECK_THROWS_AS(map_of_catalog("s", "t", known, Flavor::mysql), Error);
}
