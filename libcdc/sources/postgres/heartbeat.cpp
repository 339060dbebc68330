#include "libcdc/sources/postgres/heartbeat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>
#include <vector>

#include "libcdc/base/units.hpp"

namespace cdc::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kPrefix = "cdcctl.heartbeat";
/// Each beat is a commit: more often would be load, and tell nothing more.
constexpr milliseconds kShortestInterval{100};
/// How long the server may work on a beat, waiting for locks included; and how long it may say
/// nothing before the connection counts as lost.
constexpr milliseconds kLongestStatement{5000};
constexpr milliseconds kPatience{10000};

std::string table_name(const HeartbeatOptions& options) {
  return quote_identifier(options.schema) + '.' + quote_identifier(options.table);
}

std::string doing(const HeartbeatOptions& options) {
  return options.has_table() ? "cannot write the heartbeat into table " + table_name(options)
                             : "cannot write the heartbeat message";
}

/// Nobody waits for a beat: it need not be on the server's disk before it is done.
void set_up(Connection& connection) {
  connection.set_patience(kPatience);
  connection.run(fmt::format("SELECT set_config('synchronous_commit', 'off', false), "
                             "set_config('statement_timeout', '{}', false)",
                             kLongestStatement.count()),
                 "cannot set up the session of the heartbeat");
}

std::string table_hint(const HeartbeatOptions& options) {
  return fmt::format("CREATE TABLE {} (slot text PRIMARY KEY, at timestamptz NOT NULL);",
                     table_name(options));
}

std::string rights_hint(const HeartbeatOptions& options, int version) {
  if (!options.has_table()) {
    return fmt::format(
        "GRANT EXECUTE ON FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, text{}) TO "
        "the role; or use a table: --heartbeat-table",
        version >= 170000 ? ", boolean" : "");
  }
  return fmt::format(
      "GRANT USAGE ON SCHEMA {} TO the role; GRANT SELECT, INSERT, UPDATE ON {} TO the role;",
      quote_identifier(options.schema), table_name(options));
}

/// What to do about a statement that the server refused.
Error explain(const Error& error, const HeartbeatOptions& options, int version) {
  // No such table, no such column, no unique key, a column of another type, one more not-null one.
  constexpr std::array kWrongTable = {"SQLSTATE 42P01", "SQLSTATE 3F000", "SQLSTATE 42703",
                                      "SQLSTATE 42P10", "SQLSTATE 42804", "SQLSTATE 23502"};
  const auto refused = [&](const std::string& hint) {
    return Error(Fault::refused, error.message()).with_detail(error.detail()).with_hint(hint);
  };
  const std::string& detail = error.detail();
  if (std::find(kWrongTable.begin(), kWrongTable.end(), detail) != kWrongTable.end()) {
    return refused(table_hint(options));
  }
  if (detail == "SQLSTATE 42501") return refused(rights_hint(options, version));
  if (detail == "SQLSTATE 25006") {
    return refused(
        "the role's transactions are read-only (default_transaction_read_only): let it write, or "
        "leave out --heartbeat");
  }
  if (detail == "SQLSTATE 57014" && options.has_table()) {
    return error.with_hint("somebody holds a lock on the table: pg_locks shows who");
  }
  return error;
}

void execute_beat(Connection& connection, const HeartbeatOptions& options) {
  if (!options.has_table()) {
    connection.run(fmt::format("SELECT pg_catalog.pg_logical_emit_message(true, {}, '')",
                               quote_literal(kPrefix)),
                   doing(options));
    return;
  }
  connection.run(fmt::format("INSERT INTO {} (slot, at) VALUES ($1, pg_catalog.now()) "
                             "ON CONFLICT (slot) DO UPDATE SET at = EXCLUDED.at",
                             table_name(options)),
                 {options.slot}, doing(options));
}

void write_beat(Connection& connection, const HeartbeatOptions& options) {
  try {
    execute_beat(connection, options);
  } catch (const Error& error) {
    throw explain(error, options, connection.server_version());
  }
}

}  // namespace

