#include "libcdc/sources/postgres/snapshot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/base/failpoint.hpp"
#include "libcdc/base/units.hpp"

namespace cdc::postgres {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kBatchBytes = std::size_t{96} * 1024;
constexpr std::size_t kBatchRows = 512;

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

/// From here on xmin values of long ago look like new ones.
constexpr std::uint64_t kFirstWrap = std::uint64_t{1} << 32U;

double seconds_since(Instant begin) {
  return duration<double>(steady_clock::now() - begin).count();
}

std::string definition_of(const SnapshotTable& table) {
  return table.filter.empty() ? table.columns : table.columns + " WHERE " + table.filter;
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

Snapshot::Snapshot(std::unique_ptr<SnapshotSessions> sessions, SnapshotPlan plan,
                   const Selection& selection, const Log& log)
    : selection_(selection),
      log_(log),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      sessions_(std::move(sessions)),
      plan_(std::move(plan)),
      pages_at_once_(kFirstPages) {
  if (!epoll_) throw system_error(Fault::internal, "cannot make an epoll descriptor", errno);
  for (const auto& session : sessions_->all()) workers_.push_back({session.get(), {}});
}

Snapshot::~Snapshot() = default;

void Snapshot::begin_exported(const std::string& name, std::string start) {
  sessions_->import_snapshot(name);
  begin(std::move(start), std::nullopt);
}

void Snapshot::begin_own(std::string start, std::optional<SnapshotState> earlier) {
  sessions_->share_snapshot();
  begin(std::move(start), std::move(earlier));
}

void Snapshot::warn_of_tables_without_key() const {
  std::vector<std::string> names;
  for (const SnapshotTable& table : plan_.tables) {
    if (!table.has_key()) names.push_back(table.name);
  }
  if (names.empty()) return;
  log_.warning(
      fmt::format("the slot is older than the snapshot: rows of tables without a key that were "
                  "inserted since {} come twice: {}",
                  state_.start, fmt::join(names, ", ")),
      "let the snapshot make the slot (--create-slot), or give the tables a key");
}

void Snapshot::begin(std::string start, std::optional<SnapshotState> earlier) {
  read_clock();
  measure();
  state_.start = std::move(start);
  state_.snapshot = sessions_->first().current_snapshot();
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
  const Connection& session = sessions_->first().connection();
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
    const bool keyless = !plan_.tables[i].has_key();
    if (known == earlier.tables.end()) {
      // What it had before it was published comes from here only.
      if (keyless) warn_of_repeats(table, "is new in this snapshot");
      continue;
    }
    table.rows_processed = known->rows_processed;
    const bool rewritten = known->filenode != table.filenode;
    filtered_[i] = keyless && !rewritten;
    if (rewritten || known->definition != table.definition) {
      const bool touched = known->is_complete || known->pages_done != 0;
      if (keyless && (touched || rewritten)) {
        warn_of_repeats(table, "was rewritten or redefined");
      } else if (touched) {
        log_.warning(
            fmt::format("table {} was rewritten or redefined since it was read: reading it again",
                        table.table));
      }
      continue;
    }
    table.pages_done = known->pages_done;
    table.is_complete = known->is_complete;
    seen_[i].to = known->is_complete ? kLastPage : known->pages_done;
    pages_done_before_ +=
        known->is_complete ? std::max<std::uint64_t>(plan_.tables[i].pages, 1) : known->pages_done;
  }
  pages_done_ = pages_done_before_;
}

void Snapshot::warn_of_repeats(const TableProgress& table, const char* why) const {
  log_.warning(
      fmt::format("table {} {} since the snapshot began: reading all of it", table.table, why),
      "it has no key to fold by: rows that changed or were read since then come twice");
}

void Snapshot::read_clock() {
  const Result result = sessions_->first().connection().run(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
      "cannot read the server's clock");
  time_ = result.number(0, 0);
}

/// In the transaction that has the locks: another session might wait behind one that waits for us.
void Snapshot::measure() {
  std::vector<std::uint32_t> oids;
  for (const SnapshotTable& table : plan_.tables) oids.push_back(table.oid);
  const Result sizes = sessions_->first().connection().run(
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
  const bool scans_ranges = sessions_->first().connection().server_version() >= kTidRangeScans;
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
  const SnapshotTable& table = plan_.tables[worker.task.table];
  Change change;
  change.op = Op::read;
  change.table = table.table.get();
  change.resume = start_in_batch_;
  change.snapshot = id_in_batch_;
  change.time = time_;
  cells_.resize(table.copied.size());
  while (bytes < most && batch.changes().size() < kBatchRows) {
    std::string_view row;
    const SnapshotWorker::Got got = worker.connection->next(row);
    if (got == SnapshotWorker::Got::nothing) break;
    if (got == SnapshotWorker::Got::end) {
      end_task(worker);
      break;
    }
    if (rows == 0) {
      batch.keep(table.table);
      if (selection_.ops.has(Op::schema)) add_schema(table, batch);
    }
    add_row(table, row, change, batch);
    bytes += row.size() + 1;
    ++rows;
  }
  state_.tables[worker.task.table].rows_processed += rows;
  rows_ += rows;
  bytes_ += bytes;
  return bytes;
}

void Snapshot::add_row(const SnapshotTable& table, std::string_view row, Change& change,
                       Batch& batch) {
  // The values point into this copy and are changed in place there.
  char* const bytes = batch.arena().allocate(row.size());
  std::memcpy(bytes, row.data(), row.size());
  if (!split_copy_row(bytes, row.size(), cells_)) {
    throw Error(Fault::protocol, fmt::format("COPY sent a row of table {} in a form that is not "
                                             "its own text format",
                                             table.name))
        .with_hint("nothing was skipped; please report it with the server's version");
  }
  const TextEncoding& encoding = sessions_->first().connection().encoding();
  const std::size_t columns = table.table->columns.size();
  auto* const values = batch.arena().array<Value>(columns);
  if (columns != cells_.size()) std::fill_n(values, columns, Value());
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const CopyCell& cell = cells_[i];
    void* const place = values + table.copied[i];
    if (cell.text == nullptr) {
      new (place) Value(ValueKind::null);
    } else {
      new (place) Value(decode_text(table.types[i], cell.text, cell.size, encoding, batch.arena()));
    }
  }
  Change& added = batch.add(change);
  added.key = added.after = values;
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
  log_.info(
      fmt::format("read {} rows ({}) of {} tables in {:.1f} s; the locks were held for {:.1f} s",
                  rows_, format_size(bytes_), plan_.tables.size(), seconds_since(begun_at_),
                  seconds_since(sessions_->locked_at())));
  sessions_->unlock();
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
