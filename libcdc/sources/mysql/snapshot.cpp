#include "libcdc/sources/mysql/snapshot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/base/failpoint.hpp"
#include "libcdc/base/units.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"
#include "libcdc/sources/mysql/sent_value.hpp"

namespace cdc::mysql {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

#ifdef CDCCTL_FAILPOINTS
// Crash tests need many safe points in small tables.
constexpr std::size_t kBatchBytes = 300;
constexpr milliseconds kMarkInterval{0};
#else
constexpr std::size_t kBatchBytes = std::size_t{96} * 1024;
constexpr milliseconds kMarkInterval{200};
#endif
constexpr std::size_t kBatchRows = 2048;

constexpr unsigned kUnknownColumn = 1054;
constexpr unsigned kUnknownTable = 1146;
constexpr unsigned kNoSuchKey = 1176;
constexpr unsigned kTableChanged = 1412;

/// Whether it means that the table is not the one that was planned, or seen.
bool is_other_table(const ServerError& error) {
  constexpr std::array kNumbers = {kUnknownColumn, kUnknownTable, kNoSuchKey, kTableChanged};
  return std::find(kNumbers.begin(), kNumbers.end(), error.number) != kNumbers.end();
}

std::string place_of(const std::string& position) {
  return position.substr(0, position.find(' '));
}

}  // namespace

Snapshot::Snapshot(const Setup& setup, const Server& server, std::vector<SnapshotTable> tables,
                   std::optional<SnapshotState> earlier)
    : setup_(setup),
      flavor_(server.flavor),
      sessions_(setup.sessions),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      tables_(std::move(tables)) {
  if (!epoll_) throw system_error(Fault::internal, "cannot make an epoll descriptor", errno);
  begun_at_ = steady_clock::now();
  open(server, earlier ? &*earlier : nullptr);
  read_clock();
  state_.id = fmt::format("{}-{}", format_utc_compact(time_), place_);
  for (const SnapshotTable& table : tables_) {
    state_.tables.push_back({table.name, table.definition, table.total_rows, 0, {}, false});
  }
  if (earlier) adopt(*earlier);
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (state_.tables[i].is_complete) continue;
    todo_.push_back(i);
    if (!tables_[i].transactional) ++locked_left_;
  }
  warn_of_tables_without_key();
  warn_of_images(server);
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    readers_.push_back({std::make_unique<RowStream>(sessions_.reader(i)), 0, nullptr, false});
  }
}

Snapshot::~Snapshot() = default;

void Snapshot::open(const Server& server, const SnapshotState* earlier) {
  if (earlier != nullptr) {
    sessions_.open_later();
    views_ = Views::later;
    state_.start = earlier->start;
  } else {
    const SnapshotSessions::View view = sessions_.open(server, tables_);
    views_ = view.views;
    state_.start = to_text(view.start);
  }
  place_ = place_of(state_.start);
}

/// The rest is read in a later view than what is done. The stream begins before both, so what
/// changed since comes again behind the rows.
void Snapshot::adopt(const SnapshotState& earlier) {
  state_.id = earlier.id;
  for (const TableProgress& known : earlier.tables) {
    for (std::size_t i = 0; i < state_.tables.size(); ++i) {
      if (state_.tables[i].table == known.table) adopt_table(i, known);
    }
  }
}

void Snapshot::adopt_table(std::size_t table, const TableProgress& known) {
  TableProgress& progress = state_.tables[table];
  progress.rows_processed = known.rows_processed;
  progress.is_complete = known.is_complete;
  if (progress.is_complete) return;
  if (known.definition == progress.definition) {
    progress.cursor = known.cursor;
  } else if (known.rows_processed != 0) {
    setup_.sessions.log->warning(
        fmt::format("table {} was redefined since it was read: reading it again", progress.table));
  }
}

void Snapshot::warn_of_tables_without_key() const {
  if (views_ != Views::later) return;
  std::vector<std::string> names;
  for (const std::size_t i : todo_) {
    if (!tables_[i].has_key()) names.push_back(tables_[i].name);
  }
  if (names.empty()) return;
  setup_.sessions.log->warning(
      fmt::format(
          "the stream begins before the snapshot: what changed since {} in tables without a "
          "primary key comes twice: {}",
          place_, fmt::join(names, ", ")),
      "give them a key; or let the snapshot come to its end in one go, without --lock none at "
      "MySQL");
}

void Snapshot::warn_of_images(const Server& server) const {
  if (views_ == Views::exact || server.row_image == "FULL") return;
  setup_.sessions.log->warning(
      fmt::format("the stream begins before the snapshot, and binlog_row_image is {}: a row whose "
                  "key changed in between may lack the columns that did not",
                  server.row_image),
      "SET GLOBAL binlog_row_image = FULL; or let the snapshot come to its end in one go, with "
      "--lock brief");
}

void Snapshot::read_clock() {
  const std::string micros =
      sessions_.reader(0).value("SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)",
                                "cannot read the server's clock");
  time_ = std::stoll("0" + micros);
}

