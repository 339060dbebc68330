#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libcdc/base/clock.hpp"
#include "libcdc/sources/postgres/snapshot_plan.hpp"
#include "libcdc/sources/postgres/snapshot_progress.hpp"
#include "libcdc/sources/postgres/snapshot_worker.hpp"

namespace cdc::postgres {

/// The connections that read a snapshot: they lock its tables first, and see one moment then.
class SnapshotSessions {
 public:
  /// Connects this many, at least one. What is given outlives it.
  SnapshotSessions(const ConnectionSettings& settings, std::size_t count, const Log& log,
                   const Stop& stop);

  /// Locks the tables of the plan that `make_plan` gives, before the snapshot is taken; the plan is
  /// made again under the locks, until it stays. Says what it waits for, as `plain` sees it.
  SnapshotPlan lock(Connection& plain, const std::function<SnapshotPlan()>& make_plan);

  /// Lets the locks go where a session waits for them. A statement that waits for such a lock is a
  /// transaction already, and a new slot waits for all of these: neither would ever come on.
  void yield_to_waiters(Connection& plain);
  bool has_locks() const { return has_locks_; }
  Instant locked_at() const { return locked_at_; }

  /// All see what another session exports as `name`.
  void import_snapshot(const std::string& name);
  /// All see what the first one sees now.
  void share_snapshot();

  /// Ends the transactions, and with them the locks.
  void unlock();

  SnapshotWorker& first() { return *workers_.front(); }
  const std::vector<std::unique_ptr<SnapshotWorker>>& all() const { return workers_; }

 private:
  void lock_all(const SnapshotPlan& plan, Connection& plain);

  const Log& log_;
  const Stop& stop_;
  std::vector<std::unique_ptr<SnapshotWorker>> workers_;
  Instant locked_at_;
  bool has_locks_ = false;
};

/// Waits until the transactions that may have committed in the log already are visible to new
/// snapshots: one that waits for a synchronous standby is in the log, and may be before a slot's
/// position, long before others see it. Says what it waits for.
void wait_for_commits(Connection& plain, const Log& log, const Stop& stop);

/// Waits until all that `first` sees is visible to new snapshots. Says what it waits for.
void wait_until_visible(Connection& plain, const PgSnapshot& first, const Log& log,
                        const Stop& stop);

}  // namespace cdc::postgres
