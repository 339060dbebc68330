#include "libcdc/sources/postgres/snapshot_sessions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/postgres/sessions.hpp"
#include "libcdc/sources/postgres/table_locks.hpp"

namespace cdc::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kRelock{200};
constexpr milliseconds kVisiblePause{50};
constexpr int kPlanTries = 10;
constexpr const char* kNoSuchTable = "SQLSTATE 42P01";

/// Sessions that may be between their commit record and its end. One that waits for its client or
/// for a lock is not. COMMIT PREPARED has no xid of its own. What this role may not see of the
/// sessions of others is null.
constexpr std::string_view kCommitting =
    "pid <> pg_backend_pid() AND (wait_event = 'SyncRep' OR backend_xid IS NOT NULL "
    "AND coalesce(state, '') NOT LIKE 'idle%' "
    "AND coalesce(wait_event_type, '') NOT IN ('Client', 'Lock'))";

bool same_tables(const SnapshotPlan& a, const SnapshotPlan& b) {
  return std::equal(a.tables.begin(), a.tables.end(), b.tables.begin(), b.tables.end(),
                    [](const SnapshotTable& x, const SnapshotTable& y) {
                      return x.oid == y.oid && x.sql_name == y.sql_name;
                    });
}

/// The transactions of these sessions.
std::set<std::string> committing(Connection& plain) {
  const Result result =
      plain.run(fmt::format("SELECT concat_ws('/', pid, coalesce(backend_xid::text, "
                            "xact_start::text)) FROM pg_catalog.pg_stat_activity WHERE {}",
                            kCommitting),
                "cannot read pg_stat_activity");
  std::set<std::string> found;
  for (int row = 0; row < result.rows(); ++row) found.insert(result.string(row, 0));
  return found;
}

/// Waits until `is_visible`, which is asked now and then.
void wait_patiently(Connection& plain, const std::function<bool()>& is_visible, const Log& log,
                    const Stop& stop) {
  for (Instant next_word = steady_clock::now() + seconds(2); !is_visible();
       sleep_for(kVisiblePause, stop)) {
    if (steady_clock::now() < next_word) continue;
    log.warning(
        fmt::format("the snapshot waits until what may be in the log is visible: {}",
                    describe_sessions(plain, std::string(kCommitting))),
        "a commit may wait for a synchronous standby: see pg_stat_replication; a long statement "
        "that writes is waited for too");
    next_word += seconds(10);
  }
}

}  // namespace

void wait_for_commits(Connection& plain, const Log& log, const Stop& stop) {
  std::set<std::string> awaited = committing(plain);
  const auto are_visible = [&] {
    const std::set<std::string> now = committing(plain);
    std::erase_if(awaited,
                  [&](const std::string& transaction) { return !now.contains(transaction); });
    return awaited.empty();
  };
  if (!awaited.empty()) wait_patiently(plain, are_visible, log, stop);
}

void wait_until_visible(Connection& plain, const PgSnapshot& first, const Log& log,
                        const Stop& stop) {
  const char* const function =
      plain.server_version() >= 130000 ? "pg_current_snapshot" : "txid_current_snapshot";
  const auto is_visible = [&] {
    const Result result =
        plain.run(fmt::format("SELECT {}()", function), "cannot read the snapshot");
    const auto now = parse_snapshot(result.text(0, 0));
    return !now || std::none_of(now->xip.begin(), now->xip.end(),
                                [&](std::uint64_t xid) { return first.sees(xid); });
  };
  wait_patiently(plain, is_visible, log, stop);
}

SnapshotSessions::SnapshotSessions(const ConnectionSettings& settings, std::size_t count,
                                   const Log& log, const Stop& stop)
    : log_(log), stop_(stop) {
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    workers_.push_back(std::make_unique<SnapshotWorker>(settings, log, stop));
  }
}

SnapshotPlan SnapshotSessions::lock(Connection& plain,
                                    const std::function<SnapshotPlan()>& make_plan) {
  limit_lock_waits(plain);
  for (int tries = 0; tries < kPlanTries; ++tries) {
    SnapshotPlan plan;
    read_patiently(plain, "the snapshot", log_, stop_, [&] { plan = make_plan(); });
    try {
      lock_all(plan, plain);
      SnapshotPlan locked = make_plan();
      if (same_tables(plan, locked)) return locked;
    } catch (const Error& error) {
      // A table was dropped or renamed meanwhile, or is about to be.
      if (error.detail() != kNoSuchTable && error.detail() != kLockNotAvailable) throw;
    }
    unlock();
    sleep_for(kRelock, stop_);
  }
  throw Error(Fault::unavailable, "the tables change faster than they can be locked");
}

/// Each worker holds all locks itself: one that asked for a lock only when it reads a table would
/// wait behind a DDL statement that waits for the others, for ever.
void SnapshotSessions::lock_all(const SnapshotPlan& plan, Connection& plain) {
  const auto waiting = [&](seconds waited) {
    if (waited != seconds(2) && waited.count() % 10 != 0) return;
    warn_of_lock(plain, "the snapshot",
                 fmt::format("pid = ANY(pg_blocking_pids({}))", first().connection().backend_pid()),
                 log_);
  };
  while (true) {
    first().lock(plan.tables, SnapshotWorker::Patience::endless, waiting);
    locked_at_ = steady_clock::now();
    has_locks_ = std::all_of(workers_.begin() + 1, workers_.end(), [&](const auto& worker) {
      return worker->lock(plan.tables, SnapshotWorker::Patience::none, {});
    });
    if (has_locks_) return;
    log_.info("a statement waits for a lock that the snapshot has: letting it go first");
    unlock();
    sleep_for(kRelock, stop_);
  }
}

void SnapshotSessions::yield_to_waiters(Connection& plain) {
  if (!has_locks_) return;
  std::vector<int> pids;
  for (const auto& worker : workers_) pids.push_back(worker->connection().backend_pid());
  const Result waiting =
      plain.run(fmt::format("SELECT FROM pg_catalog.pg_stat_activity "
                            "WHERE pg_blocking_pids(pid) && '{{{}}}'::int[] LIMIT 1",
                            fmt::join(pids, ",")),
                "cannot read pg_stat_activity");
  if (waiting.rows() == 0) return;
  log_.info("a statement waits for a lock that the snapshot has: letting it go first");
  unlock();
}

void SnapshotSessions::import_snapshot(const std::string& name) {
  for (const auto& worker : workers_) worker->import_snapshot(name);
}

void SnapshotSessions::share_snapshot() {
  const std::string name = first().export_snapshot();
  std::for_each(workers_.begin() + 1, workers_.end(),
                [&](const auto& worker) { worker->import_snapshot(name); });
}

void SnapshotSessions::unlock() {
  has_locks_ = false;
  for (const auto& worker : workers_) worker->unlock();
}

}  // namespace cdc::postgres
