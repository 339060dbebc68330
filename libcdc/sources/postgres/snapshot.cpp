#include "libcdc/sources/postgres/snapshot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/base/failpoint.hpp"
#include "libcdc/base/units.hpp"
#include "libcdc/sources/postgres/table_locks.hpp"

namespace cdc::postgres {
namespace {

using std::chrono::duration;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t kBatchBytes = std::size_t{96} * 1024;
constexpr std::size_t kBatchRows = 2048;

/// How long a range should take: short, so that workers wait little for each other at a safe point.
constexpr milliseconds kRangeTime{100};
#ifdef CDCCTL_FAILPOINTS
// Crash tests need many safe points in small tables.
constexpr std::uint64_t kFirstPages = 1;
constexpr std::uint64_t kFewestPages = 1;
constexpr std::uint64_t kMostPages = 1;
#else
constexpr std::uint64_t kFirstPages = 256;
constexpr std::uint64_t kFewestPages = 16;
constexpr std::uint64_t kMostPages = 16384;
#endif
constexpr int kTidRangeScans = 140000;

/// How often a safe point is worth it: alone it costs nothing, several workers wait for each other.
#ifdef CDCCTL_FAILPOINTS
constexpr milliseconds kMarkAlone{0};
constexpr milliseconds kMarkTogether{0};
#else
constexpr milliseconds kMarkAlone{200};
constexpr milliseconds kMarkTogether{1000};
#endif

constexpr milliseconds kRelock{200};
constexpr int kPlanTries = 10;
constexpr const char* kNoSuchTable = "SQLSTATE 42P01";
/// From here on xmin values of long ago look like new ones.
constexpr std::uint64_t kFirstWrap = std::uint64_t{1} << 32U;

double seconds_since(Instant begin) {
  return duration<double>(steady_clock::now() - begin).count();
}

std::string definition_of(const SnapshotTable& table) {
  return table.filter.empty() ? table.columns : table.columns + " WHERE " + table.filter;
}

bool same_tables(const SnapshotPlan& a, const SnapshotPlan& b) {
  return std::equal(a.tables.begin(), a.tables.end(), b.tables.begin(), b.tables.end(),
                    [](const SnapshotTable& x, const SnapshotTable& y) {
                      return x.oid == y.oid && x.sql_name == y.sql_name;
                    });
}

std::uint32_t xid_of(std::uint64_t full) {
  return static_cast<std::uint32_t>(full);
}

}  // namespace

std::string newer_rows(const PgSnapshot& first) {
  return fmt::format("age(xmin) <= age('{}'::xid)", xid_of(first.xmin));
}

std::string seen_rows(const PgSnapshot& first) {
  if (first.xmax >= kFirstWrap) return {};
  std::string sql = fmt::format("xmin::text::bigint < {}", first.xmax);
  if (first.xip.empty()) return sql;
  return sql + fmt::format(" AND xmin::text NOT IN ('{}')", fmt::join(first.xip, "', '"));
}

void wait_until_visible(Connection& plain, const PgSnapshot& first, const Log& log,
                        const Stop& stop) {
  const char* const function =
      plain.server_version() >= 130000 ? "pg_current_snapshot" : "txid_current_snapshot";
  for (Instant next_word = steady_clock::now() + seconds(2);; sleep_for(milliseconds(50), stop)) {
    const Result result =
        plain.run(fmt::format("SELECT {}()", function), "cannot read the snapshot");
    const auto now = parse_snapshot(result.text(0, 0));
    if (!now || std::none_of(now->xip.begin(), now->xip.end(),
                             [&](std::uint64_t xid) { return first.sees(xid); })) {
      return;
    }
    if (steady_clock::now() < next_word) continue;
    log.warning("waiting for a transaction that is in the log and not visible yet",
                "it waits for a synchronous standby: see pg_stat_replication");
    next_word += seconds(10);
  }
}

Snapshot::Snapshot(const Setup& setup)
    : setup_(setup), epoll_(::epoll_create1(EPOLL_CLOEXEC)), pages_at_once_(kFirstPages) {
  if (!epoll_) throw system_error(Fault::internal, "cannot make an epoll descriptor", errno);
  for (std::size_t i = 0; i < std::max<std::size_t>(setup.workers, 1); ++i) {
    workers_.push_back(
        {std::make_unique<SnapshotWorker>(*setup.connection, *setup.log, *setup.stop), {}});
  }
}

Snapshot::~Snapshot() = default;

void Snapshot::lock(Connection& plain, const std::function<SnapshotPlan()>& make_plan) {
  limit_lock_waits(plain);
  for (int tries = 0; tries < kPlanTries; ++tries) {
    read_patiently(plain, "the snapshot", *setup_.log, *setup_.stop, [&] { plan_ = make_plan(); });
    try {
      lock_all(plain);
      SnapshotPlan locked = make_plan();
      const bool same = same_tables(plan_, locked);
      plan_ = std::move(locked);
      if (same) return;
    } catch (const Error& error) {
      // A table was dropped or renamed meanwhile, or is about to be.
      if (error.detail() != kNoSuchTable && error.detail() != kLockNotAvailable) throw;
    }
    unlock_all();
    sleep_for(kRelock, *setup_.stop);
  }
  throw Error(Fault::unavailable, "the tables change faster than they can be locked");
}

/// Each worker holds all locks itself: one that asked for a lock only when it reads a table would
/// wait behind a DDL statement that waits for the others, for ever.
void Snapshot::lock_all(Connection& plain) {
  SnapshotWorker& first = *workers_.front().connection;
  const auto waiting = [&](seconds waited) {
    if (waited != seconds(2) && waited.count() % 10 != 0) return;
    warn_of_lock(plain, "the snapshot",
                 fmt::format("pid = ANY(pg_blocking_pids({}))", first.connection().backend_pid()),
                 *setup_.log);
  };
  while (true) {
    first.lock(plan_.tables, SnapshotWorker::Patience::endless, waiting);
    locked_at_ = steady_clock::now();
    const auto refused = std::find_if(workers_.begin() + 1, workers_.end(), [&](Worker& worker) {
      return !worker.connection->lock(plan_.tables, SnapshotWorker::Patience::none, {});
    });
    has_locks_ = refused == workers_.end();
    if (has_locks_) return;
    setup_.log->info("a statement waits for a lock that the snapshot has: letting it go first");
    unlock_all();
    sleep_for(kRelock, *setup_.stop);
  }
}

void Snapshot::yield_to_waiters(Connection& plain) {
  if (!has_locks_) return;
  std::vector<int> pids;
  for (Worker& worker : workers_) pids.push_back(worker.connection->connection().backend_pid());
  const Result waiting =
      plain.run(fmt::format("SELECT FROM pg_catalog.pg_stat_activity "
                            "WHERE pg_blocking_pids(pid) && '{{{}}}'::int[] LIMIT 1",
                            fmt::join(pids, ",")),
                "cannot read pg_stat_activity");
  if (waiting.rows() == 0) return;
  setup_.log->info("a statement waits for a lock that the snapshot has: letting it go first");
  unlock_all();
}

void Snapshot::unlock_all() {
  has_locks_ = false;
  for (Worker& worker : workers_) worker.connection->unlock();
}

void Snapshot::begin_exported(const std::string& name, std::string start) {
  for (Worker& worker : workers_) worker.connection->import_snapshot(name);
  begin(std::move(start), std::nullopt);
}

void Snapshot::begin_own(std::string start, std::optional<SnapshotState> earlier) {
  const std::string name = workers_.front().connection->export_snapshot();
  for (auto worker = workers_.begin() + 1; worker != workers_.end(); ++worker) {
    worker->connection->import_snapshot(name);
  }
  begin(std::move(start), std::move(earlier));
}

void Snapshot::warn_of_tables_without_key() const {
  std::vector<std::string> names;
  for (const SnapshotTable& table : plan_.tables) {
    if (!table.has_key()) names.push_back(table.name);
  }
  if (names.empty()) return;
  setup_.log->warning(
      fmt::format("the slot is older than the snapshot: rows of tables without a key that were "
                  "inserted since {} come twice: {}",
                  state_.start, fmt::join(names, ", ")),
      "let the snapshot make the slot (--create-slot), or give the tables a key");
}

void Snapshot::begin(std::string start, std::optional<SnapshotState> earlier) {
  read_clock();
  measure();
  state_.start = std::move(start);
  state_.snapshot = workers_.front().connection->current_snapshot();
  state_.id = fmt::format("{}-{}", format_utc_compact(time_), state_.start);
  for (const SnapshotTable& table : plan_.tables) {
    state_.tables.push_back({table.name, table.oid, table.filenode, definition_of(table),
                             table.total_rows, 0, 0, false});
    pages_total_ += std::max<std::uint64_t>(table.pages, 1);
  }
  seen_.assign(plan_.tables.size(), {0, 0});
  filtered_.assign(plan_.tables.size(), false);
  if (earlier) adopt(*earlier);
  const auto first = parse_snapshot(state_.snapshot);
  if (!first) throw Error(Fault::protocol, "the server describes its snapshot in another form");
  first_ = *first;
  const Connection& session = workers_.front().connection->connection();
  if (session.encoding().client_encoding() != "UTF8") {
    encoding_ = session.encoding().client_encoding();
  }
  begun_at_ = steady_clock::now();
  watch_sockets();
}

/// The rest is read in a later snapshot than what is done. The stream begins before both, so what
/// changed since comes again behind the rows.
void Snapshot::adopt(const SnapshotState& earlier) {
  state_.id = earlier.id;
  state_.snapshot = earlier.snapshot;
  for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
    TableProgress& table = state_.tables[i];
    const auto known =
        std::find_if(earlier.tables.begin(), earlier.tables.end(),
                     [&](const TableProgress& other) { return other.oid == table.oid; });
    if (known == earlier.tables.end()) continue;
    table.rows_processed = known->rows_processed;
    const bool touched = known->is_complete || known->pages_done != 0;
    if (known->filenode != table.filenode || known->definition != table.definition) {
      if (!touched) continue;
      setup_.log->warning(
          fmt::format("table {} was rewritten or redefined since it was read: reading it again",
                      table.table),
          plan_.tables[i].has_key() ? "" : "it has no key: its rows come twice");
      continue;
    }
    filtered_[i] = !plan_.tables[i].has_key();
    table.pages_done = known->pages_done;
    table.is_complete = known->is_complete;
    seen_[i].to = known->is_complete ? kLastPage : known->pages_done;
    pages_done_before_ +=
        known->is_complete ? std::max<std::uint64_t>(plan_.tables[i].pages, 1) : known->pages_done;
  }
  pages_done_ = pages_done_before_;
}

