#include "libcdc/sources/postgres/snapshot_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "libcdc/base/error.hpp"

namespace cdc::postgres {
namespace {

/// What the publications send: relation, columns (null: all), row filter (null: none). Several
/// publications send a row that one of them sends.
std::string published_query(const SnapshotRequest& request, int version) {
  if (request.publications.empty()) {
    return fmt::format(
        "SELECT c.oid, c.relkind, NULL::text AS filter, NULL::jsonb AS columns "
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r'{}) AND c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\\_%' "
        "AND n.nspname <> 'information_schema'",
        version >= 120000 ? ", 'p'" : "");
  }
  std::vector<std::string> names;
  for (const std::string& name : request.publications) names.push_back(quote_literal(name));
  return fmt::format(
      "SELECT c.oid, c.relkind, {} "
      "FROM pg_catalog.pg_publication_tables t "
      "JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname "
      "JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename "
      "WHERE t.pubname IN ({}) GROUP BY c.oid, c.relkind",
      version >= 150000 ? "CASE WHEN bool_and(t.rowfilter IS NOT NULL) THEN string_agg(DISTINCT "
                          "'(' || t.rowfilter || ')', ' OR ') END AS filter, "
                          "(array_agg(to_jsonb(t.attnames)))[1] AS columns"
                        : "NULL::text AS filter, NULL::jsonb AS columns",
      fmt::join(names, ", "));
}

/// Every table that may be copied, and each published relation as part of which it may be reported.
std::string tables_query(const std::string& published, int version) {
  const char* leaves =
      version >= 120000
          ? "UNION ALL SELECT tree.relid, p.oid, tree.level, p.filter FROM published p "
            "CROSS JOIN LATERAL pg_partition_tree(p.oid) tree "
            "WHERE p.relkind = 'p' AND tree.isleaf "
          : "";
  return fmt::format(
      "WITH published AS ({}), pairs AS (SELECT oid AS leaf, oid AS root, 0 AS level, filter "
      "FROM published WHERE relkind = 'r' {}) "
      "SELECT leaf.oid, ln.nspname, leaf.relname, root.oid, rn.nspname, root.relname, pairs.level, "
      "pairs.filter, pg_relation_filenode(leaf.oid), "
      "leaf.reltuples::bigint, row_security_active(leaf.oid), root.relreplident "
      "FROM pairs JOIN pg_catalog.pg_class leaf ON leaf.oid = pairs.leaf "
      "JOIN pg_catalog.pg_namespace ln ON ln.oid = leaf.relnamespace "
      "JOIN pg_catalog.pg_class root ON root.oid = pairs.root "
      "JOIN pg_catalog.pg_namespace rn ON rn.oid = root.relnamespace "
      "WHERE leaf.relkind = 'r' ORDER BY rn.nspname, root.relname, ln.nspname, leaf.relname",
      published, leaves);
}

/// The columns of the relations $1 that the publications send.
std::string columns_query(const std::string& published, int version) {
  const char* generated = version >= 180000   ? "AND (a.attgenerated = '' OR p.columns ? a.attname)"
                          : version >= 120000 ? "AND a.attgenerated = ''"
                                              : "";
  return fmt::format(
      "WITH published AS ({}) SELECT a.attrelid, a.attnum, a.attname, a.atttypid, "
      "pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, a.atttypmod "
      "FROM published p JOIN pg_catalog.pg_attribute a ON a.attrelid = p.oid "
      "WHERE a.attrelid = ANY($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped "
      "AND (p.columns IS NULL OR p.columns ? a.attname) {} ORDER BY a.attrelid, a.attnum",
      published, generated);
}

/// The key columns of the relations $1, in the order of the key: of the replica identity's index,
/// and of the primary key.
constexpr const char* kKeys =
    "SELECT i.indrelid, k.attnum, i.indisprimary, "
    "(c.relreplident = 'd' AND i.indisprimary AND i.indimmediate) OR "
    "(c.relreplident = 'i' AND i.indisreplident) "
    "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid "
    "CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place) "
    "WHERE i.indrelid = ANY($1::oid[]) AND (i.indisprimary OR i.indisreplident) "
    "AND k.place <= coalesce((to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts) "
    "ORDER BY i.indrelid, i.indexrelid, k.place";

/// The type under all domains.
constexpr const char* kBaseType =
    "WITH RECURSIVE own AS (SELECT oid, typname, typbasetype FROM pg_catalog.pg_type "
    "WHERE oid = $1::oid UNION ALL SELECT t.oid, t.typname, t.typbasetype FROM own o "
    "JOIN pg_catalog.pg_type t ON t.oid = o.typbasetype) "
    "SELECT oid, typname FROM own WHERE typbasetype = 0";

std::uint32_t oid_of(const Result& result, int row, int column) {
  return static_cast<std::uint32_t>(result.number(row, column));
}

/// Knows of each relation that rows are reported as what the stream would say of it.
class Relations {
 public:
  Relations(Connection& plain, Catalog& catalog, const SnapshotRequest& request,
            std::string published)
      : plain_(plain), catalog_(catalog), request_(request), published_(std::move(published)) {}

