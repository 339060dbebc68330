#include "libcdc/sources/mysql/catalog.hpp"

#include <fmt/format.h>

#include "libcdc/base/error.hpp"

namespace cdc::mysql {
namespace {

std::optional<std::uint64_t> number(const Result& result, std::size_t row, std::size_t column) {
  if (result.is_null(row, column)) return std::nullopt;
  return result.number(row, column);
}

CatalogTable::Column read_column(const Result& result, std::size_t row) {
  CatalogTable::Column column;
  column.name = result.string(row, 0);
  column.data_type = result.string(row, 1);
  column.column_type = result.string(row, 2);
  column.nullable = result.text(row, 3) == "YES";
  if (!result.is_null(row, 4)) column.charset = result.string(row, 4);
  column.octets = number(result, row, 5);
  column.precision = number(result, row, 6);
  column.scale = number(result, row, 7);
  column.fraction = number(result, row, 8);
  return column;
}

/// The columns that a system-versioned table has without having been told; the catalog has no word
/// of them.
CatalogTable::Column row_time(const char* name) {
  CatalogTable::Column column;
  column.name = name;
  column.data_type = "timestamp";
  column.column_type = "timestamp(6)";
  column.nullable = false;
  column.fraction = 6;
  return column;
}

}  // namespace

ServerCatalog::ServerCatalog(const ConnectionSettings& settings, const Log& log, const Stop& stop)
    : settings_(settings), log_(log), stop_(stop) {}

/// An idle connection may have been closed by the server: then a new one is asked.
Result ServerCatalog::ask(const std::string& sql, const std::string& doing) {
  if (connection_) {
    try {
      return connection_->run(sql, doing);
    } catch (const Error& error) {
      if (error.fault() != Fault::unavailable) throw;
    }
  }
  connection_ = std::make_unique<Connection>(settings_, log_, stop_);
  return connection_->run(sql, doing);
}

std::optional<CatalogTable> ServerCatalog::table(const std::string& schema,
                                                 const std::string& table) {
  const std::string doing = fmt::format("cannot read the columns of {}.{}", schema, table);
  const std::string where = fmt::format("WHERE table_schema = {} AND table_name = {}",
                                        quote_literal(schema), quote_literal(table));
  const Result columns =
      ask("SELECT column_name, data_type, column_type, is_nullable, character_set_name, "
          "character_octet_length, numeric_precision, numeric_scale, datetime_precision "
          "FROM information_schema.columns " +
              where + " ORDER BY ordinal_position",
          doing);
  if (columns.rows() == 0) return std::nullopt;
  CatalogTable found;
  for (std::size_t row = 0; row < columns.rows(); ++row) {
    found.columns.push_back(read_column(columns, row));
  }
  const Result key = ask("SELECT column_name, sub_part FROM information_schema.statistics " +
                             where + " AND index_name = 'PRIMARY' ORDER BY seq_in_index",
                         doing);
  for (std::size_t row = 0; row < key.rows(); ++row) {
    found.primary_key.push_back(key.string(row, 0));
    if (!key.is_null(row, 1)) found.partial_key = true;
  }
  if (connection_->flavor() == Flavor::mysql) return found;
  read_kind(where, doing, found);
  const Result checks =
      ask("SELECT check_clause FROM information_schema.check_constraints "
          "WHERE constraint_schema = " +
              quote_literal(schema) + " AND table_name = " + quote_literal(table),
          doing);
  for (std::size_t row = 0; row < checks.rows(); ++row) {
    for (CatalogTable::Column& column : found.columns) {
      if (checks.text(row, 0) == fmt::format("json_valid({})", quote_identifier(column.name))) {
        column.holds_json = true;
      }
    }
  }
  return found;
}

void ServerCatalog::read_kind(const std::string& where, const std::string& doing,
                              CatalogTable& table) {
  const Result kind = ask("SELECT table_type FROM information_schema.tables " + where, doing);
  if (kind.rows() == 0) return;
  table.is_sequence = kind.text(0, 0) == "SEQUENCE";
  if (kind.text(0, 0) != "SYSTEM VERSIONED") return;
  const Result end = ask("SELECT column_name FROM information_schema.columns " + where +
                             " AND generation_expression = 'ROW END'",
                         doing);
  if (end.rows() == 1) {
    table.row_end = end.string(0, 0);
    return;
  }
  table.columns.push_back(row_time("row_start"));
  table.columns.push_back(row_time("row_end"));
  table.row_end = "row_end";
}

std::string ServerCatalog::charset_of(std::uint32_t collation) {
  const Result result =
      ask(fmt::format("SELECT character_set_name FROM information_schema.collations WHERE id = {}",
                      collation),
          "cannot read the collations");
  return result.rows() == 0 ? std::string() : result.string(0, 0);
}

}  // namespace cdc::mysql