void Snapshot::read_clock() {
  const Result result = workers_.front().connection->connection().run(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
      "cannot read the server's clock");
  time_ = result.number(0, 0);
}

/// In the transaction that has the locks: another session might wait behind one that waits for us.
void Snapshot::measure() {
  std::vector<std::uint32_t> oids;
  for (const SnapshotTable& table : plan_.tables) oids.push_back(table.oid);
  const Result sizes = workers_.front().connection->connection().run(
      fmt::format(
          "SELECT pg_relation_size(oid::oid) "
          "FROM unnest('{{{}}}'::bigint[]) WITH ORDINALITY AS t (oid, place) ORDER BY place",
          fmt::join(oids, ",")),
      "cannot read the sizes of the tables");
  for (int row = 0; row < sizes.rows(); ++row) {
    plan_.tables[static_cast<std::size_t>(row)].pages =
        static_cast<std::uint64_t>(sizes.number(row, 0)) / plan_.page_size;
  }
}

void Snapshot::watch_sockets() {
  for (Worker& worker : workers_) {
    epoll_event event{};
    event.events = EPOLLIN;
    const int socket = worker.connection->socket();
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) != 0) {
      throw system_error(Fault::internal, "cannot watch a connection", errno);
    }
  }
}

std::size_t Snapshot::busy_workers() const {
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(),
                    [](const Worker& worker) { return worker.connection->is_copying(); }));
}

