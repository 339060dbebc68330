#include "libcdc/sources/postgres/catalog.hpp"

#include <fmt/format.h>

namespace cdc::postgres {
namespace {

/// The stream waits meanwhile: a catalog that does not answer is as good as a lost connection.
constexpr std::chrono::milliseconds kPatience{10000};

constexpr std::chrono::seconds kNamesAge{1};

/// An array is what array_out() writes. The output function too has to be that of a built-in type,
/// or a type that sends an integer and prints something else (isbn) would pass for an integer.
constexpr const char* kType =
    "SELECT pg_catalog.format_type(t.oid, NULL), "
    "CASE WHEN t.typoutput = 'pg_catalog.array_out'::pg_catalog.regproc THEN 'a' "
    "ELSE t.typtype END, t.typsend <> 0, t.typdelim, "
    "CASE WHEN t.typtype = 'd' THEN t.typbasetype "
    "WHEN t.typoutput = 'pg_catalog.array_out'::pg_catalog.regproc THEN t.typelem "
    "WHEN t.typtype = 'r' THEN (SELECT rngsubtype FROM pg_catalog.pg_range WHERE rngtypid = t.oid) "
    "WHEN t.typtype = 'm' THEN "
    "(SELECT rngtypid FROM pg_catalog.pg_range WHERE rngmultitypid = t.oid) ELSE 0 END, "
    "(SELECT min(b.oid) FROM pg_catalog.pg_type b "
    "JOIN pg_catalog.pg_proc bo ON bo.oid = b.typoutput "
    "JOIN pg_catalog.pg_proc bs ON bs.oid = b.typsend "
    "JOIN pg_catalog.pg_proc o ON o.oid = t.typoutput "
    "JOIN pg_catalog.pg_proc s ON s.oid = t.typsend "
    "JOIN pg_catalog.pg_language l ON l.oid = o.prolang AND l.oid = s.prolang "
    "WHERE b.oid < 10000 AND b.typtype = 'b' AND l.lanname = 'internal' "
    "AND bo.prosrc = o.prosrc AND bs.prosrc = s.prosrc) "
    "FROM pg_catalog.pg_type t WHERE t.oid = $1::oid";

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

std::optional<CatalogType> ServerCatalog::type(std::uint32_t oid) {
  const std::string doing = fmt::format("cannot read type {} from the catalog", oid);
  const Result found = connection().run(kType, {std::to_string(oid)}, doing);
  if (found.rows() == 0) return std::nullopt;
  CatalogType type;
  type.name = found.string(0, 0);
  type.kind = static_cast<CatalogType::Kind>(found.text(0, 1).front());
  type.sends = found.flag(0, 2);
  type.delimiter = found.text(0, 3).front();
  type.part = static_cast<std::uint32_t>(found.number(0, 4));
  type.like = static_cast<std::uint32_t>(found.number(0, 5));
  if (type.kind != CatalogType::Kind::composite) return type;
  const Result fields = connection().run(
      "SELECT a.atttypid FROM pg_catalog.pg_type t "
      "JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid "
      "WHERE t.oid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
      {std::to_string(oid)}, doing);
  for (int row = 0; row < fields.rows(); ++row) {
    type.fields.push_back(static_cast<std::uint32_t>(fields.number(row, 0)));
  }
  return type;
}

std::string ServerCatalog::object_name(std::string_view reg_type, std::uint32_t oid) {
  const Instant now = std::chrono::steady_clock::now();
  if (now - names_since_ > kNamesAge) {
    names_.clear();
    names_since_ = now;
  }
  const auto [name, is_new] = names_.try_emplace(fmt::format("{} {}", reg_type, oid));
  if (is_new) {
    name->second =
        connection()
            .run(fmt::format("SELECT $1::oid::pg_catalog.{}::text", reg_type),
                 {std::to_string(oid)}, fmt::format("cannot read the name of {} {}", reg_type, oid))
            .string(0, 0);
  }
  return name->second;
}

}  // namespace cdc::postgres