std::optional<HeartbeatOptions> read_heartbeat(std::string_view interval, std::string_view table,
                                               std::string_view slot) {
  if (interval.empty() && table.empty()) return std::nullopt;
  if (interval.empty()) {
    throw Error(Fault::usage, "--heartbeat-table needs --heartbeat")
        .with_hint("say how often: --heartbeat 10s");
  }
  const auto duration = parse_duration(interval);
  if (!duration || *duration < kShortestInterval) {
    throw Error(Fault::usage, fmt::format("'{}' is not an interval of --heartbeat", interval))
        .with_hint("write a duration of 100ms or more, such as 10s or 1m");
  }
  HeartbeatOptions options{*duration, "", "", std::string(slot)};
  if (table.empty()) return options;
  const std::size_t dot = table.find('.');
  const bool whole = dot != std::string_view::npos && dot != 0 && dot + 1 < table.size();
  if (!whole || table.find_first_of(".*?", dot + 1) != std::string_view::npos ||
      table.substr(0, dot).find_first_of("*?") != std::string_view::npos) {
    throw Error(Fault::usage, fmt::format("'{}' is not a table for --heartbeat-table", table))
        .with_hint("write schema.table as the server stores the names, without quotes");
  }
  if (slot.empty()) {
    throw Error(Fault::usage, "--heartbeat-table needs --slot: its row has the slot's name")
        .with_hint("give --slot NAME, or leave out --heartbeat-table for a message");
  }
  options.schema = table.substr(0, dot);
  options.table = table.substr(dot + 1);
  return options;
}

bool is_heartbeat(const LogicalMessage& message) {
  return message.transactional && message.prefix == kPrefix && message.content.empty();
}

void HeartbeatSchedule::begin(Instant now) {
  under_way_ = true;
  next_ = now + interval_;
}

HeartbeatSchedule::News HeartbeatSchedule::end(Outcome outcome) {
  under_way_ = false;
  const bool was_broken = std::exchange(broken_, outcome == Outcome::failed);
  if (was_broken == broken_) return News::none;
  return broken_ ? News::broken : News::mended;
}

void check_heartbeat(const ConnectionSettings& settings, const HeartbeatOptions& options,
                     const Log& log, const Stop& stop) {
  Connection connection(settings, Connection::Kind::plain, log, stop);
  if (connection.run("SELECT pg_catalog.pg_is_in_recovery()", doing(options)).flag(0, 0)) {
    throw Error(Fault::refused, "the server is a standby, which cannot write a heartbeat")
        .with_hint("leave out --heartbeat here: what is written on its primary moves this slot");
  }
  set_up(connection);
  write_beat(connection, options);
}

Heartbeat::Heartbeat(ConnectionSettings settings, HeartbeatOptions options, const Log& log)
    : settings_(std::move(settings)),
      options_(std::move(options)),
      log_(log),
      schedule_(options_.interval, steady_clock::now()) {}

Heartbeat::~Heartbeat() {
  stop_.request();
}

void Heartbeat::keep(Instant now) {
  if (ended_.load(std::memory_order_acquire)) conclude();
  if (!schedule_.due(now)) return;
  schedule_.begin(now);
  try {
    thread_ = std::jthread([this] { beat(); });
  } catch (const std::system_error& error) {
    failure_ = Error(Fault::unavailable, "cannot start a thread for the heartbeat")
                   .with_detail(error.what());
    conclude();
  }
}

/// In the thread. The log is the stream's: what went wrong is said by `conclude`.
void Heartbeat::beat() {
  failure_.reset();
  try {
    if (!connection_) {
      connection_ = std::make_unique<Connection>(settings_, Connection::Kind::plain, Log(), stop_);
      set_up(*connection_);
    }
    write_beat(*connection_, options_);
  } catch (const Error& error) {
    failure_ = error;
  } catch (const std::exception& error) {
    failure_ = Error(Fault::unavailable, doing(options_)).with_detail(error.what());
  }
  if (failure_) connection_.reset();
  ended_.store(true, std::memory_order_release);
}

void Heartbeat::conclude() {
  using News = HeartbeatSchedule::News;
  ended_.store(false, std::memory_order_relaxed);
  const News news = schedule_.end(failure_ ? HeartbeatSchedule::Outcome::failed
                                           : HeartbeatSchedule::Outcome::written);
  if (news == News::mended) log_.info("the heartbeat is written again");
  if (news != News::broken) return;
  const std::string detail = failure_->detail().empty() ? "" : " (" + failure_->detail() + ")";
  log_.warning(fmt::format("{}{}; trying again every {}", failure_->message(), detail,
                           format_duration(options_.interval)),
               failure_->hint());
}

}  // namespace cdc::postgres
