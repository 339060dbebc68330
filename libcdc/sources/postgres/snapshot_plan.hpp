#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "libcdc/change/selection.hpp"
#include "libcdc/change/table.hpp"
#include "libcdc/sources/postgres/catalog.hpp"
#include "libcdc/sources/postgres/connection.hpp"
#include "libcdc/sources/postgres/types.hpp"

namespace cdc::postgres {

/// A table, or a leaf of a partitioned one, that is copied.
struct SnapshotTable {
  std::uint32_t oid = 0;
  std::string name;      ///< `schema.table`, for people
  std::string sql_name;  ///< quoted, as statements name it
  TableRef table;        ///< what its rows are reported as: itself, or the root of its partitions
  std::vector<std::size_t> copied;  ///< which of the table's columns are read, in this order
  std::vector<TypeMapping> types;   ///< of these
  std::string columns;              ///< their quoted names
  std::string filter;               ///< the row filter of the publications; empty: none
  std::string filenode;
  std::uint64_t pages = 0;       ///< not known to the plan: asked for under the lock
  std::int64_t total_rows = -1;  ///< as the server estimates; -1: it does not know

  bool has_key() const { return !table->key.empty(); }
};

struct SnapshotPlan {
  std::vector<SnapshotTable> tables;
  std::uint64_t page_size = 8192;
};

/// What is to be read.
struct SnapshotRequest {
  std::vector<std::string> publications;  ///< empty: whatever the catalog has
  const Selection* selection = nullptr;
  std::vector<TableGlob> tables;  ///< of the selected ones; empty: all
};

/// The tables that the publications send, as the catalog is now: their columns, row filters and
/// keys. Throws usage where none is left, refused where row-level security would thin them.
SnapshotPlan plan_snapshot(Connection& plain, Catalog& catalog, const SnapshotRequest& request);

inline constexpr std::uint64_t kLastPage = std::numeric_limits<std::uint64_t>::max();

/// The pages from `from` up to, and without, `to`.
struct PageRange {
  std::uint64_t from = 0;
  std::uint64_t to = kLastPage;
};

/// The COPY of these pages, restricted by `condition` where it is not empty. `encoding`: of the
/// rows; empty: the session's.
std::string copy_statement(const SnapshotTable& table, const PageRange& range,
                           const std::string& condition, const std::string& encoding);

}  // namespace cdc::postgres
