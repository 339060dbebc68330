#include "libcdc/sources/mysql/table_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "libcdc/base/arena.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/charset.hpp"

namespace cdc::mysql {
namespace {

using CatalogColumn = CatalogTable::Column;

constexpr std::uint32_t kBinaryCollation = 63;

/// Which of the catalog's types a type of the log can be.
struct TypeNames {
  ColumnType type;
  std::string_view names;  ///< each between blanks
};

constexpr std::array kTypeNames = {
    TypeNames{ColumnType::tiny, " tinyint "},
    TypeNames{ColumnType::small, " smallint "},
    TypeNames{ColumnType::medium, " mediumint "},
    TypeNames{ColumnType::integer, " int "},
    TypeNames{ColumnType::big, " bigint "},
    TypeNames{ColumnType::real, " float "},
    TypeNames{ColumnType::double_real, " double "},
    TypeNames{ColumnType::new_decimal, " decimal "},
    TypeNames{ColumnType::year, " year "},
    TypeNames{ColumnType::date, " date "},
    TypeNames{ColumnType::new_date, " date "},
    TypeNames{ColumnType::time, " time "},
    TypeNames{ColumnType::time2, " time "},
    TypeNames{ColumnType::datetime, " datetime "},
    TypeNames{ColumnType::datetime2, " datetime "},
    TypeNames{ColumnType::timestamp, " timestamp "},
    TypeNames{ColumnType::timestamp2, " timestamp "},
    TypeNames{ColumnType::bit, " bit "},
    TypeNames{ColumnType::varchar, " varchar varbinary vector "},
    TypeNames{ColumnType::var_string, " varchar varbinary vector "},
    TypeNames{ColumnType::compressed_varchar, " varchar varbinary "},
    TypeNames{ColumnType::string, " char binary uuid inet4 inet6 "},
    TypeNames{ColumnType::enumeration, " enum "},
    TypeNames{ColumnType::set, " set "},
    TypeNames{ColumnType::json, " json "},
    TypeNames{ColumnType::vector, " vector "},
    TypeNames{ColumnType::geometry,
              " geometry point linestring polygon multipoint multilinestring multipolygon "
              "geometrycollection geomcollection "},
};

constexpr std::array<std::string_view, 5> kBlobNames = {
    "", " tinyblob tinytext ", " blob text ", " mediumblob mediumtext ", " longblob longtext "};

bool is_blob(ColumnType type) {
  return type == ColumnType::blob || type == ColumnType::compressed_blob;
}

bool is_integer(ColumnType type) {
  return type == ColumnType::tiny || type == ColumnType::small || type == ColumnType::medium ||
         type == ColumnType::integer || type == ColumnType::big;
}

bool is_temporal_with_fraction(ColumnType type) {
  return type == ColumnType::time2 || type == ColumnType::datetime2 ||
         type == ColumnType::timestamp2;
}

bool is_string(ColumnType type) {
  return type == ColumnType::varchar || type == ColumnType::var_string ||
         type == ColumnType::string || type == ColumnType::compressed_varchar;
}

bool has_charset(ColumnType type) {
  return is_blob(type) || is_string(type) || type == ColumnType::enumeration ||
         type == ColumnType::set;
}

std::string_view names_of(const MappedColumn& column) {
  if (is_blob(column.type)) {
    return column.meta < kBlobNames.size() ? kBlobNames[column.meta] : std::string_view();
  }
  const auto* const found =
      std::find_if(kTypeNames.begin(), kTypeNames.end(),
                   [&](const TypeNames& names) { return names.type == column.type; });
  return found == kTypeNames.end() ? std::string_view() : found->names;
}

bool same_type(const MappedColumn& column, const CatalogColumn& known) {
  return names_of(column).find(fmt::format(" {} ", known.data_type)) != std::string_view::npos;
}

bool same_size(const MappedColumn& column, const CatalogColumn& known) {
  const ColumnType type = column.type;
  if (is_temporal_with_fraction(type)) return known.fraction.value_or(0) == column.meta;
  if (type == ColumnType::bit) return known.precision == column.meta;
  if (type == ColumnType::new_decimal) {
    return known.precision == column.meta >> 8U && known.scale == (column.meta & 0xFFU);
  }
  if (!is_string(type) || !known.octets) return true;
  const std::uint64_t own = type == ColumnType::compressed_varchar ? 1 : 0;
  return *known.octets + own == column.meta;
}

bool is_unsigned(const CatalogColumn& known) {
  return known.column_type.find(" unsigned") != std::string::npos;
}

std::string charset_name(std::uint32_t collation, Catalog& catalog) {
  if (collation == kBinaryCollation) return "binary";
  const std::string_view name = charset_of_collation(collation);
  return name.empty() ? catalog.charset_of(collation) : std::string(name);
}

/// The labels of `enum('a','it''s')`.
std::vector<std::string> parse_labels(std::string_view type) {
  std::vector<std::string> labels;
  bool quoted = false;
  for (std::size_t i = 0; i < type.size(); ++i) {
    if (type[i] != '\'') {
      if (quoted) labels.back() += type[i];
      continue;
    }
    const bool doubled = quoted && i + 1 < type.size() && type[i + 1] == '\'';
    if (doubled) {
      labels.back() += '\'';
      ++i;
      continue;
    }
    quoted = !quoted;
    if (quoted) labels.emplace_back();
  }
  return labels;
}

Refinement refinement_of(const CatalogColumn& known) {
  if (known.data_type == "uuid") return Refinement::uuid;
  if (known.data_type == "inet4") return Refinement::inet4;
  if (known.data_type == "inet6") return Refinement::inet6;
  if (known.data_type == "vector") return Refinement::vector;
  return known.holds_json ? Refinement::json : Refinement::none;
}

/// The forms before MySQL 5.6, which MariaDB still writes where it is told to: the log does not say
/// how many digits of a second they have.
bool is_old_temporal(ColumnType type) {
  return type == ColumnType::time || type == ColumnType::datetime || type == ColumnType::timestamp;
}

/// Whether only MariaDB's catalog can say what the bytes of this column are.
bool may_be_refined(const MappedColumn& column) {
  if (is_old_temporal(column.type)) return true;
  const bool bytes = !column.collation || *column.collation == kBinaryCollation;
  const bool address = column.type == ColumnType::string && (column.meta == 16 || column.meta == 4);
  const bool vector = column.type == ColumnType::varchar && column.meta % 4 == 0;
  const bool json = column.type == ColumnType::blob && column.meta == 4;
  return (bytes && (address || vector)) || json;
}

bool is_row_time(const MappedColumn& column) {
  return column.type == ColumnType::timestamp2 && column.meta == 6 && !column.nullable;
}

/// Only MariaDB's catalog says that a table is system-versioned, or a sequence.
bool may_be_special(const TableMap& map) {
  if (std::count_if(map.columns.begin(), map.columns.end(), is_row_time) >= 2) return true;
  constexpr std::size_t kSequenceColumns = 8;
  constexpr std::size_t kCycleOption = 6;
  return map.columns.size() == kSequenceColumns &&
         map.columns[kCycleOption].type == ColumnType::tiny &&
         map.columns.front().type == ColumnType::big && map.columns.back().type == ColumnType::big;
}

/// Whether the log alone says how to read the rows.
bool speaks_for_itself(const TableMap& map, Flavor flavor) {
  if (flavor == Flavor::mariadb && may_be_special(map)) return false;
  return std::all_of(map.columns.begin(), map.columns.end(), [&](const MappedColumn& column) {
    return column.name && (flavor == Flavor::mysql || !may_be_refined(column));
  });
}

/// The names of types without their catalog, as the server would write them.
std::string type_name(const MappedColumn& column) {
  const bool bytes = column.collation == kBinaryCollation;
  std::string_view names = names_of(column);
  names.remove_prefix(std::min<std::size_t>(1, names.size()));
  const std::string first(names.substr(0, names.find(' ')));
  switch (column.type) {
    case ColumnType::new_decimal:
      return fmt::format("decimal({},{})", column.meta >> 8U, column.meta & 0xFFU);
    case ColumnType::bit:
      return fmt::format("bit({})", column.meta);
    case ColumnType::string:
      return bytes ? fmt::format("binary({})", column.meta) : "char";
    case ColumnType::varchar:
    case ColumnType::var_string:
    case ColumnType::compressed_varchar:
      return bytes ? fmt::format("varbinary({})", column.meta) : "varchar";
    case ColumnType::blob:
    case ColumnType::compressed_blob: {
      if (bytes) return first;
      const std::size_t second = names.find(' ') + 1;
      return std::string(names.substr(second, names.find(' ', second) - second));
    }
    default:
      break;
  }
  std::string name = first;
  if (is_temporal_with_fraction(column.type) && column.meta != 0) {
    name += fmt::format("({})", column.meta);
  }
  if (column.is_unsigned.value_or(false)) name += " unsigned";
  return name;
}

void describe_meaning(const MappedColumn& mapped, Column& column) {
  switch (mapped.type) {
    case ColumnType::date:
    case ColumnType::new_date:
      column.meaning = Meaning::date;
      break;
    case ColumnType::time:
    case ColumnType::time2:
      column.meaning = Meaning::time;
      column.length = mapped.meta;
      break;
    case ColumnType::datetime:
    case ColumnType::datetime2:
      column.meaning = Meaning::timestamp;
      column.length = mapped.meta;
      break;
    case ColumnType::timestamp:
    case ColumnType::timestamp2:
      column.meaning = Meaning::timestamp_with_zone;
      column.length = mapped.meta;
      break;
    case ColumnType::new_decimal:
      column.meaning = Meaning::decimal;
      column.length = mapped.meta >> 8U;
      column.scale = mapped.meta & 0xFFU;
      break;
    default:
      break;
  }
}

/// Puts one layout together.
class LayoutMaker {
 public:
  LayoutMaker(const TableMap& map, const Selection& selection, Catalog& catalog)
      : map_(map), selection_(selection), catalog_(catalog) {}

