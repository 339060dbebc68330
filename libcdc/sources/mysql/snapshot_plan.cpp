#include "libcdc/sources/mysql/snapshot_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "libcdc/base/error.hpp"

namespace cdc::mysql {
namespace {

using nlohmann::json;

constexpr std::uint16_t kLongBlob = 4;

struct TypeOfName {
  std::string_view name;
  ColumnType type;
  std::uint16_t meta = 0;
};

/// The types whose names say all; those that have a length or digits take them from the catalog.
constexpr std::array kTypes = {
    TypeOfName{"tinyint", ColumnType::tiny},
    TypeOfName{"smallint", ColumnType::small},
    TypeOfName{"mediumint", ColumnType::medium},
    TypeOfName{"int", ColumnType::integer},
    TypeOfName{"bigint", ColumnType::big},
    TypeOfName{"float", ColumnType::real},
    TypeOfName{"double", ColumnType::double_real},
    TypeOfName{"decimal", ColumnType::new_decimal},
    TypeOfName{"year", ColumnType::year},
    TypeOfName{"date", ColumnType::date},
    TypeOfName{"time", ColumnType::time2},
    TypeOfName{"datetime", ColumnType::datetime2},
    TypeOfName{"timestamp", ColumnType::timestamp2},
    TypeOfName{"bit", ColumnType::bit},
    TypeOfName{"varchar", ColumnType::varchar},
    TypeOfName{"varbinary", ColumnType::varchar},
    TypeOfName{"char", ColumnType::string},
    TypeOfName{"binary", ColumnType::string},
    TypeOfName{"uuid", ColumnType::string},
    TypeOfName{"inet4", ColumnType::string},
    TypeOfName{"inet6", ColumnType::string},
    TypeOfName{"enum", ColumnType::enumeration},
    TypeOfName{"set", ColumnType::set},
    TypeOfName{"json", ColumnType::json, kLongBlob},
    TypeOfName{"vector", ColumnType::vector, kLongBlob},
    TypeOfName{"tinyblob", ColumnType::blob, 1},
    TypeOfName{"tinytext", ColumnType::blob, 1},
    TypeOfName{"blob", ColumnType::blob, 2},
    TypeOfName{"text", ColumnType::blob, 2},
    TypeOfName{"mediumblob", ColumnType::blob, 3},
    TypeOfName{"mediumtext", ColumnType::blob, 3},
    TypeOfName{"longblob", ColumnType::blob, kLongBlob},
    TypeOfName{"longtext", ColumnType::blob, kLongBlob},
    TypeOfName{"geometry", ColumnType::geometry, kLongBlob},
    TypeOfName{"point", ColumnType::geometry, kLongBlob},
    TypeOfName{"linestring", ColumnType::geometry, kLongBlob},
    TypeOfName{"polygon", ColumnType::geometry, kLongBlob},
    TypeOfName{"multipoint", ColumnType::geometry, kLongBlob},
    TypeOfName{"multilinestring", ColumnType::geometry, kLongBlob},
    TypeOfName{"multipolygon", ColumnType::geometry, kLongBlob},
    TypeOfName{"geometrycollection", ColumnType::geometry, kLongBlob},
    TypeOfName{"geomcollection", ColumnType::geometry, kLongBlob},
};

const TypeOfName* find_type(std::string_view name) {
  const auto* const found = std::find_if(kTypes.begin(), kTypes.end(),
                                         [&](const TypeOfName& type) { return type.name == name; });
  return found == kTypes.end() ? nullptr : found;
}

std::uint16_t meta_of(ColumnType type, const CatalogTable::Column& column) {
  switch (type) {
    case ColumnType::new_decimal:
      return static_cast<std::uint16_t>(column.precision.value_or(0) << 8U |
                                        column.scale.value_or(0));
    case ColumnType::bit:
      return static_cast<std::uint16_t>(column.precision.value_or(0));
    case ColumnType::varchar:
    case ColumnType::string:
      return static_cast<std::uint16_t>(column.octets.value_or(0));
    default:
      return static_cast<std::uint16_t>(column.fraction.value_or(0));
  }
}

/// Whether `column > literal` and `column = literal` find the place of a value of it again. Labels
/// are ordered by their numbers and compared by their texts; a float differs from its digits.
bool can_be_found(const ColumnFormat& format) {
  switch (format.type) {
    case ColumnType::real:
    case ColumnType::double_real:
    case ColumnType::enumeration:
    case ColumnType::set:
    case ColumnType::json:
    case ColumnType::geometry:
    case ColumnType::vector:
      return false;
    default:
      return format.refinement != Refinement::vector && format.refinement != Refinement::json;
  }
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += fmt::format("{:02X}", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  }
  return text;
}

bool is_temporal(ColumnType type) {
  return type == ColumnType::date || type == ColumnType::time2 || type == ColumnType::datetime2 ||
         type == ColumnType::timestamp2;
}

/// The server's own form: `2026-11-20T08:00:00Z` is not.
std::string temporal_literal(std::string text) {
  std::replace(text.begin(), text.end(), 'T', ' ');
  if (text.ends_with('Z')) text.pop_back();
  return quote_literal(text);
}

Error bad_cursor(const SnapshotTable& table) {
  return Error(Fault::state, fmt::format("the progress of the snapshot cannot be read: "
                                         "cursor_position of {} is no key of it",
                                         table.name))
      .with_hint("begin anew: remove the checkpoint directory and start with --snapshot initial");
}

std::string literal(const SnapshotTable& table, std::size_t column, const json& value) {
  const ColumnFormat& format = table.layout.formats[column];
  if (value.is_number_integer()) return value.dump();
  if (!value.is_string()) throw bad_cursor(table);
  const auto text = value.get<std::string>();
  if (format.type == ColumnType::new_decimal) {
    if (text.empty() || text.find_first_not_of("-.0123456789") != std::string::npos) {
      throw bad_cursor(table);
    }
    return text;
  }
  if (is_temporal(format.type)) return temporal_literal(text);
  if (format.refinement != Refinement::none) return quote_literal(text);
  if (format.charset == nullptr) {
    if (text.find_first_not_of("0123456789ABCDEF") != std::string::npos) throw bad_cursor(table);
    return fmt::format("X'{}'", text);
  }
  return fmt::format("_utf8mb4 X'{}'", hex(text));
}

/// `a >= 1 AND (a > 1 OR (a = 1 AND b > 2))`: row constructors would be right too, and not found by
/// way of the key.
std::string rows_behind(const SnapshotTable& table, const std::string& cursor) {
  const json values = json::parse(cursor, nullptr, false);
  if (!values.is_array() || values.size() != table.cursor.size()) throw bad_cursor(table);
  std::string condition;
  for (std::size_t i = values.size(); i-- > 0;) {
    const std::string name = quote_identifier(table.layout.table->columns[table.cursor[i]].name);
    const std::string value = literal(table, table.cursor[i], values[i]);
    if (condition.empty()) {
      condition = fmt::format("{} > {}", name, value);
    } else {
      condition =
          fmt::format("{0} >= {1} AND ({0} > {1} OR ({0} = {1} AND {2}))", name, value, condition);
    }
  }
  return condition;
}

std::string definition_of(const SnapshotTable& table) {
  std::vector<std::string> parts;
  for (const std::size_t index : table.read) {
    const Column& column = table.layout.table->columns[index];
    parts.push_back(fmt::format("{} {}", column.name, column.type));
  }
  std::vector<std::string> key;
  for (const std::size_t index : table.cursor) {
    key.push_back(table.layout.table->columns[index].name);
  }
  return fmt::format("{}; key {}", fmt::join(parts, ", "), fmt::join(key, ", "));
}

/// `whole_key`: no column of the key counts with its first letters only.
void lay_out_table(SnapshotTable& table, Flavor flavor, const Selection& selection,
                   const CatalogTable& known, Catalog& catalog) {
  const TableMap map = map_of_catalog(table.schema, table.table, known, flavor);
  table.layout = lay_out_known(map, selection, known, catalog);
  table.read.clear();
  const Table& layout = *table.layout.table;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (layout.columns[i].visible || layout.columns[i].key) table.read.push_back(i);
  }
  const bool found = table.transactional && !known.partial_key &&
                     std::all_of(layout.key.begin(), layout.key.end(), [&](std::size_t column) {
                       return can_be_found(table.layout.formats[column]);
                     });
  table.cursor = found ? layout.key : std::vector<std::size_t>();
  table.definition = definition_of(table);
}

std::set<std::string> transactional_engines(Connection& connection) {
  const Result result =
      connection.run("SELECT engine FROM information_schema.engines WHERE transactions = 'YES'",
                     "cannot read the storage engines");
  std::set<std::string> engines;
  for (std::size_t row = 0; row < result.rows(); ++row) engines.insert(result.string(row, 0));
  return engines;
}

bool is_wanted(const SnapshotRequest& request, const std::string& schema,
               const std::string& table) {
  if (!is_captured(*request.selection, schema, table)) return false;
  return request.tables.empty() ||
         std::any_of(request.tables.begin(), request.tables.end(),
                     [&](const TableGlob& glob) { return glob.matches(schema, table); });
}

Error no_tables(const SnapshotRequest& request) {
  std::vector<std::string> patterns;
  for (const TableGlob& glob : request.tables) patterns.push_back(glob.pattern());
  return Error(Fault::usage,
               request.tables.empty()
                   ? "there is no table to read that this user may see"
                   : fmt::format("--snapshot-tables: no table that can be read matches '{}'",
                                 fmt::join(patterns, "', '")))
      .with_hint("GRANT SELECT on the tables TO the user; --tables and --exclude-tables choose");
}

auto reading_order(const SnapshotTable& table) {
  return std::tuple(table.transactional, table.has_key(), ~table.bytes);
}

}  // namespace