  struct Column {
    int number = 0;
    std::string sql_name;
    std::uint32_t type = 0;
  };
  struct Known {
    Table table;
    std::vector<Column> columns;
    bool identity_is_key = false;
    TableRef shared;
    std::vector<std::size_t> copied;
    std::vector<TypeMapping> types;
    std::string select;
  };

  void add(std::uint32_t oid, std::string schema, std::string name, char identity);
  /// Asks for all of them at once.
  void read();
  const Known& at(std::uint32_t oid) const { return known_.at(oid); }
  std::string readable(std::string_view name) const;

 private:
  void read_columns(const std::string& oids);
  void read_keys(const std::string& oids);
  struct BaseType {
    std::uint32_t oid = 0;  ///< 0: it is gone
    std::string name;
  };

  void finish(Known& known);
  TypeMapping mapping_of(std::uint32_t type);
  std::string meaning_name(std::uint32_t type);
  const BaseType& base_of(std::uint32_t type);

  Connection& plain_;
  Catalog& catalog_;
  const SnapshotRequest& request_;
  std::string published_;
  std::map<std::uint32_t, Known> known_;
  std::unordered_map<std::uint32_t, TypeMapping> mappings_;
  std::unordered_map<std::uint32_t, BaseType> bases_;
};

/// A name in UTF-8: the session's own encoding may be another one.
std::string Relations::readable(std::string_view name) const {
  const char* encoding = PQparameterStatus(plain_.get(), "client_encoding");
  if (encoding != nullptr && std::string_view(encoding) == "UTF8") return std::string(name);
  return plain_.encoding().name_to_utf8(name);
}

void Relations::add(std::uint32_t oid, std::string schema, std::string name, char identity) {
  if (known_.contains(oid)) return;
  Known& known = known_[oid];
  known.table.version = next_table_version();
  known.table.database = plain_.database();
  known.table.schema = std::move(schema);
  known.table.name = std::move(name);
  known.table.from_catalog = true;
  known.identity_is_key = identity == 'd' || identity == 'i';
}

void Relations::read() {
  std::vector<std::uint32_t> oids;
  for (const auto& entry : known_) oids.push_back(entry.first);
  const std::string list = fmt::format("{{{}}}", fmt::join(oids, ","));
  read_columns(list);
  read_keys(list);
  for (auto& entry : known_) finish(entry.second);
}

void Relations::read_columns(const std::string& oids) {
  const Result result = plain_.run(columns_query(published_, plain_.server_version()), {oids},
                                   "cannot read the columns of the tables");
  for (int row = 0; row < result.rows(); ++row) {
    Known& known = known_.at(oid_of(result, row, 0));
    cdc::Column column;
    column.name = readable(result.text(row, 2));
    column.type = result.string(row, 4);
    column.nullable = result.flag(row, 5);
    column.visible =
        request_.selection->wants_column(known.table.schema, known.table.name, column.name);
    describe_meaning(meaning_name(oid_of(result, row, 3)),
                     static_cast<std::int32_t>(result.number(row, 6)), column);
    known.table.columns.push_back(std::move(column));
    known.columns.push_back({static_cast<int>(result.number(row, 1)),
                             quote_identifier(result.text(row, 2)), oid_of(result, row, 3)});
  }
}

/// As the stream has it: the replica identity, else the primary key where all of it is sent.
void Relations::read_keys(const std::string& oids) {
  const Result result = plain_.run(kKeys, {oids}, "cannot read the keys of the tables");
  std::map<std::uint32_t, std::vector<std::optional<std::size_t>>> keys;
  for (int row = 0; row < result.rows(); ++row) {
    const std::uint32_t oid = oid_of(result, row, 0);
    const Known& known = known_.at(oid);
    if (known.identity_is_key ? !result.flag(row, 3) : !result.flag(row, 2)) continue;
    const auto found =
        std::find_if(known.columns.begin(), known.columns.end(),
                     [&](const Column& column) { return column.number == result.number(row, 1); });
    keys[oid].push_back(found == known.columns.end() ? std::nullopt
                                                     : std::optional(static_cast<std::size_t>(
                                                           found - known.columns.begin())));
  }
  for (auto& [oid, key] : keys) {
    Known& known = known_.at(oid);
    if (std::find(key.begin(), key.end(), std::nullopt) != key.end()) continue;
    if (known.identity_is_key) std::sort(key.begin(), key.end());
    for (const auto& column : key) {
      known.table.columns[*column].key = true;
      known.table.key.push_back(*column);
    }
  }
}

void Relations::finish(Known& known) {
  for (std::size_t i = 0; i < known.columns.size(); ++i) {
    const cdc::Column& column = known.table.columns[i];
    if (!column.visible && !column.key) continue;
    known.copied.push_back(i);
    known.types.push_back(mapping_of(known.columns[i].type));
    known.select += (known.select.empty() ? "" : ", ") + known.columns[i].sql_name;
  }
  known.shared = std::make_shared<const Table>(known.table);
}

TypeMapping Relations::mapping_of(std::uint32_t type) {
  if (request_.selection->values == ValueForm::server) return server_mapping(type);
  if (const auto builtin = builtin_mapping(type)) return *builtin;
  const auto found = mappings_.find(type);
  if (found != mappings_.end()) return found->second;
  TypeMapping mapping;
  if (const auto builtin = builtin_mapping(base_of(type).oid)) {
    mapping = *builtin;
  } else if (const auto array = catalog_.array(type)) {
    mapping.mapping = Mapping::array;
    mapping.element = mapping_of(array->element).mapping;
    mapping.delimiter = array->delimiter;
  }
  mappings_[type] = mapping;
  return mapping;
}

/// The name that the stream goes by.
std::string Relations::meaning_name(std::uint32_t type) {
  if (std::string builtin = builtin_name(type); !builtin.empty()) return builtin;
  const BaseType& base = base_of(type);
  return base.name == "hstore" ? base.name : builtin_name(base.oid);
}

const Relations::BaseType& Relations::base_of(std::uint32_t type) {
  const auto found = bases_.find(type);
  if (found != bases_.end()) return found->second;
  const Result base = plain_.run(kBaseType, {std::to_string(type)},
                                 fmt::format("cannot read type {} from the catalog", type));
  if (base.rows() == 0) return bases_[type];
  return bases_[type] = {oid_of(base, 0, 0), base.string(0, 1)};
}

bool matches(const std::vector<TableGlob>& globs, const std::string& schema,
             const std::string& name) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const TableGlob& glob) {
           return glob.matches(schema, name);
         });
}