/// A session that rests may be ended by the server: nobody should wake up for that.
void Snapshot::watch(const Reader& reader, int operation) const {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll_.get(), operation, reader.rows->fd(), &event) != 0) {
    throw system_error(Fault::internal, "cannot watch a connection", errno);
  }
}

bool Snapshot::is_reading() const {
  return std::any_of(readers_.begin(), readers_.end(),
                     [](const Reader& reader) { return reader.rows->is_reading(); });
}

Next Snapshot::poll(Batch& batch) {
  id_in_batch_ = batch.arena().copy(state_.id);
  start_in_batch_ = batch.arena().copy(state_.start);
  place_in_batch_ = start_in_batch_.substr(0, place_.size());
  if (!begun_) {
    // Where it all begins, to be remembered before the first row is out.
    begun_ = true;
    mark(batch);
    return {Next::Kind::poll, {}};
  }
  hand_out();
  if (!is_reading()) {
    finish(batch);
    return {Next::Kind::poll, {}};
  }
  const std::size_t most = kBatchBytes / readers_.size();
  bool more = false;
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    if (!readers_[i].rows->is_reading()) continue;
    more = take_rows(i, most, batch) >= most || !readers_[i].rows->is_reading() || more;
  }
  remember_cursors();
  if (may_mark()) mark(batch);
  return {more || batch.changes().size() >= kBatchRows ? Next::Kind::poll : Next::Kind::wait, {}};
}

/// Gives tables to the readers that have none.
void Snapshot::hand_out() {
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    while (!readers_[i].rows->is_reading()) {
      if (const auto table = next_table(i)) {
        begin_table(i, *table);
      } else if (!begin_again(i)) {
        break;
      }
    }
  }
}

std::optional<std::size_t> Snapshot::next_table(std::size_t reader) {
  const auto found = std::find_if(todo_.begin(), todo_.end(), [&](std::size_t table) {
    return reader == 0 || views_ != Views::first_exact || tables_[table].has_key();
  });
  if (found == todo_.end()) return std::nullopt;
  const std::size_t table = *found;
  todo_.erase(found);
  return table;
}

/// When nothing is left that is to be read in the view of the beginning: a table that changed since
/// is read in a view of now. What happened to it in between comes again in the stream.
bool Snapshot::begin_again(std::size_t reader) {
  if (again_.empty() || !todo_.empty()) return false;
  const std::size_t table = again_.front();
  again_.pop_front();
  sessions_.renew(reader);
  const auto now = plan_again(tables_[table], *setup_.catalog, flavor_, *setup_.selection);
  if (!now) {
    setup_.sessions.log->warning(fmt::format(
        "table {} is gone since the snapshot began: its rows are not read", tables_[table].name));
    state_.tables[table].is_complete = true;
    return true;
  }
  setup_.sessions.log->info(fmt::format(
      "table {} changed after the snapshot began: reading it as it is now", tables_[table].name));
  tables_[table] = *now;
  state_.tables[table].definition = now->definition;
  state_.tables[table].cursor.clear();
  begin_table(reader, table);
  return true;
}

void Snapshot::begin_table(std::size_t reader, std::size_t table) {
  Reader& self = readers_[reader];
  self.table = table;
  self.checked = false;
  self.rows->begin(select_statement(tables_[table], state_.tables[table].cursor),
                   fmt::format("cannot read table {}", tables_[table].name));
  watch(self, EPOLL_CTL_ADD);
}

std::size_t Snapshot::take_rows(std::size_t reader, std::size_t most, Batch& batch) {
  Reader& self = readers_[reader];
  std::size_t bytes = 0;
  std::uint64_t rows = 0;
  while (bytes < most && batch.changes().size() < kBatchRows) {
    std::string_view row;
    const RowStream::Got got = self.rows->next(row);
    if (got == RowStream::Got::nothing) break;
    if (got == RowStream::Got::failed) {
      on_failure(reader);
      break;
    }
    if (got == RowStream::Got::end) {
      end_table(reader);
      break;
    }
    add_row(self, row, batch);
    self.last = batch.changes().back().after;
    bytes += row.size() + 1;
    ++rows;
  }
  mark_owed_ = mark_owed_ || rows != 0 || !self.rows->is_reading();
  state_.tables[self.table].rows_processed += rows;
  rows_ += rows;
  bytes_ += bytes;
  return bytes;
}

void Snapshot::end_table(std::size_t reader) {
  const std::size_t table = readers_[reader].table;
  watch(readers_[reader], EPOLL_CTL_DEL);
  state_.tables[table].is_complete = true;
  sessions_.let_go_of_tables(reader);
  if (!tables_[table].transactional && --locked_left_ == 0) sessions_.unlock();
}

void Snapshot::on_failure(std::size_t reader) {
  const RowStream& rows = *readers_[reader].rows;
  const std::size_t table = readers_[reader].table;
  if (!is_other_table(rows.failure())) {
    throw to_error(rows.failure(), fmt::format("cannot read table {}", tables_[table].name));
  }
  watch(readers_[reader], EPOLL_CTL_DEL);
  again_.push_back(table);
}

