#include "libcdc/sources/postgres/slot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "libcdc/base/error.hpp"

namespace cdc::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kFirstWithFailover = 170000;
constexpr int kFirstWithTwoPhaseFailover = 180000;
constexpr int kFlushTries = 50;
constexpr milliseconds kFlushPause{20};
/// What the server says of a slot that somebody reads from.
constexpr const char* kInUse = "SQLSTATE 55006";
constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{1000};
constexpr seconds kFirstWord{2};
constexpr seconds kWordPause{10};

/// The columns that this version has, and NULL in the place of the others.
std::string slot_query(int version) {
  const auto since = [&](int from, const char* column) {
    return version >= from ? std::string(column) : std::string("NULL");
  };
  const auto behind = [](const char* column) {
    return fmt::format(
        "pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
        "ELSE pg_current_wal_lsn() END, {})::bigint",
        column);
  };
  std::vector<std::string> columns = {
      "slot_name", "plugin", "slot_type", "database", "temporary", "active", "active_pid",
      "restart_lsn", "confirmed_flush_lsn", since(130000, "wal_status"),
      since(130000, "safe_wal_size"), since(140000, "two_phase"), since(180000, "two_phase_at"),
      since(170000, "failover"), since(170000, "synced"),
      // to_char() fails in databases whose encoding has no conversion from UTF-8 (18).
      since(170000,
            "replace(replace(date_trunc('second', inactive_since)::text, ' ', 'T'), '+00', 'Z')"),
      since(170000, "invalidation_reason"), behind("restart_lsn"), behind("confirmed_flush_lsn"),
      "pg_is_in_recovery()"};
  for (const char* statistic :
       {"total_txns", "total_bytes", "spill_txns", "spill_bytes", "stream_txns", "stream_bytes"}) {
    columns.push_back(since(140000, statistic));
  }
  return fmt::format(
      "SELECT {} FROM pg_catalog.pg_replication_slots{}", fmt::join(columns, ", "),
      version >= 140000 ? " LEFT JOIN pg_catalog.pg_stat_replication_slots USING (slot_name)" : "");
}

std::optional<Lsn> lsn_of(const Result& result, int row, int column) {
  return parse_lsn(result.text(row, column));
}

std::optional<std::int64_t> number_of(const Result& result, int row, int column) {
  if (result.is_null(row, column)) return std::nullopt;
  return result.number(row, column);
}

std::optional<SlotStatistics> read_statistics(const Result& result, int row, int column) {
  if (result.is_null(row, column)) return std::nullopt;
  SlotStatistics statistics;
  for (std::int64_t* each :
       {&statistics.total_transactions, &statistics.total_bytes, &statistics.spilled_transactions,
        &statistics.spilled_bytes, &statistics.streamed_transactions, &statistics.streamed_bytes}) {
    *each = result.number(row, column++);
  }
  return statistics;
}

Slot read_slot(const Result& result, int row) {
  Slot slot;
  int column = 0;
  slot.name = result.string(row, column++);
  slot.plugin = result.string(row, column++);
  slot.type = result.string(row, column++);
  slot.database = result.string(row, column++);
  slot.temporary = result.flag(row, column++);
  slot.active = result.flag(row, column++);
  slot.active_pid = result.number(row, column++);
  slot.restart_lsn = lsn_of(result, row, column++);
  slot.confirmed_flush_lsn = lsn_of(result, row, column++);
  slot.wal_status = result.string(row, column++);
  slot.safe_wal_size = number_of(result, row, column++);
  slot.two_phase = result.flag(row, column++);
  slot.two_phase_at = lsn_of(result, row, column++);
  slot.failover = result.flag(row, column++);
  slot.synced = result.flag(row, column++);
  slot.inactive_since = result.string(row, column++);
  slot.invalidation_reason = result.string(row, column++);
  slot.retained_bytes = number_of(result, row, column++);
  slot.lag_bytes = number_of(result, row, column++);
  slot.on_standby = result.flag(row, column++);
  slot.statistics = read_statistics(result, row, column);
  return slot;
}

