#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/postgres/connection.hpp"
#include "libcdc/sources/postgres/lsn.hpp"

namespace cdc::postgres {

/// What decoding for a slot has cost since its statistics were reset (pg_stat_replication_slots,
/// 14): transactions that did not fit into logical_decoding_work_mem.
struct SlotStatistics {
  std::int64_t total_transactions = 0;
  std::int64_t total_bytes = 0;
  std::int64_t spilled_transactions = 0;
  std::int64_t spilled_bytes = 0;
  std::int64_t streamed_transactions = 0;
  std::int64_t streamed_bytes = 0;
};

/// One row of pg_replication_slots. What this version of the server does not have is empty.
struct Slot {
  std::string name;
  std::string plugin;  ///< empty for physical slots
  std::string type;    ///< logical or physical
  std::string database;
  bool temporary = false;
  bool active = false;
  std::int64_t active_pid = 0;
  std::optional<Lsn> restart_lsn;  ///< nothing where the slot is lost
  std::optional<Lsn> confirmed_flush_lsn;
  std::string wal_status;                      ///< reserved, extended, unreserved, lost (13)
  std::optional<std::int64_t> safe_wal_size;   ///< bytes until the slot is at risk (13)
  bool two_phase = false;                      ///< 15 shows it from 14 on
  std::optional<Lsn> two_phase_at;             ///< it decodes them from there on (18)
  bool failover = false;                       ///< 17
  bool synced = false;                         ///< 17
  std::string inactive_since;                  ///< RFC 3339 (17)
  std::string invalidation_reason;             ///< 17
  std::optional<std::int64_t> retained_bytes;  ///< end of WAL - restart_lsn
  std::optional<std::int64_t> lag_bytes;       ///< end of WAL - confirmed_flush_lsn
  bool on_standby = false;                     ///< the server is in recovery
  std::optional<SlotStatistics> statistics;    ///< 14
};

/// Every slot of the server, by name. Works on both kinds of connection.
std::vector<Slot> list_slots(Connection& connection);
/// One slot, or nothing where there is none of that name.
std::optional<Slot> find_slot(Connection& connection, const std::string& name);

/// What is free where the server writes its log: known only of a server on this machine whose
/// directory this process may see.
std::optional<std::uint64_t> free_wal_bytes(Connection& connection);

/// The end of WAL that decoding can reach: of a standby the replayed one.
Lsn wal_end(Connection& connection);

/// Whether the server has removed what the slot needs: there is no way back. A physical slot that
/// was never used has no restart_lsn either.
bool is_lost(const Slot& slot);

/// Whether this standby keeps the slot in step with the primary's. Nobody can read from it here
/// until the server is promoted, and until then the slot is temporary as long as it is not safe.
bool is_followed(const Slot& slot);
/// The refusal to read from such a slot.
Error followed_error(const Slot& slot);

struct Loss {
  std::string why;
  std::string prevention;  ///< what keeps it from happening again
};

/// Why a lost slot is lost, in words: by its invalidation_reason.
Loss explain_loss(const Slot& slot);

/// Throws state where the slot is lost, and refused where it is not a logical pgoutput slot of this
/// database, or one that a standby follows.
void check_usable(const Slot& slot, const std::string& database);

/// Throws refused where standbys do not keep the slot, with how it is made one that they keep.
void check_failover(const Slot& slot, int server_version);

struct SlotRequest {
  std::string name;
  bool temporary = false;
  bool failover = false;
  bool two_phase = false;  ///< it decodes prepared transactions at their PREPARE
  bool export_snapshot = false;
};

struct NewSlot {
  Lsn point = 0;         ///< its consistent point: it streams what commits from there on
  std::string snapshot;  ///< what sees all before; until the next command on the connection
};

/// Creates a logical pgoutput slot over a replication connection.
/// The server waits for every transaction that is open at that moment: `waiting` is called each
/// second meanwhile; an interruption cancels it and leaves no slot.
NewSlot create_slot(Connection& connection, const SlotRequest& request,
                    const std::function<void(std::chrono::seconds)>& waiting);

/// Throws state where there is none, refused where it is active.
void drop_slot(Connection& connection, const std::string& name);

/// Calls `use` again as long as it fails because the slot is in use: the server may not have
/// noticed yet that its last client is gone. Throws what it throws otherwise, or after `patience`;
/// Interrupted.
void await_slot(const std::string& name, std::chrono::milliseconds patience, const Log& log,
                const Stop& stop, const std::function<void()>& use);

}  // namespace cdc::postgres