Next Snapshot::poll(Batch& batch) {
  id_in_batch_ = batch.arena().copy(state_.id);
  start_in_batch_ = batch.arena().copy(state_.start);
  if (!begun_) {
    // Where it all begins, to be remembered before the first row is out.
    begun_ = true;
    mark(batch, steady_clock::now());
    return {Next::Kind::poll, {}};
  }
  if (!hand_out(batch)) return {Next::Kind::poll, {}};
  const std::size_t most = kBatchBytes / workers_.size();
  bool more = false;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = workers_[(first_worker_ + i) % workers_.size()];
    if (!worker.connection->is_copying()) {
      worker.connection->check_alive();
      continue;
    }
    const std::size_t taken = take_rows(worker, most, batch);
    more = more || taken >= most || !worker.connection->is_copying();
  }
  first_worker_ = (first_worker_ + 1) % workers_.size();
  return {more || batch.changes().size() >= kBatchRows ? Next::Kind::poll : Next::Kind::wait, {}};
}

/// Gives work to workers that have none, and marks a safe point where it is time and no range is
/// half read. False where all is done.
bool Snapshot::hand_out(Batch& batch) {
  const Instant now = steady_clock::now();
  const milliseconds interval = workers_.size() == 1 ? kMarkAlone : kMarkTogether;
  const bool due = mark_owed_ && now - marked_at_ >= interval;
  const std::size_t busy = busy_workers();
  if (due && busy != 0) return true;
  if (due) mark(batch, now);
  for (Worker& worker : workers_) {
    if (worker.connection->is_copying()) continue;
    const auto task = next_task();
    if (task) begin_task(worker, *task);
  }
  if (busy_workers() != 0) return true;
  finish(batch);
  return false;
}

