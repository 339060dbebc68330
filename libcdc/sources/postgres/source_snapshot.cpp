#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/flow/stop.hpp"
#include "libcdc/sources/postgres/publication.hpp"
#include "libcdc/sources/postgres/slot.hpp"
#include "libcdc/sources/postgres/source.hpp"

/// How PostgresSource takes a snapshot before it streams.
namespace cdc::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kSlotPatience{2};
constexpr milliseconds kSlotPause{100};
constexpr int kSlotTries = 10;

/// Whether what the finding says means that changes are gone.
bool is_loss(const Finding& finding) {
  return finding.code == "slot_missing" || finding.code == "slot_lost" ||
         finding.code == "slot_ahead";
}

Error unfinished_snapshot() {
  return Error(Fault::state, "a snapshot was interrupted: rows are missing before the changes")
      .with_hint("--snapshot initial goes on with it");
}

Error lost_export() {
  return Error(Fault::state,
               "the connection was lost in the middle of a snapshot that has no slot: the rest "
               "cannot be read as of the same moment")
      .with_hint(
          "start again; with --slot NAME --create-slot --checkpoint DIR a snapshot goes on where "
          "it was interrupted");
}

Error no_selection() {
  return Error(Fault::usage, "--snapshot only without a slot needs --tables or --publication")
      .with_hint("name what to read: --tables public.orders, or --tables 'public.*'");
}

/// The end of the log, whoever asks: a snapshot that is taken later sees all that is before it.
std::string log_end(Connection& plain) {
  return plain
      .run(
          "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
          "ELSE pg_current_wal_insert_lsn() END",
          "cannot read the end of the server's log")
      .string(0, 0);
}

}  // namespace

/// True where rows are all that is wanted, and nobody goes on from their position: neither a slot
/// nor the right to replicate is needed.
bool PostgresSource::only_exports() const {
  return request_.snapshot.mode == SnapshotMode::only && options_.temporary;
}

void PostgresSource::start_export() {
  if (started_before_) throw lost_export();
  if (options_.publications.empty() && request_.selection.tables.empty()) throw no_selection();
  Connection plain(request_.connection, Connection::Kind::plain, *request_.log, *request_.stop);
  if (!options_.publications.empty()) {
    check_coverage(plain, options_.publications, request_.selection, *request_.log);
  }
  Snapshot& snapshot = take_snapshot(lock_tables(plain));
  snapshot.begin_own(log_end(plain), std::nullopt);
  started_before_ = true;
}

/// Where changes are gone and a snapshot may stand in for them, all begins anew.
ResumePoint PostgresSource::without_lost_slot(Connection& plain, const ResumePoint& point,
                                              const ServerIdentity& found,
                                              std::optional<Lsn> switched_at) {
  if (request_.snapshot.mode != SnapshotMode::when_needed || options_.temporary) return point;
  const std::optional<Slot> slot = find_slot(plain, options_.slot);
  std::vector<Finding> findings;
  if (const auto position = parse_lsn(point.position)) {
    findings = find_divergence(options_.slot, slot, *position, found.wal_end, switched_at,
                               inside_of(point));
  }
  const bool lost = slot && is_lost(*slot);
  if (!lost && (findings.empty() || !is_loss(findings.front()))) return point;
  if ((!slot || lost) && !options_.create_slot) {
    throw Error(Fault::state, fmt::format("replication slot '{}' {}: a snapshot is needed",
                                          options_.slot, lost ? "is lost" : "does not exist"))
        .with_hint("--create-slot makes a new one for it");
  }
  request_.log->warning(
      findings.empty() ? fmt::format("replication slot '{}' is lost", options_.slot)
                       : findings.front().sentence,
      "changes are gone: all tables are read again; rows that were deleted meanwhile are not told");
  if (lost) drop_slot(plain, options_.slot);
  return {};
}

bool PostgresSource::takes_snapshot(const ResumePoint& after) const {
  if (request_.snapshot.mode != SnapshotMode::never) {
    return after.snapshot || after.position.empty();
  }
  if (after.snapshot) throw unfinished_snapshot();
  return false;
}

/// The order matters: locks, slot, snapshot. What commits before the slot's position is in the
/// rows, what commits behind it in the stream.
void PostgresSource::start_snapshot(Connection& plain, const ResumePoint& after,
                                    const ServerIdentity& found, std::optional<Lsn> switched_at) {
  std::optional<SnapshotState> earlier;
  if (after.snapshot) earlier = parse_snapshot_state(*after.snapshot);
  const std::optional<Slot> slot = find_usable_slot(plain, after, found, switched_at);
  if (slot) {
    read_at_slot(plain, std::move(earlier));
  } else {
    read_at_new_slot(plain);
  }
  seen_ = parse_lsn(snapshot_->start()).value_or(0);
  request_.log->info(
      fmt::format("reading the rows of the tables; changes follow from {} on", snapshot_->start()));
}

