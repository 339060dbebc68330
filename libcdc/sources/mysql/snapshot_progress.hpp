#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cdc::mysql {

/// How far one table has been read.
struct TableProgress {
  std::string table;                 ///< `schema.table`
  std::string definition;            ///< the columns and the key that were read
  std::int64_t total_rows = -1;      ///< as the server estimates; -1: it does not know
  std::uint64_t rows_processed = 0;  ///< delivered so far, rows that came again included
  std::string cursor;                ///< JSON array of the last key; empty: none
  bool is_complete = false;
};

/// How far a snapshot has come: what a restart needs to read the rest.
struct SnapshotState {
  std::string id;     ///< of all its lines, whatever restarts come between
  std::string start;  ///< the resume position at which the stream begins
  std::vector<TableProgress> tables;
};

/// The JSON of `checkpoint_mysql_snapshot.json`.
std::string to_json_text(const SnapshotState& state);

/// Throws state where the text is not one.
SnapshotState parse_snapshot_state(std::string_view text);

}  // namespace cdc::mysql