  /// `known`: a table of the catalog that fits, or null.
  TableLayout make(const CatalogTable* known);

 private:
  const CatalogColumn* catalog_column(std::size_t index) const;
  ColumnFormat format(std::size_t index);
  void set_charset(const MappedColumn& mapped, const CatalogColumn* known, ColumnFormat& format);
  void set_labels(const MappedColumn& mapped, const CatalogColumn* known, ColumnFormat& format);
  Column column(std::size_t index) const;
  void set_key(Table& table) const;
  std::optional<std::size_t> find_row_end(Table& table) const;
  Error unknown(std::size_t index, std::string_view what) const;

  const TableMap& map_;
  const Selection& selection_;
  Catalog& catalog_;
  const CatalogTable* known_ = nullptr;
};

Error LayoutMaker::unknown(std::size_t index, std::string_view what) const {
  const MappedColumn& mapped = map_.columns[index];
  return Error(Fault::refused,
               fmt::format("nobody knows {} of column {} of {}.{}: the log does not say, and the "
                           "catalog has no such table now",
                           what, mapped.name.value_or(std::to_string(index + 1)), map_.schema,
                           map_.table))
      .with_hint(
          "SET GLOBAL binlog_row_metadata = FULL; helps from now on; leave out the table with "
          "--exclude-tables to go on behind these rows");
}

const CatalogColumn* LayoutMaker::catalog_column(std::size_t index) const {
  if (known_ == nullptr) return nullptr;
  const auto& name = map_.columns[index].name;
  if (!name) return &known_->columns[index];
  const auto found = std::find_if(known_->columns.begin(), known_->columns.end(),
                                  [&](const CatalogColumn& c) { return c.name == *name; });
  if (found == known_->columns.end() || !same_type(map_.columns[index], *found)) return nullptr;
  return &*found;
}

void LayoutMaker::set_charset(const MappedColumn& mapped, const CatalogColumn* known,
                              ColumnFormat& format) {
  if (mapped.collation) {
    format.charset = find_charset(charset_name(*mapped.collation, catalog_));
  } else if (known != nullptr && known->charset) {
    format.charset = find_charset(*known->charset);
  }
}

void LayoutMaker::set_labels(const MappedColumn& mapped, const CatalogColumn* known,
                             ColumnFormat& format) {
  if (mapped.labels) {
    std::vector<std::string> labels;
    Arena arena;
    for (const std::string& label : *mapped.labels) {
      const Value text = format.charset == nullptr ? Value(ValueKind::text, label)
                                                   : format.charset->read(label, arena);
      labels.emplace_back(text.text());
    }
    format.labels = std::make_shared<const std::vector<std::string>>(std::move(labels));
  } else if (known != nullptr) {
    format.labels =
        std::make_shared<const std::vector<std::string>>(parse_labels(known->column_type));
  }
}

ColumnFormat LayoutMaker::format(std::size_t index) {
  const MappedColumn& mapped = map_.columns[index];
  const CatalogColumn* known = catalog_column(index);
  ColumnFormat format;
  format.type = mapped.type;
  format.meta = mapped.meta;
  if (is_integer(mapped.type)) {
    if (!mapped.is_unsigned && known == nullptr) throw unknown(index, "the sign");
    format.is_unsigned = mapped.is_unsigned ? *mapped.is_unsigned : is_unsigned(*known);
  }
  if (has_charset(mapped.type)) {
    if (!mapped.collation && known == nullptr) throw unknown(index, "the character set");
    set_charset(mapped, known, format);
  }
  if (mapped.type == ColumnType::enumeration || mapped.type == ColumnType::set) {
    set_labels(mapped, known, format);
    if (!format.labels) throw unknown(index, "the labels");
  }
  if (known != nullptr && is_old_temporal(mapped.type)) {
    format.meta = static_cast<std::uint16_t>(known->fraction.value_or(0));
  }
  if (known != nullptr) format.refinement = refinement_of(*known);
  return format;
}

Column LayoutMaker::column(std::size_t index) const {
  const MappedColumn& mapped = map_.columns[index];
  const CatalogColumn* known = catalog_column(index);
  Column column;
  if (mapped.name) {
    column.name = *mapped.name;
  } else {
    column.name = known != nullptr ? known->name : fmt::format("c{}", index + 1);
  }
  column.type = known != nullptr ? known->column_type : type_name(mapped);
  column.nullable = mapped.nullable;
  column.visible = selection_.wants_column(map_.schema, map_.table, column.name);
  describe_meaning(mapped, column);
  return column;
}

void LayoutMaker::set_key(Table& table) const {
  if (map_.primary_key) {
    table.key = *map_.primary_key;
  } else if (known_ != nullptr) {
    for (const std::string& name : known_->primary_key) {
      const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                      [&](const Column& column) { return column.name == name; });
      if (found == table.columns.end()) return table.key.clear();
      table.key.push_back(static_cast<std::size_t>(found - table.columns.begin()));
    }
  }
  for (const std::size_t index : table.key) table.columns[index].key = true;
}

/// Where the end of a row's time is. Lines show the rows that hold now: it is not part of their
/// key.
std::optional<std::size_t> LayoutMaker::find_row_end(Table& table) const {
  if (known_ == nullptr || known_->row_end.empty()) return std::nullopt;
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const Column& c) { return c.name == known_->row_end; });
  if (found == table.columns.end()) return std::nullopt;
  const auto index = static_cast<std::size_t>(found - table.columns.begin());
  std::erase(table.key, index);
  found->key = false;
  return index;
}