SnapshotPlan PostgresSource::lock_tables(Connection& plain) {
  snapshot_sessions_ = std::make_unique<SnapshotSessions>(
      request_.connection, request_.snapshot.parallel, *request_.log, *request_.stop);
  const SnapshotRequest tables{options_.publications, &request_.selection,
                               request_.snapshot.tables};
  return snapshot_sessions_->lock(plain, [&] { return plan_snapshot(plain, catalog_, tables); });
}

/// Of what is locked.
Snapshot& PostgresSource::take_snapshot(SnapshotPlan plan) {
  snapshot_ = std::make_unique<Snapshot>(std::move(snapshot_sessions_), std::move(plan),
                                         request_.selection, *request_.log);
  return *snapshot_;
}

void PostgresSource::read_at_new_slot(Connection& plain) {
  for (int tries = 0; tries < kSlotTries; ++tries) {
    SnapshotPlan plan = lock_tables(plain);
    const NewSlot made = create_slot(plain, true);
    if (snapshot_sessions_->has_locks()) {
      return take_snapshot(std::move(plan)).begin_exported(made.snapshot, format_lsn(made.point));
    }
    // Without the locks a table may have been emptied under it.
    connection_->run("DROP_REPLICATION_SLOT " + quote_identifier(options_.slot),
                     fmt::format("cannot drop replication slot '{}'", options_.slot));
  }
  throw Error(Fault::refused,
              "no slot could be made under the locks of the snapshot: other "
              "statements always waited for them")
      .with_hint("start again when ALTER, TRUNCATE, VACUUM FULL and the like do not run");
}

/// The slot is older than the snapshot that is taken now: the stream repeats what changed between
/// them, behind the rows. What the stream does not send any more has to be visible, and that is
/// waited for without locks: a transaction that waits for one of them is not committing.
void PostgresSource::read_at_slot(Connection& plain, std::optional<SnapshotState> earlier) {
  const Slot slot = await_free_slot(plain);
  if (!earlier) {
    wait_for_commits(plain, *request_.log, *request_.stop);
    Snapshot& snapshot = take_snapshot(lock_tables(plain));
    snapshot.begin_own(format_lsn(slot.confirmed_flush_lsn.value_or(0)), std::nullopt);
    snapshot.warn_of_tables_without_key();
    return;
  }
  request_.log->info(fmt::format("going on with snapshot {}", earlier->id));
  if (const auto first = parse_snapshot(earlier->snapshot)) {
    wait_until_visible(plain, *first, *request_.log, *request_.stop);
  }
  std::string start = earlier->start;
  take_snapshot(lock_tables(plain)).begin_own(std::move(start), std::move(earlier));
}

/// Better now than behind all rows. The server may not have noticed yet that the last client of
/// this slot is gone, and that one may still move it.
Slot PostgresSource::await_free_slot(Connection& plain) {
  const auto deadline = steady_clock::now() + kSlotPatience;
  while (true) {
    std::optional<Slot> slot = find_slot(plain, options_.slot);
    if (!slot) {
      throw Error(Fault::state, fmt::format("replication slot '{}' is gone", options_.slot))
          .with_hint("somebody dropped it just now: start again");
    }
    if (!slot->active) return std::move(*slot);
    if (steady_clock::now() > deadline) {
      throw Error(Fault::refused, fmt::format("replication slot '{}' is active for PID {}",
                                              options_.slot, slot->active_pid))
          .with_hint(
              "find who uses it with cdcctl slot status; a crashed client frees it within "
              "wal_sender_timeout");
    }
    wait_for(-1, 0, steady_clock::now() + kSlotPause, *request_.stop);
  }
}

Next PostgresSource::poll_snapshot(Batch& batch) {
  if (snapshot_->is_done()) return end_snapshot();
  return snapshot_->poll(batch);
}

/// Its last rows were handed out by the poll before.
Next PostgresSource::end_snapshot() {
  const ResumePoint start{snapshot_->start(), std::nullopt};
  snapshot_.reset();
  if (request_.snapshot.mode == SnapshotMode::only) {
    ended_ = true;
    return {Next::Kind::end, {}};
  }
  check_slot_again(start);
  start_stream(start);
  return {Next::Kind::poll, {}};
}

/// Nobody held the slot while the rows were read: another client may have moved it on, and the
/// server would silently begin there.
void PostgresSource::check_slot_again(const ResumePoint& start) {
  if (options_.temporary) return;
  Connection plain(request_.connection, Connection::Kind::plain, *request_.log, *request_.stop);
  find_usable_slot(plain, start, identify(*connection_), std::nullopt);
}

std::optional<SnapshotStatus> PostgresSource::snapshot_status() const {
  if (!snapshot_) return std::nullopt;
  return snapshot_->status();
}

}  // namespace cdc::postgres