TableMap map_of_catalog(const std::string& schema, const std::string& table,
                        const CatalogTable& known, Flavor flavor) {
  TableMap map;
  map.schema = schema;
  map.table = table;
  for (const CatalogTable::Column& column : known.columns) {
    const TypeOfName* type = find_type(column.data_type);
    if (type == nullptr) {
      throw Error(Fault::refused, fmt::format("column {} of {}.{} has the type {}, which cdcctl "
                                              "does not know",
                                              column.name, schema, table, column.column_type))
          .with_hint("leave out the table with --exclude-tables, and look for a newer cdcctl");
    }
    MappedColumn mapped;
    mapped.type = type->type;
    // MariaDB keeps a vector as bytes.
    if (flavor == Flavor::mariadb && mapped.type == ColumnType::vector) {
      mapped.type = ColumnType::varchar;
    }
    mapped.meta =
        type->meta != 0 && mapped.type == type->type ? type->meta : meta_of(mapped.type, column);
    mapped.nullable = column.nullable;
    mapped.name = column.name;
    map.columns.push_back(std::move(mapped));
  }
  return map;
}

std::vector<SnapshotTable> plan_snapshot(Connection& connection, Catalog& catalog,
                                         const SnapshotRequest& request) {
  const std::set<std::string> engines = transactional_engines(connection);
  const Result result = connection.run(
      "SELECT table_schema, table_name, engine, table_rows, data_length "
      "FROM information_schema.tables WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') "
      "AND engine IS NOT NULL",
      "cannot list the tables");
  std::vector<SnapshotTable> tables;
  for (std::size_t row = 0; row < result.rows(); ++row) {
    SnapshotTable table;
    table.schema = result.string(row, 0);
    table.table = result.string(row, 1);
    if (!is_wanted(request, table.schema, table.table)) continue;
    const auto known = catalog.table(table.schema, table.table);
    if (!known) continue;
    table.name = table.schema + '.' + table.table;
    table.sql_name = quote_identifier(table.schema) + '.' + quote_identifier(table.table);
    table.transactional = engines.contains(result.string(row, 2));
    if (!result.is_null(row, 3))
      table.total_rows = static_cast<std::int64_t>(result.number(row, 3));
    table.bytes = result.number(row, 4);
    lay_out_table(table, connection.flavor(), *request.selection, *known, catalog);
    tables.push_back(std::move(table));
  }
  if (tables.empty()) throw no_tables(request);
  std::stable_sort(tables.begin(), tables.end(),
                   [](const SnapshotTable& a, const SnapshotTable& b) {
                     return reading_order(a) < reading_order(b);
                   });
  return tables;
}

