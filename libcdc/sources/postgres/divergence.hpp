#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "libcdc/change/position.hpp"
#include "libcdc/sources/postgres/connection.hpp"
#include "libcdc/sources/postgres/lsn.hpp"
#include "libcdc/sources/postgres/slot.hpp"
#include "libcdc/state/finding.hpp"

namespace cdc::postgres {

/// What IDENTIFY_SYSTEM and the connection say of a server.
struct ServerIdentity {
  std::string system_identifier;
  std::string database;
  std::int64_t timeline = 0;
  Lsn wal_end = 0;
};

/// As a checkpoint holds it under `server`.
nlohmann::json to_json(const ServerIdentity& server);

/// What of a checkpoint's `server` is not so here; what it leaves out fits every server.
std::vector<Finding> compare_identity(const nlohmann::json& expected, const ServerIdentity& server);

/// The timeline of a checkpoint's `server`; 0 where it does not say.
std::int64_t timeline_of(const nlohmann::json& server);

/// Over a replication connection.
ServerIdentity identify(Connection& connection);

/// The LSN at which `timeline` was left by the server's history, or nothing where it is the current
/// one. 0 where the history does not know it. Over a replication connection.
std::optional<Lsn> switch_point(Connection& connection, const ServerIdentity& server,
                                std::int64_t timeline);

/// The commit LSN of the transaction that was delivered in part; 0 where there is none.
Lsn inside_of(const ResumePoint& point);

/// Everything that makes going on after `position` lose or skip changes: empty where it fits. A
/// slot behind the checkpoint is the normal state. `slot` is nothing where there is none; `inside`
/// is as inside_of gives it. Every sentence begins with the words that operators search for:
/// `postgres checkpoint/slot divergence for slot '<s>': `.
std::vector<Finding> find_divergence(const std::string& slot_name, const std::optional<Slot>& slot,
                                     Lsn position, Lsn wal_end, std::optional<Lsn> switched_at,
                                     Lsn inside = 0);

}  // namespace cdc::postgres
