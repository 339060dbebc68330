#include "libcdc/sources/postgres/publication.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "libcdc/base/error.hpp"

namespace cdc::postgres {
namespace {

constexpr int kFirstToCheckGenerated = 180000;

/// Ordinary and partitioned tables that can be published, each with the tables that would come
/// along (itself, partitions, children) on which UPDATE and DELETE would fail from then on: what a
/// default or index identity needs is not there, and it is not FULL; or, from 18 on, a generated
/// column is part of its identity, which says `generated`.
constexpr const char* kTables =
    "SELECT n.nspname, c.relname, lacking.name, lacking.generated "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "LEFT JOIN LATERAL (WITH RECURSIVE tree AS (SELECT c.oid UNION "
    "SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid) "
    "SELECT format('%I.%I', dn.nspname, d.relname) AS name, {0} AS generated "
    "FROM tree JOIN pg_catalog.pg_class d ON d.oid = tree.oid "
    "JOIN pg_catalog.pg_namespace dn ON dn.oid = d.relnamespace "
    "WHERE d.relkind = 'r' AND ({0} OR d.relreplident <> 'f' AND NOT EXISTS ("
    "SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = d.oid AND "
    "((d.relreplident = 'd' AND i.indisprimary AND i.indimmediate) OR "
    "(d.relreplident = 'i' AND i.indisreplident))))) AS lacking ON true "
    "WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname NOT LIKE 'pg\\_%' "
    "AND n.nspname <> 'information_schema' AND NOT c.relispartition ORDER BY 1, 2, 3";

/// Whether the identity of table `d` has a generated column, which the publication leaves out.
constexpr const char* kGeneratedIdentity =
    "EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = d.oid AND a.attnum > 0 "
    "AND NOT a.attisdropped AND a.attgenerated <> '' AND (d.relreplident = 'f' OR EXISTS ("
    "SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = d.oid AND a.attnum = ANY (i.indkey) AND "
    "((d.relreplident = 'd' AND i.indisprimary) OR "
    "(d.relreplident = 'i' AND i.indisreplident)))))";

std::string quoted(const PublishedTable& table) {
  return quote_identifier(table.schema) + "." + quote_identifier(table.name);
}

/// As sentences name it.
std::string full_name(const PublishedTable& table) {
  return table.schema + "." + table.name;
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// `publication 'a'`, or `publications 'a', 'b'`.
std::string publications_text(const std::vector<std::string>& names) {
  return fmt::format("publication{} '{}'", names.size() == 1 ? "" : "s", fmt::join(names, "', '"));
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
std::vector<TableGlob> uncovered(const std::vector<PublishedTable>& published,
                                 const Selection& selection) {
  std::vector<TableGlob> missing;
  for (const TableGlob& glob : selection.tables) {
    const bool found = std::any_of(published.begin(), published.end(), [&](const auto& table) {
      return glob.matches(table.schema, table.name);
    });
    if (!found) missing.push_back(glob);
  }
  return missing;
}

std::string example_statement(const Selection& selection) {
  const bool exact = std::all_of(selection.tables.begin(), selection.tables.end(),
                                 [](const TableGlob& glob) { return glob.is_exact(); });
  std::vector<std::string> names;
  for (const TableGlob& glob : selection.tables) names.push_back(glob.pattern());
  return fmt::format("CREATE PUBLICATION cdcctl FOR TABLE {};",
                     exact && !names.empty() ? joined(names) : "schema.table, ...");
}

/// A published table of the same partition tree: its name, and whether `table` is below it.
constexpr const char* kPublishedRelative =
    "SELECT t.schemaname || '.' || t.tablename, "
    "r.oid IN (SELECT relid FROM pg_partition_ancestors(c.oid)) "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "CROSS JOIN LATERAL (SELECT relid FROM pg_partition_tree(c.oid) "
    "UNION SELECT relid FROM pg_partition_ancestors(c.oid)) AS tree "
    "JOIN pg_catalog.pg_class r ON r.oid = tree.relid "
    "JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace "
    "JOIN pg_catalog.pg_publication_tables t "
    "ON t.schemaname = rn.nspname AND t.tablename = r.relname "
    "WHERE n.nspname || '.' || c.relname = $1 AND t.pubname IN ({}) ORDER BY 1 LIMIT 1";

/// What to do about a table that none of the publications has.
std::string coverage_hint(Connection& connection, const std::vector<std::string>& publications,
                          const std::string& table) {
  const std::string doing = fmt::format("cannot look for table {}", table);
  const std::string publication = quote_identifier(publications.front());
  if (connection.server_version() >= 130000) {
    const Result relative =
        connection.run(fmt::format(kPublishedRelative, literal_list(publications)), {table}, doing);
    if (relative.rows() != 0 && relative.flag(0, 1)) {
      return fmt::format("it is a partition, and its changes come under the name {}: ask for that",
                         relative.text(0, 0));
    }
    if (relative.rows() != 0) {
      return fmt::format(
          "its changes come under the names of its partitions: ask for these, or ALTER PUBLICATION "
          "{} SET (publish_via_partition_root = true);",
          publication);
    }
  }
  const Result existing = connection.run(
      "SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE n.nspname || '.' || c.relname = $1",
      {table}, doing);
  if (existing.rows() == 0) {
    return fmt::format("there is no table {} in database '{}': check --tables", table,
                       connection.database());
  }
  return fmt::format("ALTER PUBLICATION {} ADD TABLE {}; only changes after that are sent",
                     publication, table);
}

std::string published_hint(const std::vector<PublishedTable>& published) {
  constexpr std::size_t kNamed = 5;
  std::vector<std::string> names;
  for (const PublishedTable& table : published) {
    if (names.size() < kNamed) names.push_back(full_name(table));
  }
  return fmt::format("published are: {}{}", names.empty() ? "no tables" : joined(names),
                     published.size() > kNamed ? ", ..." : "");
}

/// Nothing is wrong with a publication without tables, but its stream looks like one that hangs.
void warn_of_no_table(Connection& connection, const std::vector<std::string>& publications,
                      const Log& log) {
  const Result grows =
      connection.run("SELECT FROM pg_catalog.pg_publication WHERE puballtables AND pubname IN (" +
                         literal_list(publications) + ")",
                     "cannot read the publications");
  if (grows.rows() != 0) return;
  log.warning(
      fmt::format("{} {} no table: no change will come", publications_text(publications),
                  publications.size() == 1 ? "publishes" : "publish"),
      fmt::format("ALTER PUBLICATION {} ADD TABLE schema.table; only changes after that are "
                  "sent",
                  quote_identifier(publications.front())));
}

/// The server ends the stream at the first change of a table with two column lists.
void check_column_lists(Connection& connection, const std::vector<std::string>& publications) {
  if (publications.size() < 2 || connection.server_version() < 150000) return;
  const Result result = connection.run(
      "SELECT schemaname || '.' || tablename FROM pg_catalog.pg_publication_tables "
      "WHERE pubname IN (" +
          literal_list(publications) +
          ") GROUP BY schemaname, tablename HAVING count(DISTINCT attnames::text) > 1 ORDER BY 1",
      "cannot read the column lists of the publications");
  if (result.rows() == 0) return;
  throw Error(Fault::refused,
              fmt::format("{} have different column lists for table {}, which the server cannot "
                          "stream together",
                          publications_text(publications), result.text(0, 0)))
      .with_hint("give it the same columns in each, or name only one of them with --publication");
}

/// Refuses to publish tables of which UPDATE and DELETE would fail from then on.
void check_writable(const std::vector<std::string>& lacking,
                    const std::vector<std::string>& generated) {
  if (!lacking.empty()) {
    throw Error(Fault::refused,
                fmt::format("publishing {} would make UPDATE and DELETE on it fail: no replica "
                            "identity",
                            joined(lacking)))
        .with_hint(
            fmt::format("add a primary key, or ALTER TABLE {} REPLICA IDENTITY FULL; or make "
                        "a publication with publish = 'insert' yourself",
                        lacking.front()));
  }
  if (generated.empty()) return;
  throw Error(
      Fault::refused,
      fmt::format("publishing {} would make UPDATE and DELETE on it fail: a generated column "
                  "is part of its replica identity",
                  joined(generated)))
      .with_hint(
          fmt::format("choose another identity: ALTER TABLE {} REPLICA IDENTITY ...; or make "
                      "a publication WITH (publish_generated_columns = stored) yourself",
                      generated.front()));
}

/// The tables that `selection` wants, all of them fit to be published.
std::vector<PublishedTable> tables_to_publish(Connection& connection, const Selection& selection) {
  const bool checks_generated = connection.server_version() >= kFirstToCheckGenerated;
  const Result result =
      connection.run(fmt::format(kTables, checks_generated ? kGeneratedIdentity : "false"),
                     "cannot read the tables");
  std::vector<PublishedTable> tables;
  std::vector<std::string> lacking;
  std::vector<std::string> generated;
  for (int row = 0; row < result.rows(); ++row) {
    const PublishedTable table{result.string(row, 0), result.string(row, 1)};
    if (!selection.wants_table(table.schema, table.name)) continue;
    if (tables.empty() || full_name(tables.back()) != full_name(table)) tables.push_back(table);
    if (result.is_null(row, 2)) continue;
    (result.flag(row, 3) ? generated : lacking).push_back(result.string(row, 2));
  }
  if (tables.empty()) {
    throw Error(Fault::usage, "no table matches --tables, so there is nothing to publish")
        .with_hint(
            "name them as schema.table; a partition is published with its partitioned table; "
            "views, "
            "temporary and unlogged tables cannot be");
  }
  check_writable(lacking, generated);
  return tables;
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
          literal_list(names) + ") ORDER BY 1, 2",
      "cannot read the tables of the publications");
  std::vector<PublishedTable> tables;
  for (int row = 0; row < result.rows(); ++row) {
    tables.push_back({result.string(row, 0), result.string(row, 1)});
  }
  return tables;
}

void check_coverage(Connection& connection, const std::vector<std::string>& publications,
                    const Selection& selection, const Log& log) {
  const std::vector<PublishedTable> published = published_tables(connection, publications);
  const std::vector<TableGlob> missing = uncovered(published, selection);
  if (published.empty() && missing.empty()) warn_of_no_table(connection, publications, log);
  if (missing.empty()) return check_column_lists(connection, publications);
  std::vector<std::string> patterns;
  for (const TableGlob& glob : missing) patterns.push_back(glob.pattern());
  const TableGlob& first = missing.front();
  throw Error(Fault::refused,
              fmt::format("{} {} not publish {}", publications_text(publications),
                          publications.size() == 1 ? "does" : "do", joined(patterns)))
      .with_hint(first.is_exact() ? coverage_hint(connection, publications, first.pattern())
                                  : published_hint(published));
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
  // Whoever uses the only one says what it lacks.
  if (all.size() == 1) return all.front();
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
        .with_hint(fmt::format("name several, --publication {},..., or make one: {}", all.front(),
                               example_statement(selection)));
  }
  throw Error(Fault::usage, fmt::format("there are {} publications to choose from: {}",
                                        fitting.size(), joined(fitting)))
      .with_hint(fmt::format("say which: --publication {}", fitting.front()));
}

bool create_publication(Connection& connection, const std::string& name, const Selection& selection,
                        const Log& log) {
  const std::vector<std::string> all = all_publications(connection);
  if (std::find(all.begin(), all.end(), name) != all.end()) {
    // Dropped and made anew it would be missing for the changes that are committed in between.
    log.info(fmt::format("publication '{}' exists already and stays as it is", name));
    return false;
  }
  const std::vector<PublishedTable> tables = tables_to_publish(connection, selection);
  std::vector<std::string> names;
  std::vector<std::string> quoted_names;
  for (const PublishedTable& table : tables) {
    names.push_back(full_name(table));
    quoted_names.push_back(quoted(table));
  }
  // The tables that were asked for are those that the lines are to name.
  const char* options =
      connection.server_version() >= 130000 ? " WITH (publish_via_partition_root = true)" : "";
  connection.run(fmt::format("CREATE PUBLICATION {} FOR TABLE {}{}", quote_identifier(name),
                             joined(quoted_names), options),
                 fmt::format("cannot create publication '{}'", name));
  log.info(fmt::format("created publication '{}' for {}", name, joined(names)));
  return true;
}

void drop_publication(Connection& connection, const std::string& name) {
  connection.run("DROP PUBLICATION IF EXISTS " + quote_identifier(name),
                 fmt::format("cannot drop publication '{}'", name));
}

}  // namespace cdc::postgres