std::string create_command(const SlotRequest& request, int version) {
  std::string command =
      fmt::format("CREATE_REPLICATION_SLOT {}{} LOGICAL pgoutput", quote_identifier(request.name),
                  request.temporary ? " TEMPORARY" : "");
  if (version < 150000) {
    return command + (request.export_snapshot ? " EXPORT_SNAPSHOT" : " NOEXPORT_SNAPSHOT");
  }
  return fmt::format("{} (SNAPSHOT '{}'{}{})", command,
                     request.export_snapshot ? "export" : "nothing",
                     request.two_phase ? ", TWO_PHASE" : "", request.failover ? ", FAILOVER" : "");
}

void check_knows_failover(int server_version) {
  if (server_version >= kFirstWithFailover) return;
  throw Error(Fault::refused, "failover slots need PostgreSQL 17 or newer")
      .with_hint("leave out --failover");
}

void check_failover_request(const SlotRequest& request, int server_version) {
  if (!request.failover) return;
  check_knows_failover(server_version);
  // The standbys of 17 do not get two_phase_at.
  if (!request.two_phase || server_version >= kFirstWithTwoPhaseFailover) return;
  throw Error(Fault::refused,
              "a failover slot that decodes prepared transactions needs PostgreSQL 18 or newer: an "
              "older standby could leave some out after its promotion")
      .with_hint("leave out --failover, or take prepared transactions at their commit");
}

}  // namespace

std::vector<Slot> list_slots(Connection& connection) {
  const Result result = connection.run(slot_query(connection.server_version()) + " ORDER BY 1",
                                       "cannot read the replication slots");
  std::vector<Slot> slots;
  for (int row = 0; row < result.rows(); ++row) slots.push_back(read_slot(result, row));
  return slots;
}

std::optional<Slot> find_slot(Connection& connection, const std::string& name) {
  const Result result = connection.run(
      slot_query(connection.server_version()) + " WHERE slot_name = " + quote_literal(name),
      fmt::format("cannot read replication slot '{}'", name));
  if (result.rows() == 0) return std::nullopt;
  return read_slot(result, 0);
}

std::optional<std::uint64_t> free_wal_bytes(Connection& connection) {
  const char* host = PQhost(connection.get());
  if (host == nullptr || *host != '/') return std::nullopt;
  const Result result =
      connection.run("SELECT setting FROM pg_catalog.pg_settings WHERE name = 'data_directory'",
                     "cannot read data_directory");
  if (result.rows() == 0 || result.is_null(0, 0)) return std::nullopt;
  std::error_code unseen;
  const auto space = std::filesystem::space(result.string(0, 0) + "/pg_wal", unseen);
  if (unseen) return std::nullopt;
  return space.available;
}

Lsn wal_end(Connection& connection) {
  const char* const doing = "cannot read the end of the server's log";
  const auto ask = [&](const char* function) {
    const Result result = connection.run(
        fmt::format("SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
                    "ELSE {}() END",
                    function),
        doing);
    return parse_lsn(result.text(0, 0)).value_or(0);
  };
  // Decoding reaches what is flushed. A commit that did not wait for that is visible already, and
  // the WAL writer flushes it within some of its delays.
  const Lsn inserted = ask("pg_current_wal_insert_lsn");
  Lsn flushed = ask("pg_current_wal_flush_lsn");
  for (int tries = 0; flushed < inserted && tries < kFlushTries; ++tries) {
    std::this_thread::sleep_for(kFlushPause);
    flushed = ask("pg_current_wal_flush_lsn");
  }
  return flushed;
}

bool is_lost(const Slot& slot) {
  return slot.wal_status == "lost" || !slot.invalidation_reason.empty() ||
         (slot.type != "physical" && !slot.restart_lsn);
}

bool is_followed(const Slot& slot) {
  return slot.synced && slot.on_standby;
}

Error followed_error(const Slot& slot) {
  return Error(Fault::refused, fmt::format("replication slot '{}' is being synchronized from the "
                                           "primary: this server is a standby",
                                           slot.name))
      .with_hint("stream from the primary, or promote this server first");
}

