#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/fd.hpp"
#include "libcdc/change/batch.hpp"
#include "libcdc/flow/source.hpp"
#include "libcdc/sources/mysql/row_stream.hpp"
#include "libcdc/sources/mysql/snapshot_plan.hpp"
#include "libcdc/sources/mysql/snapshot_progress.hpp"
#include "libcdc/sources/mysql/snapshot_sessions.hpp"

namespace cdc::mysql {

/// Reads tables as they were at one moment, over one or more sessions in one thread, and hands out
/// their rows as `read` changes. Each table is one query in the order of its key, so that a restart
/// goes on behind the last key (SNAPSHOT.md of this folder: why the changes that follow make it
/// right).
class Snapshot {
 public:
  struct Setup {
    SnapshotSessions::Setup sessions;
    const Selection* selection = nullptr;
    Catalog* catalog = nullptr;
  };

  /// Takes the snapshot. `earlier`: what another run has read already. What `setup` points at
  /// outlives it.
  Snapshot(const Setup& setup, const Server& server, std::vector<SnapshotTable> tables,
           std::optional<SnapshotState> earlier);
  ~Snapshot();

  /// Appends rows that are at hand.
  Next poll(Batch& batch);
  /// The last row and the safe point behind it have been handed out.
  bool is_done() const { return done_; }
  /// Readable when `poll` has work.
  int wait_fd() const { return epoll_.get(); }

  /// The position behind which the stream begins.
  const std::string& start() const { return state_.start; }
  SnapshotStatus status() const;

 private:
  struct Reader {
    std::unique_ptr<RowStream> rows;
    std::size_t table = 0;
    const Value* last = nullptr;  ///< row of this poll
    bool checked = false;         ///< that the answer has the columns that it should
  };

  void open(const Server& server, const SnapshotState* earlier);
  void adopt(const SnapshotState& earlier);
  void adopt_table(std::size_t table, const TableProgress& known);
  void warn_of_tables_without_key() const;
  void warn_of_images(const Server& server) const;
  void read_clock();
  void watch(const Reader& reader, int operation) const;
  void hand_out();
  std::optional<std::size_t> next_table(std::size_t reader);
  bool begin_again(std::size_t reader);
  void begin_table(std::size_t reader, std::size_t table);
  std::size_t take_rows(std::size_t reader, std::size_t most, Batch& batch);
  void end_table(std::size_t reader);
  void on_failure(std::size_t reader);
  void check(Reader& reader) const;
  void add_row(Reader& reader, std::string_view row, Batch& batch);
  const Value* read_row(const SnapshotTable& table, std::string_view row, Arena& arena) const;
  Change change(Op op, const SnapshotTable& table, Batch& batch) const;
  void remember_cursors();
  bool may_mark() const;
  void mark(Batch& batch);
  void finish(Batch& batch);
  bool is_reading() const;

  const Setup setup_;
  const Flavor flavor_;
  SnapshotSessions sessions_;
  std::vector<Reader> readers_;
  Fd epoll_;
  Views views_ = Views::exact;

  std::vector<SnapshotTable> tables_;
  SnapshotState state_;  ///< its tables are those of `tables_`, in the same order
  std::deque<std::size_t> todo_;
  std::deque<std::size_t> again_;  ///< changed behind the view: to be read in a later one
  std::size_t locked_left_ = 0;    ///< tables that stay locked until they are read
  std::unordered_set<const Table*> schemas_told_;

  std::string place_;  ///< of `start`, as lines have it
  std::string_view id_in_batch_;
  std::string_view place_in_batch_;
  std::string_view start_in_batch_;
  std::int64_t time_ = 0;  ///< of the snapshot; microseconds since 1970 UTC
  Instant begun_at_;
  Instant marked_at_;
  bool begun_ = false;
  bool mark_owed_ = false;  ///< there is progress since the last safe point
  bool done_ = false;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace cdc::mysql