TableLayout LayoutMaker::make(const CatalogTable* known) {
  known_ = known;
  TableLayout layout;
  Table table;
  table.version = next_table_version();
  table.database = map_.schema;
  table.name = map_.table;
  table.from_catalog = known != nullptr;
  for (std::size_t i = 0; i < map_.columns.size(); ++i) {
    layout.formats.push_back(format(i));
    table.columns.push_back(column(i));
    if (map_.columns[i].type == ColumnType::json) ++layout.json_columns;
    if (!map_.columns[i].name && known == nullptr) layout.has_names = false;
  }
  set_key(table);
  layout.row_end = find_row_end(table);
  layout.is_sequence = known != nullptr && known->is_sequence;
  layout.table = std::make_shared<const Table>(std::move(table));
  return layout;
}

bool has_names(const TableMap& map) {
  return std::all_of(map.columns.begin(), map.columns.end(),
                     [](const MappedColumn& column) { return column.name.has_value(); });
}

Error mismatch(const TableMap& map, const std::string& why) {
  return Error(Fault::refused,
               fmt::format("the log does not name the columns of {}.{}, and those of today's "
                           "catalog are not the ones that the row was written with: {}",
                           map.schema, map.table, why))
      .with_hint(
          "SET GLOBAL binlog_row_metadata = FULL; puts the names into the log from now on. To read "
          "these rows with the names c1, c2 ..., say --on-schema-mismatch warn; to pass over the "
          "table, --exclude-tables");
}

