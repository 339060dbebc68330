#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libcdc/change/selection.hpp"
#include "libcdc/sources/mysql/catalog.hpp"
#include "libcdc/sources/mysql/connection.hpp"
#include "libcdc/sources/mysql/table_layout.hpp"

namespace cdc::mysql {

/// A table whose rows are read.
struct SnapshotTable {
  std::string schema;
  std::string table;
  std::string name;      ///< `schema.table`, for people
  std::string sql_name;  ///< quoted, as statements name it
  bool transactional = true;
  std::int64_t total_rows = -1;  ///< as the server estimates; -1: it does not know
  std::uint64_t bytes = 0;       ///< of its rows on disk, estimated

  TableLayout layout;
  std::vector<std::size_t> read;    ///< which columns, in this order
  std::vector<std::size_t> cursor;  ///< the key's columns, where it can be read on behind a key
  std::string definition;           ///< of the columns and the key: while it stays, cursors hold

  bool has_key() const { return !layout.table->key.empty(); }
};

/// What is to be read.
struct SnapshotRequest {
  const Selection* selection = nullptr;
  std::vector<TableGlob> tables;  ///< of the selected ones; empty: all
};

/// The tables that the selection names, as the catalog is now, in the order in which they should be
/// read: those that must stay locked, those without a key, then the others, the largest first.
/// Throws usage where `request.tables` names none.
std::vector<SnapshotTable> plan_snapshot(Connection& connection, Catalog& catalog,
                                         const SnapshotRequest& request);

/// The table as it is now; nothing where it is gone.
std::optional<SnapshotTable> plan_again(const SnapshotTable& known, Catalog& catalog, Flavor flavor,
                                        const Selection& selection);

/// The columns of a table as TABLE_MAP would have them, had it all metadata.
TableMap map_of_catalog(const std::string& schema, const std::string& table,
                        const CatalogTable& known, Flavor flavor);

/// SELECT of the rows behind `cursor`, which is a JSON array of key values, or of all.
std::string select_statement(const SnapshotTable& table, const std::string& cursor);

/// The key of a row as such an array; nothing where the next SELECT could not find it again.
std::optional<std::string> cursor_of(const SnapshotTable& table, const Value* row);

}  // namespace cdc::mysql