/// The statement names its columns, but their types may not be those of the plan any more.
void Snapshot::check(Reader& reader) const {
  if (std::exchange(reader.checked, true)) return;
  const SnapshotTable& table = tables_[reader.table];
  const std::vector<SentColumn>& columns = reader.rows->columns();
  const bool as_planned =
      std::equal(columns.begin(), columns.end(), table.read.begin(), table.read.end(),
                 [&](const SentColumn& sent, std::size_t index) {
                   return fits(sent, table.layout.formats[index]);
                 });
  if (as_planned) return;
  const auto now = plan_again(table, *setup_.catalog, flavor_, *setup_.selection);
  if (now && now->definition == table.definition) {
    throw Error(Fault::protocol,
                fmt::format("the rows of table {} are not what its columns are", table.name))
        .with_hint("nothing was skipped; please report it with the server's version");
  }
  throw Error(Fault::unavailable,
              fmt::format("table {} was altered while the snapshot began", table.name));
}

const Value* Snapshot::read_row(const SnapshotTable& table, std::string_view row,
                                Arena& arena) const {
  const std::size_t columns = table.layout.formats.size();
  auto* const values = arena.array<Value>(columns);
  if (table.read.size() != columns) std::fill_n(values, columns, Value());
  LittleReader reader(arena.copy(row));
  const std::string_view nulls = reader.bytes(sent_bitmap_size(table.read.size()));
  for (std::size_t i = 0; reader.ok() && i < table.read.size(); ++i) {
    const std::size_t index = table.read[i];
    values[index] = is_sent_null(nulls, i)
                        ? Value(ValueKind::null)
                        : read_sent_value(table.layout.formats[index], reader, arena);
  }
  if (reader.ok() && reader.remaining() == 0) return values;
  throw Error(Fault::protocol, fmt::format("a row of table {} has a form that is not known at "
                                           "byte {}",
                                           table.name, reader.offset()))
      .with_hint("nothing was skipped; please report it with the server's version");
}

void Snapshot::add_row(Reader& reader, std::string_view row, Batch& batch) {
  const SnapshotTable& table = tables_[reader.table];
  check(reader);
  if (setup_.selection->ops.has(Op::schema) &&
      schemas_told_.insert(table.layout.table.get()).second) {
    batch.add(change(Op::schema, table, batch));
  }
  Change read = change(Op::read, table, batch);
  read.key = read.after = read_row(table, row, batch.arena());
  batch.add(read);
}

Change Snapshot::change(Op op, const SnapshotTable& table, Batch& batch) const {
  batch.keep(table.layout.table);
  Change change;
  change.op = op;
  change.table = table.layout.table.get();
  change.resume = place_in_batch_;
  change.snapshot = id_in_batch_;
  change.time = time_;
  return change;
}

/// While the rows of this poll are still there.
void Snapshot::remember_cursors() {
  for (Reader& reader : readers_) {
    if (reader.last == nullptr) continue;
    if (auto cursor = cursor_of(tables_[reader.table], reader.last)) {
      state_.tables[reader.table].cursor = std::move(*cursor);
    }
    reader.last = nullptr;
  }
}

/// Not in the middle of a table without a key: an output that is cut back to the last safe point
/// has its rows once then.
bool Snapshot::may_mark() const {
  if (!mark_owed_ || steady_clock::now() - marked_at_ < kMarkInterval) return false;
  return std::none_of(readers_.begin(), readers_.end(), [&](const Reader& reader) {
    return reader.rows->is_reading() && !tables_[reader.table].has_key();
  });
}

void Snapshot::mark(Batch& batch) {
  failpoint("snapshot_marked");
  mark_owed_ = false;
  marked_at_ = steady_clock::now();
  batch.mark(start_in_batch_, 0, std::make_shared<const std::string>(to_json_text(state_)));
}

void Snapshot::finish(Batch& batch) {
  failpoint("snapshot_read");
  done_ = true;
  batch.mark(start_in_batch_, 0);
  sessions_.unlock();
  setup_.sessions.log->info(fmt::format(
      "read {} rows ({}) of {} tables in {:.1f} s; tables were locked for {:.3f} s at most", rows_,
      format_size(bytes_), tables_.size(),
      duration<double>(steady_clock::now() - begun_at_).count(),
      duration<double>(sessions_.longest_lock()).count()));
}

SnapshotStatus Snapshot::status() const {
  SnapshotStatus status{rows_, bytes_, 0, 0, 0};
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    const TableProgress& progress = state_.tables[i];
    status.total += tables_[i].bytes;
    const auto rows = static_cast<double>(std::max<std::int64_t>(progress.total_rows, 1));
    const double part = progress.is_complete
                            ? 1.0
                            : std::min(1.0, static_cast<double>(progress.rows_processed) / rows);
    status.done += static_cast<std::uint64_t>(part * static_cast<double>(tables_[i].bytes));
  }
  return status;
}

}  // namespace cdc::mysql
