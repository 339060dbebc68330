#include "libcdc/sources/postgres/publication.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cdc::postgres {
namespace {

/// Ordinary and partitioned tables that can be published, with whether UPDATE and DELETE would
/// still work once they are: what a default or index identity needs is there, or it is FULL.
constexpr const char* kTables =
    "SELECT n.nspname, c.relname, c.relreplident = 'f' OR EXISTS (SELECT FROM pg_catalog.pg_index "
    "i "
    "WHERE i.indrelid = c.oid AND ((c.relreplident = 'd' AND i.indisprimary) OR "
    "(c.relreplident = 'i' AND i.indisreplident))) "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname NOT LIKE 'pg\\_%' "
    "AND n.nspname <> 'information_schema' AND NOT c.relispartition ORDER BY 1, 2";

std::string quoted(const PublishedTable& table) {
  return quote_identifier(table.schema) + "." + quote_identifier(table.name);
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<std::string> all_publications(Connection& connection) {
  const Result result = connection.run("SELECT pubname FROM pg_catalog.pg_publication ORDER BY 1",
                                       "cannot read the publications");
  std::vector<std::string> names;
  for (int row = 0; row < result.rows(); ++row) names.push_back(result.string(row, 0));
  return names;
}

std::string literal_list(const std::vector<std::string>& names) {
  std::vector<std::string> literals;
  for (const std::string& name : names) literals.push_back(quote_literal(name));
  return joined(literals);
}

/// The patterns of --tables that no published table matches.
std::vector<std::string> uncovered(const std::vector<PublishedTable>& published,
                                   const Selection& selection) {
  std::vector<std::string> missing;
  for (const TableGlob& glob : selection.tables) {
    const bool found = std::any_of(published.begin(), published.end(), [&](const auto& table) {
      return glob.matches(table.schema, table.name);
    });
    if (!found) missing.push_back(glob.pattern());
  }
  return missing;
}

std::string example_statement(const Selection& selection) {
  std::vector<std::string> patterns;
  for (const TableGlob& glob : selection.tables) patterns.push_back(glob.pattern());
  return fmt::format("CREATE PUBLICATION cdcctl FOR TABLE {};",
                     patterns.empty() ? "schema.table, ..." : joined(patterns));
}

}  // namespace

std::vector<PublishedTable> published_tables(Connection& connection,
                                             const std::vector<std::string>& names) {
  const std::vector<std::string> all = all_publications(connection);
  for (const std::string& name : names) {
    if (std::find(all.begin(), all.end(), name) != all.end()) continue;
    throw Error(Fault::state, fmt::format("publication '{}' does not exist in database '{}'", name,
                                          connection.database()))
        .with_hint(fmt::format(
            "publications here: {}. Make it before the slot: CREATE PUBLICATION {} FOR TABLE ...;",
            all.empty() ? "none" : joined(all), quote_identifier(name)));
  }
  const Result result = connection.run(
      "SELECT DISTINCT schemaname, tablename FROM pg_catalog.pg_publication_tables WHERE pubname "
      "IN (" +
          literal_list(names) + ")",
      "cannot read the tables of the publications");
  std::vector<PublishedTable> tables;
  for (int row = 0; row < result.rows(); ++row) {
    tables.push_back({result.string(row, 0), result.string(row, 1)});
  }
  return tables;
}

void check_coverage(const std::vector<PublishedTable>& published,
                    const std::vector<std::string>& publications, const Selection& selection) {
  const std::vector<std::string> missing = uncovered(published, selection);
  if (missing.empty()) return;
  throw Error(Fault::refused, fmt::format("publication {} does not publish {}",
                                          joined(publications), joined(missing)))
      .with_hint(fmt::format("ALTER PUBLICATION {} ADD TABLE {}; only changes after that are sent",
                             quote_identifier(publications.front()), joined(missing)));
}

std::string choose_publication(Connection& connection, const Selection& selection) {
  const std::vector<std::string> all = all_publications(connection);
  std::vector<std::string> fitting;
  for (const std::string& name : all) {
    if (uncovered(published_tables(connection, {name}), selection).empty()) {
      fitting.push_back(name);
    }
  }
  if (fitting.size() == 1) return fitting.front();
  if (all.empty()) {
    throw Error(Fault::usage,
                fmt::format("database '{}' has no publication", connection.database()))
        .with_hint(fmt::format("make one: {} or let us: --create-publication --tables "
                               "schema.table,...",
                               example_statement(selection)));
  }
  if (fitting.empty()) {
    throw Error(Fault::usage, fmt::format("none of the publications ({}) has all of the tables "
                                          "asked for",
                                          joined(all)))
        .with_hint(fmt::format("make one: {}", example_statement(selection)));
  }
  throw Error(Fault::usage, fmt::format("there are {} publications to choose from: {}",
                                        fitting.size(), joined(fitting)))
      .with_hint(fmt::format("say which: --publication {}", fitting.front()));
}

void create_publication(Connection& connection, const std::string& name, const Selection& selection,
                        const Log& log) {
  const Result result = connection.run(kTables, "cannot read the tables");
  std::vector<std::string> tables;
  std::vector<std::string> without_identity;
  for (int row = 0; row < result.rows(); ++row) {
    const PublishedTable table{result.string(row, 0), result.string(row, 1)};
    if (!selection.wants_table(table.schema, table.name)) continue;
    tables.push_back(quoted(table));
    if (!result.flag(row, 2)) without_identity.push_back(quoted(table));
  }
  if (tables.empty()) {
    throw Error(Fault::usage, "no table matches --tables, so there is nothing to publish")
        .with_hint(
            "name them as schema.table; views, temporary and unlogged tables cannot be "
            "published");
  }
  if (!without_identity.empty()) {
    throw Error(Fault::refused,
                fmt::format("publishing {} would make UPDATE and DELETE on it fail: no replica "
                            "identity",
                            joined(without_identity)))
        .with_hint(fmt::format("add a primary key, or ALTER TABLE {} REPLICA IDENTITY FULL; or "
                               "make a publication with publish = 'insert' yourself",
                               without_identity.front()));
  }
  const std::string doing = fmt::format("cannot create publication '{}'", name);
  drop_publication(connection, name);
  connection.run(
      fmt::format("CREATE PUBLICATION {} FOR TABLE {}", quote_identifier(name), joined(tables)),
      doing);
  log.info(fmt::format("created publication '{}' for {}", name, joined(tables)));
}

void drop_publication(Connection& connection, const std::string& name) {
  connection.run("DROP PUBLICATION IF EXISTS " + quote_identifier(name),
                 fmt::format("cannot drop publication '{}'", name));
}

}  // namespace cdc::postgres