Error nothing_to_read() {
  return Error(Fault::usage, "the publications have no selected table, so there is nothing to read")
      .with_hint("check --tables, --exclude-tables and what the publications list");
}

/// A name that the user gave and that means no table is a mistake, not an empty table.
void check_globs(const std::vector<TableGlob>& globs, const std::vector<SnapshotTable>& tables,
                 const char* option) {
  for (const TableGlob& glob : globs) {
    const bool found = std::any_of(tables.begin(), tables.end(), [&](const SnapshotTable& table) {
      return glob.matches(table.table->schema, table.table->name);
    });
    if (found) continue;
    throw Error(Fault::usage,
                fmt::format("{}: no table that can be read matches '{}'", option, glob.pattern()))
        .with_hint("check the name: schema.table as the server has it, case included");
  }
}

Error thinned(const std::string& table) {
  return Error(Fault::refused,
               fmt::format("row-level security would hide rows of table {} from this role", table))
      .with_hint(
          "connect as a role with BYPASSRLS, or as the owner of the table where its "
          "policies are not forced");
}

/// The rows of the tables query as tables, of several ways to report one the right one.
class TableList {
 public:
  TableList(const SnapshotRequest& request, Relations& relations)
      : request_(request), relations_(relations) {}

  void take(const Result& result);
  std::vector<SnapshotTable> finish();