bool is_system_schema(std::string_view schema) {
  constexpr std::array kSchemas = {"mysql", "sys", "performance_schema", "information_schema"};
  return std::find(kSchemas.begin(), kSchemas.end(), schema) != kSchemas.end();
}

Error not_in_catalog(const TableMap& map) {
  return Error(
             Fault::refused,
             fmt::format("the log does not name the columns of {0}.{1}, and the catalog shows the "
                         "user no table {0}.{1}",
                         map.schema, map.table))
      .with_hint(fmt::format(
          "where it is still there, GRANT SELECT ON {}.{} TO the user; SET GLOBAL "
          "binlog_row_metadata = FULL; puts the names into the log from now on. To read these rows "
          "with the names c1, c2 ..., say --on-schema-mismatch warn; to pass over the table, "
          "--exclude-tables",
          map.schema, map.table));
}

}  // namespace

bool is_captured(const Selection& selection, std::string_view schema, std::string_view table) {
  if (selection.tables.empty() && is_system_schema(schema)) return false;
  return selection.wants_table(schema, table);
}

TableLayout lay_out_known(const TableMap& map, const Selection& selection,
                          const CatalogTable& known, Catalog& catalog) {
  return LayoutMaker(map, selection, catalog).make(&known);
}

std::string find_mismatch(const TableMap& map, const CatalogTable& catalog) {
  if (map.columns.size() != catalog.columns.size()) {
    return fmt::format("the row has {} columns, the table has {}", map.columns.size(),
                       catalog.columns.size());
  }
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    const MappedColumn& mapped = map.columns[i];
    const CatalogColumn& known = catalog.columns[i];
    const bool signs_differ =
        mapped.is_unsigned && is_integer(mapped.type) && *mapped.is_unsigned != is_unsigned(known);
    if (!same_type(mapped, known) || !same_size(mapped, known) || signs_differ) {
      return fmt::format("column {} is {} in the log and {} in the table", i + 1, type_name(mapped),
                         known.column_type);
    }
  }
  return {};
}

TableLayout lay_out(const TableMap& map, Flavor flavor, const Selection& selection,
                    SchemaMismatch on_mismatch, Catalog& catalog) {
  LayoutMaker maker(map, selection, catalog);
  if (speaks_for_itself(map, flavor)) return maker.make(nullptr);
  const std::optional<CatalogTable> known = catalog.table(map.schema, map.table);
  if (has_names(map)) return maker.make(known ? &*known : nullptr);
  const std::string why = known ? find_mismatch(map, *known) : "";
  if (known && why.empty()) return maker.make(&*known);
  if (on_mismatch == SchemaMismatch::fail) throw known ? mismatch(map, why) : not_in_catalog(map);
  return maker.make(nullptr);
}

}  // namespace cdc::mysql