std::optional<Snapshot::Task> Snapshot::next_task() {
  while (phase_ != Phase::over) {
    for (; table_ < plan_.tables.size(); ++table_, page_ = 0) {
      if (phase_ == Phase::rest) page_ = std::max(page_, seen_[table_].to);
      if (phase_ == Phase::catch_up && !plan_.tables[table_].has_key()) continue;
      const std::uint64_t end = phase_ == Phase::rest ? kLastPage : seen_[table_].to;
      if (page_ >= end) continue;
      Task task{table_, next_range(table_), {}};
      task.range.to = std::min(task.range.to, end);
      page_ = task.range.to;
      return task;
    }
    phase_ = phase_ == Phase::rest ? Phase::catch_up : Phase::over;
    table_ = 0;
    page_ = 0;
  }
  return std::nullopt;
}

/// The last range of a table is open: it may have grown since its size was asked for.
PageRange Snapshot::next_range(std::size_t table) {
  const bool scans_ranges =
      workers_.front().connection->connection().server_version() >= kTidRangeScans;
  const std::uint64_t pages = plan_.tables[table].pages;
  // What is left is worth a range of its own, or comes along.
  const bool last = page_ + pages_at_once_ + pages_at_once_ / 2 >= pages;
  return {page_, last || !scans_ranges ? kLastPage : page_ + pages_at_once_};
}

std::string Snapshot::condition(std::size_t table) const {
  if (phase_ == Phase::catch_up) return newer_rows(first_);
  return filtered_[table] ? seen_rows(first_) : std::string();
}

void Snapshot::begin_task(Worker& worker, const Task& task) {
  worker.task = task;
  worker.task.begun = steady_clock::now();
  const SnapshotTable& table = plan_.tables[task.table];
  worker.connection->begin_copy(copy_statement(table, task.range, condition(task.table), encoding_),
                                fmt::format("cannot read table {}", table.name));
}

