#include "libcdc/sources/postgres/snapshot_worker.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/postgres/server_error.hpp"
#include "libcdc/sources/postgres/table_locks.hpp"

namespace cdc::postgres {
namespace {

/// A statement that locks many tables stays of bounded size.
constexpr std::size_t kTablesLockedAtOnce = 100;
constexpr const char* kNoPrivilege = "SQLSTATE 42501";

/// Reading needs other rights than streaming, which the general hint speaks of.
Error with_reading_hint(const Error& error) {
  if (error.detail() != kNoPrivilege) return error;
  return Error(error.fault(), error.message())
      .with_detail(error.detail())
      .with_hint(
          "a snapshot reads the tables: GRANT USAGE ON SCHEMA and GRANT SELECT ON the tables to "
          "this role, or leave tables out with --snapshot-tables");
}

std::string lock_statement(const std::vector<SnapshotTable>& tables, std::size_t first, bool wait) {
  const std::size_t last = std::min(first + kTablesLockedAtOnce, tables.size());
  std::string names;
  for (std::size_t i = first; i < last; ++i) {
    names += (names.empty() ? "ONLY " : ", ONLY ") + tables[i].sql_name;
  }
  return fmt::format("LOCK TABLE {} IN ACCESS SHARE MODE{}", names, wait ? "" : " NOWAIT");
}

/// Settings of this session only that concern reading.
std::string session_settings(int version) {
  std::string settings =
      "SELECT set_config(name, value, false) FROM (VALUES ('synchronize_seqscans', 'off'), "
      "('max_parallel_workers_per_gather', '0')";
  // Compiling would take longer than reading a range.
  if (version >= 110000) settings += ", ('jit', 'off')";
  return settings + ") AS setting (name, value)";
}

}  // namespace

SnapshotWorker::SnapshotWorker(const ConnectionSettings& settings, const Log& log, const Stop& stop)
    : connection_(settings, Connection::Kind::plain, log, stop) {
  connection_.run(session_settings(connection_.server_version()), "cannot set up the session");
}

SnapshotWorker::~SnapshotWorker() {
  release();
}

bool SnapshotWorker::lock(const std::vector<SnapshotTable>& tables, Patience patience,
                          const std::function<void(std::chrono::seconds)>& waiting) {
  const bool wait = patience == Patience::endless;
  connection_.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", "cannot begin a snapshot");
  try {
    for (std::size_t first = 0; first < tables.size(); first += kTablesLockedAtOnce) {
      connection_.run_long(lock_statement(tables, first, wait), "cannot lock the tables to read",
                           waiting);
    }
  } catch (const Error& error) {
    if (wait || error.detail() != kLockNotAvailable) throw with_reading_hint(error);
    unlock();
    return false;
  }
  return true;
}

void SnapshotWorker::unlock() {
  connection_.run("ROLLBACK", "cannot give back the locks");
}

void SnapshotWorker::import_snapshot(const std::string& name) {
  connection_.run("SET TRANSACTION SNAPSHOT " + quote_literal(name), "cannot import the snapshot");
}

std::string SnapshotWorker::export_snapshot() {
  return connection_.run("SELECT pg_export_snapshot()", "cannot export the snapshot").string(0, 0);
}

std::string SnapshotWorker::current_snapshot() {
  const char* const function =
      connection_.server_version() >= 130000 ? "pg_current_snapshot" : "txid_current_snapshot";
  return connection_.run(fmt::format("SELECT {}()", function), "cannot read the snapshot")
      .string(0, 0);
}

void SnapshotWorker::begin_copy(const std::string& statement, std::string what) {
  what_ = std::move(what);
  if (PQsendQuery(connection_.get(), statement.c_str()) != 1) fail(nullptr);
  phase_ = Phase::starting;
}

SnapshotWorker::Got SnapshotWorker::next(std::string_view& row) {
  const Got got = advance(row);
  if (got != Got::nothing) return got;
  if (PQconsumeInput(connection_.get()) != 1) fail(nullptr);
  return advance(row);
}

SnapshotWorker::Got SnapshotWorker::advance(std::string_view& row) {
  release();
  if (phase_ == Phase::starting) {
    if (!has_result()) return Got::nothing;
    start();
  }
  if (phase_ == Phase::copying) {
    const int size = PQgetCopyData(connection_.get(), &buffer_, 1);
    if (size == 0) return Got::nothing;
    if (size < -1) fail(nullptr);
    if (size > 0) {
      row = std::string_view(buffer_, static_cast<std::size_t>(size) - 1);
      return Got::row;
    }
    phase_ = Phase::ending;
  }
  return end() ? Got::end : Got::nothing;
}

bool SnapshotWorker::has_result() {
  return PQisBusy(connection_.get()) == 0;
}

void SnapshotWorker::start() {
  const Result result(PQgetResult(connection_.get()));
  if (PQresultStatus(result.get()) != PGRES_COPY_OUT) fail(result.get());
  phase_ = Phase::copying;
}

/// True where the copy is complete; an error that ended it is thrown.
bool SnapshotWorker::end() {
  while (has_result()) {
    const Result result(PQgetResult(connection_.get()));
    if (result.get() == nullptr) {
      phase_ = Phase::idle;
      return true;
    }
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) fail(result.get());
  }
  return false;
}

void SnapshotWorker::check_alive() {
  if (PQconsumeInput(connection_.get()) == 1 && PQstatus(connection_.get()) == CONNECTION_OK)
    return;
  what_ = "lost a connection that holds the locks of the snapshot";
  fail(nullptr);
}

int SnapshotWorker::socket() const {
  return PQsocket(connection_.get());
}

void SnapshotWorker::release() {
  if (buffer_ != nullptr) PQfreemem(std::exchange(buffer_, nullptr));
}

void SnapshotWorker::fail(const pg_result* result) {
  const ServerError error = result == nullptr
                                ? parse_server_error(PQerrorMessage(connection_.get()))
                                : server_error(result, connection_.get());
  throw with_reading_hint(to_error(error, what_));
}

}  // namespace cdc::postgres
