#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cdc::mysql {

/// What a statement in a QUERY event means for the stream. Nothing more of SQL is understood.
enum class StatementKind : std::uint8_t {
  begin,  ///< BEGIN, START TRANSACTION
  commit,
  rollback,     ///< of the whole transaction
  savepoint,    ///< SAVEPOINT, RELEASE SAVEPOINT
  rollback_to,  ///< a savepoint: rows that stay in the log behind it are not undone
  xa_start,     ///< XA START, XA BEGIN
  xa_end,
  xa_prepare,
  xa_commit,
  xa_rollback,
  truncate,                 ///< TRUNCATE [TABLE] [db.]name
  create_table,             ///< without a query: inside a transaction, its rows follow
  create_or_replace_table,  ///< the same, and what the table had is gone
  /// INSERT, UPDATE, DELETE, REPLACE, LOAD, CALL, CREATE TABLE ... SELECT and the like: changes
  /// that the log does not show.
  dml,
  moves_rows,  ///< DDL by which rows come or go: DROP TABLE, RENAME, ALTER ... PARTITION ...
  other,       ///< other DDL, GRANT, SET ...
};

struct Statement {
  StatementKind kind = StatementKind::other;
  std::string_view xid;    ///< of xa_*: as in the text: X'..',X'..',1
  bool one_phase = false;  ///< of xa_commit
  std::string schema;      ///< of truncate: unquoted; empty: the default schema of the QUERY
  std::string table;       ///< of truncate: unquoted
};

/// Looks at the beginning of `sql`, behind blanks and comments (what stands in executable comments
/// `/*! ... */` and `/*M! ... */` is looked at).
Statement classify(std::string_view sql);

/// Whether it creates, alters, drops or renames something: of a schema, not accounts and servers,
/// whose statements hold secrets.
bool changes_schema(std::string_view sql);

}  // namespace cdc::mysql