Loss explain_loss(const Slot& slot) {
  if (slot.invalidation_reason == "idle_timeout") {
    return {"nobody has read from it for as long as idle_replication_slot_timeout allows",
            "raise idle_replication_slot_timeout"};
  }
  if (slot.invalidation_reason == "rows_removed") {
    return {"the primary has removed catalog rows that it needs",
            "set hot_standby_feedback = on on the standby"};
  }
  if (slot.invalidation_reason == "wal_level_insufficient") {
    return {"wal_level of the primary was lowered", "keep wal_level = 'logical' there"};
  }
  return {"the server has removed the log that it needs", "raise max_slot_wal_keep_size"};
}

void check_usable(const Slot& slot, const std::string& database) {
  const auto refuse = [&](const std::string& what, const std::string& hint) {
    return Error(Fault::refused, fmt::format("replication slot '{}' {}", slot.name, what))
        .with_hint(hint);
  };
  if (slot.type != "logical") {
    throw refuse("is a physical slot",
                 "choose another --slot, or make one with cdcctl slot create");
  }
  if (slot.plugin != "pgoutput") {
    throw refuse(fmt::format("uses the output plugin '{}', not 'pgoutput'", slot.plugin),
                 "it belongs to another tool and is left alone: choose another --slot");
  }
  if (slot.database != database) {
    throw refuse(fmt::format("belongs to database '{}', not '{}'", slot.database, database),
                 "connect to that database, or choose another --slot");
  }
  if (is_lost(slot)) {
    const Loss loss = explain_loss(slot);
    throw Error(Fault::state,
                fmt::format("replication slot '{}' is lost: {}{}", slot.name, loss.why,
                            slot.invalidation_reason.empty()
                                ? ""
                                : fmt::format(" (reason: {})", slot.invalidation_reason)))
        .with_hint(
            fmt::format("there is no way back: drop the slot, make a new one, and copy the tables "
                        "anew; {} so that it does not happen again",
                        loss.prevention));
  }
  if (is_followed(slot)) throw followed_error(slot);
}

void check_failover(const Slot& slot, int server_version) {
  check_knows_failover(server_version);
  if (slot.failover) return;
  throw Error(Fault::refused,
              fmt::format("replication slot '{}' exists, but it is not a failover slot", slot.name))
      .with_hint(
          fmt::format("leave out --failover, or switch it while nobody reads from it: psql "
                      "'dbname={} replication=database' -c 'ALTER_REPLICATION_SLOT {} (FAILOVER)'",
                      slot.database, slot.name));
}

NewSlot create_slot(Connection& connection, const SlotRequest& request,
                    const std::function<void(std::chrono::seconds)>& waiting) {
  check_failover_request(request, connection.server_version());
  if (request.two_phase && connection.server_version() < 150000) {
    throw Error(Fault::refused,
                "slots that decode prepared transactions need PostgreSQL 15 or newer")
        .with_hint("leave out --two-phase");
  }
  const Result result = connection.run_long(
      create_command(request, connection.server_version()),
      fmt::format("cannot create replication slot '{}'", request.name), waiting);
  return {parse_lsn(result.text(0, 1)).value_or(0), result.string(0, 2)};
}

void drop_slot(Connection& connection, const std::string& name) {
  connection.run("SELECT pg_drop_replication_slot(" + quote_literal(name) + ")",
                 fmt::format("cannot drop replication slot '{}'", name));
}

void await_slot(const std::string& name, milliseconds patience, const Log& log, const Stop& stop,
                const std::function<void()>& use) {
  const auto begin = steady_clock::now();
  auto next_word = begin + kFirstWord;
  milliseconds pause = kFirstPause;
  while (true) {
    try {
      return use();
    } catch (const Error& error) {
      const auto now = steady_clock::now();
      if (error.detail() != kInUse || now > begin + patience) throw;
      if (now >= next_word) {
        log.info(fmt::format("waiting for slot '{}', which is in use", name));
        next_word += kWordPause;
      }
      sleep_for(pause, stop);
      pause = std::min(pause * 2, kLongestPause);
    }
  }
}

}  // namespace cdc::postgres