 private:
  void add(const Result& result, int row);

  struct Entry {
    SnapshotTable table;
    std::uint32_t root = 0;
    bool thinned = false;
  };

  const SnapshotRequest& request_;
  Relations& relations_;
  std::vector<Entry> entries_;
};

// As part of the uppermost published relation the stream reports a leaf, wanted or not. Without
// publications it is the uppermost one that is wanted.
void TableList::take(const Result& result) {
  const auto wants = [&](int row) {
    const std::string schema = relations_.readable(result.text(row, 4));
    const std::string name = relations_.readable(result.text(row, 5));
    return request_.selection->wants_table(schema, name) && matches(request_.tables, schema, name);
  };
  std::unordered_map<std::uint32_t, std::int64_t> uppermost;
  for (int row = 0; row < result.rows(); ++row) {
    if (request_.publications.empty() && !wants(row)) continue;
    std::int64_t& level = uppermost.try_emplace(oid_of(result, row, 0), 0).first->second;
    level = std::max(level, result.number(row, 6));
  }
  for (int row = 0; row < result.rows(); ++row) {
    if (!wants(row) || uppermost.at(oid_of(result, row, 0)) != result.number(row, 6)) continue;
    add(result, row);
  }
}

void TableList::add(const Result& result, int row) {
  Entry entry;
  SnapshotTable& table = entry.table;
  table.oid = oid_of(result, row, 0);
  table.name =
      relations_.readable(result.text(row, 1)) + "." + relations_.readable(result.text(row, 2));
  table.sql_name =
      quote_identifier(result.text(row, 1)) + "." + quote_identifier(result.text(row, 2));
  table.filter = result.string(row, 7);
  table.filenode = result.string(row, 8);
  table.total_rows = result.number(row, 9);
  entry.thinned = result.flag(row, 10);
  entry.root = oid_of(result, row, 3);
  relations_.add(entry.root, relations_.readable(result.text(row, 4)),
                 relations_.readable(result.text(row, 5)), result.text(row, 11).front());
  entries_.push_back(std::move(entry));
}

std::vector<SnapshotTable> TableList::finish() {
  relations_.read();
  std::vector<SnapshotTable> tables;
  for (Entry& entry : entries_) {
    if (entry.thinned) throw thinned(entry.table.name);
    const Relations::Known& known = relations_.at(entry.root);
    entry.table.table = known.shared;
    entry.table.copied = known.copied;
    entry.table.types = known.types;
    entry.table.columns = known.select;
    tables.push_back(std::move(entry.table));
  }
  return tables;
}

}  // namespace

SnapshotPlan plan_snapshot(Connection& plain, Catalog& catalog, const SnapshotRequest& request) {
  SnapshotPlan plan;
  const Result page_size = plain.run("SHOW block_size", "cannot read the size of a page");
  plan.page_size = static_cast<std::uint64_t>(std::max<std::int64_t>(page_size.number(0, 0), 1));
  const int version = plain.server_version();
  const std::string published = published_query(request, version);
  Relations relations(plain, catalog, request, published);
  TableList list(request, relations);
  list.take(plain.run(tables_query(published, version), "cannot read the tables"));
  plan.tables = list.finish();
  check_globs(request.tables, plan.tables, "--snapshot-tables");
  // Those of publications are checked against what these publish.
  if (request.publications.empty()) {
    check_globs(request.selection->tables, plan.tables, "--tables");
  }
  if (plan.tables.empty()) throw nothing_to_read();
  return plan;
}

std::string copy_statement(const SnapshotTable& table, const PageRange& range,
                           const std::string& condition, const std::string& encoding) {
  std::vector<std::string> conditions;
  if (range.from != 0) conditions.push_back(fmt::format("ctid >= '({},0)'", range.from));
  if (range.to != kLastPage) conditions.push_back(fmt::format("ctid < '({},0)'", range.to));
  if (!table.filter.empty()) conditions.push_back("(" + table.filter + ")");
  if (!condition.empty()) conditions.push_back("(" + condition + ")");
  return fmt::format("COPY (SELECT {} FROM ONLY {}{}{}) TO STDOUT{}", table.columns, table.sql_name,
                     conditions.empty() ? "" : " WHERE ", fmt::join(conditions, " AND "),
                     encoding.empty() ? "" : " (ENCODING " + quote_literal(encoding) + ")");
}

}  // namespace cdc::postgres
