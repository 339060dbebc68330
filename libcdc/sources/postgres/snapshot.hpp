#pragma once

#include <chrono>
#include <cstdint>
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
#include "libcdc/sources/postgres/copy_text.hpp"
#include "libcdc/sources/postgres/snapshot_plan.hpp"
#include "libcdc/sources/postgres/snapshot_progress.hpp"
#include "libcdc/sources/postgres/snapshot_sessions.hpp"

namespace cdc::postgres {

/// Reads tables as they were at one moment, over one or more connections in one thread, and hands
/// out their rows as `read` changes.
///
/// While no range is half read, and not too often, a batch is marked as a safe point with the
/// progress so far, from which a restart reads the rest (README.md of this folder: why that is
/// right).
class Snapshot {
 public:
  /// Reads the tables of `plan`, which `sessions` has locked. What is given outlives it.
  Snapshot(std::unique_ptr<SnapshotSessions> sessions, SnapshotPlan plan,
           const Selection& selection, const Log& log);
  ~Snapshot();

  /// Reads what the slot's exported snapshot `name` sees.
  void begin_exported(const std::string& name, std::string start);
  /// Reads what a snapshot taken now sees. `earlier`: what another run has read already; nothing:
  /// this is the first one.
  void begin_own(std::string start, std::optional<SnapshotState> earlier);

  /// Says which tables have no key: what changed between the slot's position and the snapshot comes
  /// twice for them, and nothing tells.
  void warn_of_tables_without_key() const;

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
  enum class Phase {
    rest,      ///< what was not read yet
    catch_up,  ///< of what earlier runs read, the rows that are newer than their snapshot
    over
  };
  struct Task {
    std::size_t table = 0;
    PageRange range;
    Instant begun;
  };
  struct Worker {
    SnapshotWorker* connection = nullptr;
    Task task;
  };

  void begin(std::string start, std::optional<SnapshotState> earlier);
  void adopt(const SnapshotState& earlier);
  void warn_of_repeats(const TableProgress& table, const char* why) const;
  void read_clock();
  void measure();
  void watch_sockets();
  bool hand_out(Batch& batch);
  std::optional<Task> next_task();
  PageRange next_range(std::size_t table);
  std::string condition(std::size_t table) const;
  void begin_task(Worker& worker, const Task& task);
  void end_task(Worker& worker);
  std::size_t take_rows(Worker& worker, std::size_t most, Batch& batch);
  void add_row(const SnapshotTable& table, std::string_view row, Change& change, Batch& batch);
  void add_schema(const SnapshotTable& table, Batch& batch);
  void finish(Batch& batch);
  void mark(Batch& batch, Instant now);
  std::size_t busy_workers() const;

  const Selection& selection_;
  const Log& log_;
  Fd epoll_;
  const std::unique_ptr<SnapshotSessions> sessions_;
  SnapshotPlan plan_;
  std::vector<Worker> workers_;
  std::size_t first_worker_ = 0;  ///< whose turn it is to be read first

  SnapshotState state_;          ///< its tables are those of the plan, in the same order
  std::vector<PageRange> seen_;  ///< of each table what earlier runs have read
  std::vector<bool> filtered_;   ///< of each table: only rows that the first snapshot sees
  PgSnapshot first_;
  Phase phase_ = Phase::rest;
  std::size_t table_ = 0;        ///< the one that ranges are handed out of
  std::uint64_t page_ = 0;       ///< the first page of it that is not
  std::uint64_t pages_at_once_;  ///< adapts, so that a range takes a short while
  std::unordered_set<const Table*> schemas_told_;
  std::string encoding_;  ///< of the rows, where the session's is another one

  std::string_view id_in_batch_;
  std::string_view start_in_batch_;
  std::vector<CopyCell> cells_;
  std::int64_t time_ = 0;  ///< of the snapshot; microseconds since 1970 UTC
  Instant begun_at_;
  Instant marked_at_;
  bool begun_ = false;
  bool mark_owed_ = false;  ///< a range was read since the last safe point
  bool done_ = false;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t pages_total_ = 0;
  std::uint64_t pages_done_ = 0;
  std::uint64_t pages_done_before_ = 0;
};

/// SQL that holds for the rows of a page that must be read again: their version is newer than the
/// snapshot, or too old to be told from such.
std::string newer_rows(const PgSnapshot& first);
/// SQL that holds for the rows that the snapshot sees; empty where that cannot be told.
std::string seen_rows(const PgSnapshot& first);

}  // namespace cdc::postgres
