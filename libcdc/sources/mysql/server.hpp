#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "libcdc/sources/mysql/binlog_position.hpp"
#include "libcdc/sources/mysql/connection.hpp"
#include "libcdc/state/finding.hpp"

namespace cdc::mysql {

/// What a server says of itself and its log.
struct Server {
  Flavor flavor = Flavor::mysql;
  std::string version;
  std::uint32_t server_id = 0;
  std::string uuid;          ///< MySQL's server_uuid, MariaDB's server_uid
  bool logs = false;         ///< log_bin
  std::string format;        ///< binlog_format
  std::string row_image;     ///< binlog_row_image
  std::string row_metadata;  ///< binlog_row_metadata; empty where the server has none
  bool gtids = false;        ///< every transaction has a GTID
  GtidPosition executed;     ///< all that it has
  GtidPosition purged;       ///< MySQL: what its log no longer has
};

/// A global variable of the server; empty where this version has none of that name.
std::string variable(Connection& connection, const std::string& name);

Server read_server(Connection& connection);

/// As a checkpoint holds it under `server`.
nlohmann::json to_json(const Server& server);

/// Whether a checkpoint's `server` says which one it is.
bool names_server(const nlohmann::json& expected, Flavor flavor);

/// What of a checkpoint's `server` is not so here; what it leaves out fits every server.
std::vector<Finding> compare_identity(const nlohmann::json& expected, const Server& server);

/// Throws refused, with the statement to run, where the server's log does not hold rows.
void check_logs_rows(const Server& server);

/// One file of the log.
struct LogFile {
  std::string name;
  std::uint64_t size = 0;
};

/// The files of the log, the oldest first.
std::vector<LogFile> list_log(Connection& connection);

/// The end of the log now, with the GTIDs of everything before it.
ResumePosition end_of_log(Connection& connection, const Server& server);

/// Whether the server's log can be read on from a position by its GTIDs.
bool has_gtids(const ResumePosition& position);

/// Everything that makes going on after `position` lose or skip changes; empty where it fits.
/// `same_server`: its file and offset are of this server.
std::vector<Finding> find_divergence(Connection& connection, const Server& server,
                                     const ResumePosition& position, bool by_gtid,
                                     bool same_server);

}  // namespace cdc::mysql
