#include "libcdc/sources/mysql/snapshot_sessions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "libcdc/base/error.hpp"

namespace cdc::mysql {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// While a lock is waited for, writers wait behind it: not for long at a time.
constexpr int kLockPatience = 2;
constexpr milliseconds kLockPause{500};
constexpr seconds kWord{10};
/// How often an XA transaction may be between its preparation and its end.
constexpr int kPreparedTries = 20;
/// How often readers that open their views one after the other may see different moments.
constexpr int kViewTries = 10;

constexpr std::string_view kLockTimeout = "error 1205,";
constexpr std::string_view kDenied[] = {"error 1044,", "error 1142,", "error 1227,"};

bool has_detail(const Error& error, std::string_view begin) {
  return error.detail().starts_with(begin);
}

Error gtids_needed() {
  return Error(
             Fault::refused,
             "--lock none needs GTIDs at MySQL: a place in a file does not tell which transactions "
             "can be seen already")
      .with_hint(
          "--lock brief locks the tables for a moment; or SET GLOBAL gtid_mode = ON, without "
          "--gtid off");
}

Error prepared() {
  return Error(
             Fault::refused,
             "an XA transaction is prepared and has not ended: its rows are in the log before the "
             "snapshot, and not in the snapshot")
      .with_hint("XA RECOVER lists it: commit it or roll it back, and start again");
}

/// Whether there is an XA transaction whose outcome is open. MySQL tells it not to everyone.
bool has_prepared(Connection& session) {
  try {
    return session.run("XA RECOVER", "cannot list XA transactions").rows() != 0;
  } catch (const Error& error) {
    if (error.fault() != Fault::refused) throw;
    return false;
  }
}

std::vector<std::string> names_of(const std::vector<SnapshotTable>& tables, bool transactional) {
  std::vector<std::string> names;
  for (const SnapshotTable& table : tables) {
    if (table.transactional == transactional) names.push_back(table.sql_name);
  }
  return names;
}

/// Rows as they are stored, and no limit of a default's making.
void set_up_reader(Connection& session) {
  const char* const doing = "cannot set up the session";
  session.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", doing);
  session.run("SET SESSION character_set_results = NULL, sql_select_limit = 18446744073709551615",
              doing);
  session.run(session.flavor() == Flavor::mysql ? "SET SESSION max_execution_time = 0"
                                                : "SET SESSION max_statement_time = 0",
              doing);
}

/// MariaDB lets go of a table behind a savepoint only in sessions that write no log. False where
/// the user may not have such a one.
bool set_unlogged(Connection& session) {
  try {
    session.run("SET SESSION sql_log_bin = 0", "cannot set up the session");
    return true;
  } catch (const Error& error) {
    if (error.fault() != Fault::refused) throw;
    return false;
  }
}

BinlogPosition position_of_view(Connection& session) {
  const Result status = session.run("SHOW STATUS LIKE 'binlog\\_snapshot\\_%'",
                                    "cannot ask for the place of the snapshot");
  BinlogPosition position;
  for (std::size_t row = 0; row < status.rows(); ++row) {
    if (status.text(row, 0).ends_with("_file")) position.file = status.string(row, 1);
    if (status.text(row, 0).ends_with("_position")) position.offset = status.number(row, 1);
  }
  return position;
}

}  // namespace

SnapshotSessions::SnapshotSessions(const Setup& setup) : setup_(setup) {
  for (std::size_t i = 0; i < std::max<std::size_t>(setup.readers, 1); ++i) {
    readers_.push_back(connect());
    set_up_reader(*readers_.back());
  }
  const bool lets_go = readers_.front()->flavor() == Flavor::mysql ||
                       std::all_of(readers_.begin(), readers_.end(),
                                   [](const auto& reader) { return set_unlogged(*reader); });
  if (lets_go) return;
  setup.log->info(
      "DDL of a table that is read waits until the snapshot has ended; with GRANT BINLOG ADMIN ON "
      "*.* TO the user it waits for the table alone");
}

std::unique_ptr<Connection> SnapshotSessions::connect() const {
  return std::make_unique<Connection>(*setup_.connection, *setup_.log, *setup_.stop);
}

SnapshotSessions::View SnapshotSessions::open(const Server& server,
                                              const std::vector<SnapshotTable>& tables) {
  const std::vector<std::string> lasting = names_of(tables, false);
  if (!lasting.empty()) {
    setup_.log->warning(
        fmt::format("tables without transactions are locked against writers until they are read: "
                    "{}",
                    fmt::join(lasting, ", ")),
        "leave them out with --snapshot-tables, or give them ENGINE = InnoDB");
    lasting_ = lock(lasting);
  }
  for (int tries = 1;; ++tries) {
    const View view = open_once(server, names_of(tables, true));
    if (!has_prepared(*readers_.front())) return view;
    if (tries == kPreparedTries) throw prepared();
    sleep_for(kLockPause, *setup_.stop);
  }
}

