#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cdc::postgres {

/// What a transaction sees: the text of pg_current_snapshot(), `xmin:xmax:xip,...`, taken apart.
struct PgSnapshot {
  std::uint64_t xmin = 0;          ///< everything before it has ended
  std::uint64_t xmax = 0;          ///< nothing from it on is seen
  std::vector<std::uint64_t> xip;  ///< in between, what is not seen, in order

  bool sees(std::uint64_t xid) const;
};

std::optional<PgSnapshot> parse_snapshot(std::string_view text);

/// How far one table has been read.
struct TableProgress {
  std::string table;                 ///< `schema.table`, for people
  std::uint32_t oid = 0;             ///< what it is known by
  std::string filenode;              ///< while it stays, ctids keep their meaning
  std::string definition;            ///< the columns and the filter that were read
  std::int64_t total_rows = -1;      ///< as the server estimates; -1: it does not know
  std::uint64_t rows_processed = 0;  ///< delivered so far, rows that came again included
  std::uint64_t pages_done = 0;      ///< the pages before this one
  bool is_complete = false;          ///< read to its end
};

/// How far a snapshot has come: what a restart needs to read the rest.
struct SnapshotState {
  std::string id;        ///< of all its lines, whatever restarts come between
  std::string start;     ///< the position at which the stream begins
  std::string snapshot;  ///< what the first run saw, as pg_current_snapshot() says it
  std::vector<TableProgress> tables;
};

/// The JSON of `checkpoint_postgres_snapshot.json`.
std::string to_json_text(const SnapshotState& state);

/// Throws state where the text is not one.
SnapshotState parse_snapshot_state(std::string_view text);

}  // namespace cdc::postgres