std::optional<SnapshotTable> plan_again(const SnapshotTable& known, Catalog& catalog, Flavor flavor,
                                        const Selection& selection) {
  const auto now = catalog.table(known.schema, known.table);
  if (!now) return std::nullopt;
  SnapshotTable table = known;
  lay_out_table(table, flavor, selection, *now, catalog);
  return table;
}

std::string select_statement(const SnapshotTable& table, const std::string& cursor) {
  std::vector<std::string> columns;
  for (const std::size_t index : table.read) {
    columns.push_back(quote_identifier(table.layout.table->columns[index].name));
  }
  std::string sql = fmt::format("SELECT {} FROM {}", fmt::join(columns, ", "), table.sql_name);
  if (table.cursor.empty()) return sql;
  std::vector<std::string> key;
  for (const std::size_t index : table.cursor) {
    key.push_back(quote_identifier(table.layout.table->columns[index].name));
  }
  sql += " FORCE INDEX (PRIMARY)";
  if (!cursor.empty()) sql += " WHERE " + rows_behind(table, cursor);
  return sql + fmt::format(" ORDER BY {}", fmt::join(key, ", "));
}

std::optional<std::string> cursor_of(const SnapshotTable& table, const Value* row) {
  if (table.cursor.empty()) return std::nullopt;
  json key = json::array();
  for (const std::size_t index : table.cursor) {
    const Value& value = row[index];
    switch (value.kind()) {
      case ValueKind::number:
        key.push_back(json::parse(value.text()));
        break;
      case ValueKind::decimal:
      case ValueKind::text:
        key.push_back(value.text());
        break;
      case ValueKind::bytes:
        key.push_back(hex(value.text()));
        break;
      default:
        return std::nullopt;
    }
  }
  return key.dump();
}

}  // namespace cdc::mysql