SnapshotSessions::View SnapshotSessions::open_once(const Server& server,
                                                   const std::vector<std::string>& tables) {
  const bool mariadb = server.flavor == Flavor::mariadb;
  const bool brief =
      setup_.lock == LockUse::brief || (setup_.lock == LockUse::automatic && !mariadb);
  if (brief) return open_locked(server, tables);
  if (mariadb) return open_mariadb();
  if (!server.gtids || !setup_.by_gtid) throw gtids_needed();
  return open_between(server);
}

void SnapshotSessions::open_later() {
  for (const auto& reader : readers_) begin_view(*reader);
}

bool SnapshotSessions::try_lock(Connection& session, const std::string& statement) const {
  try {
    session.run(statement, "cannot lock the tables that are to be read");
    return true;
  } catch (const Error& error) {
    if (has_detail(error, kLockTimeout)) return false;
    const bool denied = std::any_of(std::begin(kDenied), std::end(kDenied),
                                    [&](auto number) { return has_detail(error, number); });
    if (!denied) throw;
    throw Error(error.fault(), error.message())
        .with_detail(error.detail())
        .with_hint(
            "GRANT LOCK TABLES, SELECT ON their databases TO the user; --lock none needs no "
            "LOCK TABLES where all tables are InnoDB");
  }
}

SnapshotSessions::Lock SnapshotSessions::lock(const std::vector<std::string>& tables) const {
  Lock lock{connect(), {}};
  lock.session->run(fmt::format("SET SESSION lock_wait_timeout = {}", kLockPatience),
                    "cannot set a timeout");
  const std::string statement = fmt::format("LOCK TABLES {} READ", fmt::join(tables, " READ, "));
  Instant next_word = steady_clock::now();
  while (true) {
    lock.since = steady_clock::now();
    if (try_lock(*lock.session, statement)) return lock;
    if (steady_clock::now() >= next_word) {
      setup_.log->warning(
          "the snapshot waits for the lock of a table that a transaction or a "
          "statement holds",
          "SHOW PROCESSLIST shows who works for long; --lock none does not wait");
      next_word = steady_clock::now() + kWord;
    }
    sleep_for(kLockPause, *setup_.stop);
  }
}

void SnapshotSessions::release(Lock& lock) {
  if (!lock.session) return;
  lock.session->run("UNLOCK TABLES", "cannot unlock the tables");
  longest_ = std::max(longest_, duration_cast<microseconds>(steady_clock::now() - lock.since));
  lock.session.reset();
}

void SnapshotSessions::unlock() {
  release(lasting_);
}

void SnapshotSessions::begin_view(Connection& session) const {
  session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT", "cannot begin the snapshot");
  session.run("SAVEPOINT cdcctl", "cannot begin the snapshot");
}

/// Whoever has written to a table that is locked has ended its transaction whole.
SnapshotSessions::View SnapshotSessions::open_locked(const Server& server,
                                                     const std::vector<std::string>& tables) {
  Lock brief;
  if (!tables.empty()) brief = lock(tables);
  Connection& locker = tables.empty() ? *lasting_.session : *brief.session;
  for (const auto& reader : readers_) begin_view(*reader);
  const View view{end_of_log(locker, server), Views::exact};
  release(brief);
  return view;
}

/// MySQL says which transactions can be seen, not where the first of the others begins: the stream
/// begins with those that could be seen before the views were taken. Nothing is lost, and what came
/// in between comes twice.
SnapshotSessions::View SnapshotSessions::open_between(const Server& server) {
  const ResumePosition before = end_of_log(*readers_.front(), server);
  for (const auto& reader : readers_) begin_view(*reader);
  return {before, Views::later};
}

SnapshotSessions::View SnapshotSessions::open_mariadb() {
  for (int tries = 1;; ++tries) {
    View view = try_open_mariadb();
    if (view.views != Views::exact && tries < kViewTries) continue;
    const BinlogPosition& place = *view.start.binlog;
    const std::string gtids = readers_.front()->value(
        fmt::format("SELECT BINLOG_GTID_POS({}, {})", quote_literal(place.file), place.offset),
        "cannot ask for the GTID position");
    view.start.gtids = MariadbGtidPosition::parse(gtids);
    return view;
  }
}

/// Each view knows its own place; several may be at different ones.
SnapshotSessions::View SnapshotSessions::try_open_mariadb() {
  std::vector<BinlogPosition> places;
  for (const auto& reader : readers_) {
    begin_view(*reader);
    places.push_back(position_of_view(*reader));
  }
  const bool exact = std::all_of(places.begin(), places.end(), [&](const BinlogPosition& place) {
    return place == places.front();
  });
  // They were taken one after the other.
  return {ResumePosition{places.front(), {}}, exact ? Views::exact : Views::first_exact};
}

void SnapshotSessions::renew(std::size_t reader) {
  begin_view(*readers_[reader]);
}

void SnapshotSessions::let_go_of_tables(std::size_t reader) {
  readers_[reader]->run("ROLLBACK TO SAVEPOINT cdcctl", "cannot go on with the snapshot");
}

}  // namespace cdc::mysql