void Snapshot::end_task(Worker& worker) {
  const Task& task = worker.task;
  mark_owed_ = true;
  const auto taken = steady_clock::now() - worker.task.begun;
  if (taken < kRangeTime / 2) pages_at_once_ = std::min(pages_at_once_ * 2, kMostPages);
  if (taken > kRangeTime * 2) pages_at_once_ = std::max(pages_at_once_ / 2, kFewestPages);
  TableProgress& progress = state_.tables[task.table];
  // Behind what is done already lie only the ranges of the catch-up.
  if (task.range.from < seen_[task.table].to) return;
  const std::uint64_t pages = std::max<std::uint64_t>(plan_.tables[task.table].pages, 1);
  const std::uint64_t end = std::min(task.range.to, pages);
  pages_done_ += end > task.range.from ? end - task.range.from : 0;
  if (task.range.to == kLastPage) {
    progress.is_complete = true;
  } else {
    progress.pages_done = std::max(progress.pages_done, task.range.to);
  }
}

std::size_t Snapshot::take_rows(Worker& worker, std::size_t most, Batch& batch) {
  std::size_t bytes = 0;
  std::uint64_t rows = 0;
  while (bytes < most && batch.changes().size() < kBatchRows) {
    std::string_view row;
    const SnapshotWorker::Got got = worker.connection->next(row);
    if (got == SnapshotWorker::Got::nothing) break;
    if (got == SnapshotWorker::Got::end) {
      end_task(worker);
      break;
    }
    add_row(worker.task, row, batch);
    bytes += row.size() + 1;
    ++rows;
  }
  state_.tables[worker.task.table].rows_processed += rows;
  rows_ += rows;
  bytes_ += bytes;
  return bytes;
}

void Snapshot::add_row(const Task& task, std::string_view row, Batch& batch) {
  const SnapshotTable& table = plan_.tables[task.table];
  if (setup_.selection->ops.has(Op::schema)) add_schema(table, batch);
  // The values point into this copy and are changed in place there.
  char* const bytes = batch.arena().allocate(row.size());
  std::copy(row.begin(), row.end(), bytes);
  cells_.resize(table.copied.size());
  if (!split_copy_row(bytes, row.size(), cells_)) {
    throw Error(Fault::protocol, fmt::format("COPY sent a row of table {} in a form that is not "
                                             "its own text format",
                                             table.name))
        .with_hint("nothing was skipped; please report it with the server's version");
  }
  const TextEncoding& encoding = workers_.front().connection->connection().encoding();
  const std::size_t columns = table.table->columns.size();
  auto* const values = batch.arena().array<Value>(columns);
  if (columns != cells_.size()) std::fill_n(values, columns, Value());
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const CopyCell& cell = cells_[i];
    values[table.copied[i]] =
        cell.text == nullptr
            ? Value(ValueKind::null)
            : decode_text(table.types[i], cell.text, cell.size, encoding, batch.arena());
  }
  Change change;
  change.op = Op::read;
  change.table = table.table.get();
  change.key = change.after = values;
  change.resume = start_in_batch_;
  change.snapshot = id_in_batch_;
  change.time = time_;
  batch.keep(table.table);
  batch.add(change);
}

void Snapshot::add_schema(const SnapshotTable& table, Batch& batch) {
  if (!schemas_told_.insert(table.table.get()).second) return;
  Change change;
  change.op = Op::schema;
  change.table = table.table.get();
  change.resume = start_in_batch_;
  change.snapshot = id_in_batch_;
  change.time = time_;
  batch.keep(table.table);
  batch.add(change);
}

void Snapshot::finish(Batch& batch) {
  failpoint("snapshot_read");
  done_ = true;
  batch.mark(start_in_batch_, 0);
  setup_.log->info(
      fmt::format("read {} rows ({}) of {} tables in {:.1f} s; the locks were held for {:.1f} s",
                  rows_, format_size(bytes_), plan_.tables.size(), seconds_since(begun_at_),
                  seconds_since(locked_at_)));
  for (Worker& worker : workers_) worker.connection->unlock();
}

void Snapshot::mark(Batch& batch, Instant now) {
  failpoint("snapshot_marked");
  mark_owed_ = false;
  marked_at_ = now;
  batch.mark(start_in_batch_, 0, std::make_shared<const std::string>(to_json_text(state_)));
}

SnapshotStatus Snapshot::status() const {
  return {rows_, bytes_, pages_done_ * plan_.page_size, pages_total_ * plan_.page_size,
          pages_done_before_ * plan_.page_size};
}

}  // namespace cdc::postgres
