#include "libcdc/sources/postgres/catalog.hpp"

#include <fmt/format.h>

namespace cdc::postgres {
namespace {

/// The stream waits meanwhile: a catalog that does not answer is as good as a lost connection.
constexpr std::chrono::milliseconds kPatience{10000};

}  // namespace

ServerCatalog::ServerCatalog(const ConnectionSettings& settings, const Log& log, const Stop& stop)
    : settings_(settings), log_(log), stop_(stop) {}

Connection& ServerCatalog::connection() {
  if (!connection_) {
    connection_ = std::make_unique<Connection>(settings_, Connection::Kind::plain, log_, stop_);
    connection_->set_patience(kPatience);
  }
  return *connection_;
}

std::optional<CatalogTable> ServerCatalog::table(std::uint32_t oid) {
  const std::string doing = fmt::format("cannot read table {} from the catalog", oid);
  const Result columns = connection().run(
      "SELECT attname, pg_catalog.format_type(atttypid, atttypmod), NOT attnotnull "
      "FROM pg_catalog.pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped "
      "ORDER BY attnum",
      {std::to_string(oid)}, doing);
  if (columns.rows() == 0) return std::nullopt;
  CatalogTable table;
  for (int row = 0; row < columns.rows(); ++row) {
    table.columns.push_back({columns.string(row, 0), columns.string(row, 1), columns.flag(row, 2)});
  }
  const Result key = connection().run(
      "SELECT a.attname FROM pg_catalog.pg_index i "
      "CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place) "
      "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum "
      "WHERE i.indrelid = $1::oid AND i.indisprimary "
      // indnkeyatts came with 11, and before it every column of an index was a key.
      "AND k.place <= coalesce((to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts) "
      "ORDER BY k.place",
      {std::to_string(oid)}, doing);
  for (int row = 0; row < key.rows(); ++row) table.primary_key.push_back(key.string(row, 0));
  return table;
}

std::optional<ArrayType> ServerCatalog::array(std::uint32_t oid) {
  // typelem is set for some fixed-length types too; only typcategory A is an array. The values of a
  // domain have the text of its base type, at any depth of domains, of the array and its elements.
  const Result result = connection().run(
      "WITH RECURSIVE own AS (SELECT oid, typbasetype, typelem, typcategory "
      "FROM pg_catalog.pg_type WHERE oid = $1::oid UNION ALL "
      "SELECT t.oid, t.typbasetype, t.typelem, t.typcategory FROM own o "
      "JOIN pg_catalog.pg_type t ON t.oid = o.typbasetype), "
      "element AS (SELECT t.oid, t.typbasetype, t.typdelim FROM own o "
      "JOIN pg_catalog.pg_type t ON t.oid = o.typelem "
      "WHERE o.typbasetype = 0 AND o.typcategory = 'A' UNION ALL "
      "SELECT t.oid, t.typbasetype, e.typdelim FROM element e "
      "JOIN pg_catalog.pg_type t ON t.oid = e.typbasetype) "
      "SELECT oid, typdelim FROM element WHERE typbasetype = 0",
      {std::to_string(oid)}, fmt::format("cannot read type {} from the catalog", oid));
  if (result.rows() == 0 || result.text(0, 1).empty()) return std::nullopt;
  return ArrayType{static_cast<std::uint32_t>(result.number(0, 0)), result.text(0, 1).front()};
}

}  // namespace cdc::postgres
