#include "libcdc/sources/postgres/binary_columns.hpp"

#include <fmt/format.h>

#include "libcdc/base/error.hpp"

namespace cdc::postgres {
namespace {

constexpr int kFirstWithBinary = 140000;
constexpr int kFirstWithColumnLists = 150000;
constexpr int kFirstWithGenerated = 180000;

/// The published columns. Generated ones are not sent before 18, where the view names those that
/// are.
std::string columns_query(const std::vector<std::string>& publications, int version) {
  std::string names;
  for (const std::string& name : publications) {
    names += (names.empty() ? "" : ", ") + quote_literal(name);
  }
  return fmt::format(
      "SELECT DISTINCT p.schemaname, p.tablename, a.attnum, a.attname, a.atttypid "
      "FROM pg_catalog.pg_publication_tables p "
      "JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname "
      "JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename "
      "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
      "WHERE p.pubname IN ({}) AND a.attnum > 0 AND NOT a.attisdropped{}{} ORDER BY 1, 2, 3",
      names, version >= kFirstWithColumnLists ? " AND a.attname = ANY (p.attnames)" : "",
      version >= kFirstWithGenerated ? "" : " AND a.attgenerated = ''");
}

/// Asks with both signs, two groups of three, and two digits of a cent: nothing is left that could
/// differ.
bool writes_usual_money(Connection& connection) {
  try {
    const Result money = connection.run(
        "SELECT 1234567.89::pg_catalog.numeric::pg_catalog.money::pg_catalog.text || ' ' || "
        "(-1234567.89)::pg_catalog.numeric::pg_catalog.money::pg_catalog.text",
        "cannot read how the server writes money");
    return money.text(0, 0) == "$1,234,567.89 -$1,234,567.89";
  } catch (const Error& error) {
    // A currency sign that the database's encoding does not have: no value of money can be written.
    if (error.fault() == Fault::unavailable) throw;
    return false;
  }
}

}  // namespace

ServerForms server_forms(Connection& replication) {
  ServerForms forms;
  forms.version = replication.server_version();
  if (forms.version < kFirstWithBinary) {
    throw Error(Fault::refused,
                fmt::format("--binary-transfer needs PostgreSQL 14, and the server is {}.{}",
                            forms.version / 10000, forms.version % 10000))
        .with_hint("leave it out: values as text give the same lines");
  }
  forms.encoding = replication.encoding().client_encoding();
  forms.usual_money = writes_usual_money(replication);
  return forms;
}

void check_binary_columns(Connection& plain, const std::vector<std::string>& publications,
                          const Selection& selection, BinaryTypes& types) {
  const Result columns = plain.run(columns_query(publications, plain.server_version()),
                                   "cannot read the columns of the publications");
  for (int row = 0; row < columns.rows(); ++row) {
    const std::string schema = columns.string(row, 0);
    const std::string table = columns.string(row, 1);
    const auto obstacle = types.obstacle(static_cast<std::uint32_t>(columns.number(row, 4)));
    if (!obstacle) continue;
    const bool ends_stream = obstacle->kind == Obstacle::Kind::unsendable;
    if (!ends_stream && !selection.wants_table(schema, table)) continue;
    throw not_transferable(columns.text(row, 3), schema + "." + table, *obstacle);
  }
}

}  // namespace cdc::postgres
