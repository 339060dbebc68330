#include "libcdc/sources/mysql/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libcdc/base/error.hpp"

namespace cdc::mysql {
namespace {

constexpr std::uint64_t kBinaryLogStatus = 80400;  ///< dropped SHOW MASTER STATUS
constexpr std::uint64_t kFirstEvent = 4;

constexpr const char* kDoing = "cannot read the server's settings";

/// A variable of the server; empty where this version has none of that name.
std::string variable(Connection& connection, const std::string& name) {
  const Result result = connection.run("SHOW GLOBAL VARIABLES LIKE " + quote_literal(name), kDoing);
  return result.rows() == 0 ? std::string() : result.string(0, 1);
}

GtidPosition parse_gtids(Flavor flavor, const std::string& text) {
  if (flavor == Flavor::mysql) return GtidSet::parse(text);
  return MariadbGtidPosition::parse(text);
}

const char* uuid_name(Flavor flavor) {
  return flavor == Flavor::mysql ? "server_uuid" : "server_uid";
}

std::string quoted(const std::string& text) {
  return text.size() > 300 ? text.substr(0, 300) + " ..." : text;
}

Error no_log() {
  return Error(Fault::refused, "the server writes no binary log (log_bin is OFF)")
      .with_hint("set log_bin and server_id in its configuration, and restart it");
}

Finding purged(const std::string& what) {
  return {"position_purged",
          "the server's log no longer has what comes behind the position: " + what,
          "begin anew with a snapshot (--snapshot initial and a new checkpoint), and keep binlogs "
          "longer than the longest stop"};
}

Finding ahead(const std::string& what) {
  return {"position_ahead", "the position is ahead of the server: " + what,
          "the server was restored or reset, or it is a replica that lags: wait for it, or begin "
          "anew with a snapshot"};
}

std::vector<Finding> compare_sets(const GtidSet& position, const Server& server) {
  std::vector<Finding> findings;
  const GtidSet gone = std::get<GtidSet>(server.purged).minus(position);
  if (!gone.empty()) findings.push_back(purged("gone are " + quoted(gone.text())));
  const GtidSet unknown = position.minus(std::get<GtidSet>(server.executed));
  if (!unknown.empty()) findings.push_back(ahead("it never had " + quoted(unknown.text())));
  return findings;
}

/// The server silently passes over domains that it does not know, and starts at its oldest file.
std::vector<Finding> compare_domains(const MariadbGtidPosition& position, const Server& server) {
  std::vector<Finding> findings;
  const auto& executed = std::get<MariadbGtidPosition>(server.executed);
  for (const std::uint32_t domain : position.domains_missing_in(executed)) {
    findings.push_back(
        {"domain_unknown",
         fmt::format("the server's log knows no domain {}, which the position has", domain),
         "connect to a server with the same history, or rewrite the checkpoint without it"});
  }
  if (!findings.empty()) return findings;
  const MariadbGtidPosition beyond = position.minus(executed);
  if (!beyond.empty()) findings.push_back(ahead("it never had " + quoted(beyond.text())));
  return findings;
}

std::vector<Finding> compare_places(Connection& connection, const BinlogPosition& place) {
  const std::vector<LogFile> files = list_log(connection);
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const LogFile& file) { return file.name == place.file; });
  if (found == files.end()) {
    const std::string oldest = files.empty() ? "none" : files.front().name;
    return {purged(fmt::format("the file {} is gone, the oldest is {}", place.file, oldest))};
  }
  if (place.offset > found->size) {
    return {ahead(fmt::format("{} has {} bytes, and the position is at {}", place.file, found->size,
                              place.offset))};
  }
  return {};
}

}  // namespace

Server read_server(Connection& connection) {
  Server server;
  server.flavor = connection.flavor();
  server.version = connection.version_text();
  server.server_id =
      static_cast<std::uint32_t>(std::stoul("0" + variable(connection, "server_id")));
  server.uuid = variable(connection, uuid_name(server.flavor));
  server.logs = variable(connection, "log_bin") == "ON";
  server.format = variable(connection, "binlog_format");
  server.row_image = variable(connection, "binlog_row_image");
  server.row_metadata = variable(connection, "binlog_row_metadata");
  const bool mysql = server.flavor == Flavor::mysql;
  server.gtids = !mysql || variable(connection, "gtid_mode") == "ON";
  server.executed =
      parse_gtids(server.flavor, variable(connection, mysql ? "gtid_executed" : "gtid_binlog_pos"));
  if (mysql) server.purged = parse_gtids(server.flavor, variable(connection, "gtid_purged"));
  return server;
}

nlohmann::json to_json(const Server& server) {
  return {{uuid_name(server.flavor), server.uuid}, {"server_id", server.server_id}};
}

std::vector<Finding> compare_identity(const nlohmann::json& expected, const Server& server) {
  const char* name = uuid_name(server.flavor);
  const std::string known = expected.value(name, "");
  if (known.empty() || known == server.uuid) return {};
  return {{"server_changed",
           fmt::format("its {} was {}, and here it is {}", name, known, server.uuid),
           "check the address; GTIDs may go on at another server of the same history with "
           "--accept-server-change"}};
}

void check_logs_rows(const Server& server) {
  if (!server.logs) throw no_log();
  if (server.format != "ROW") {
    throw Error(Fault::refused,
                fmt::format("binlog_format is '{}', and only ROW shows rows", server.format))
        .with_hint("SET GLOBAL binlog_format = 'ROW'; it holds for new sessions");
  }
}

std::vector<LogFile> list_log(Connection& connection) {
  const Result result = connection.run("SHOW BINARY LOGS", "cannot list the binary logs");
  std::vector<LogFile> files;
  for (std::size_t row = 0; row < result.rows(); ++row) {
    files.push_back({result.string(row, 0), result.number(row, 1)});
  }
  return files;
}

ResumePosition end_of_log(Connection& connection, const Server& server) {
  const bool renamed =
      server.flavor == Flavor::mysql && connection.server_version() >= kBinaryLogStatus;
  const Result status = connection.run(renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS",
                                       "cannot ask for the end of the log");
  if (status.rows() == 0) throw no_log();
  ResumePosition end;
  end.binlog = BinlogPosition{status.string(0, 0), status.number(0, 1)};
  if (!server.gtids) return end;
  if (server.flavor == Flavor::mysql) {
    end.gtids = GtidSet::parse(status.text(0, 4));
  } else {
    end.gtids = MariadbGtidPosition::parse(
        connection.value(fmt::format("SELECT BINLOG_GTID_POS({}, {})",
                                     quote_literal(end.binlog->file), end.binlog->offset),
                         "cannot ask for the GTID position"));
  }
  return end;
}

bool has_gtids(const ResumePosition& position) {
  return !std::holds_alternative<std::monostate>(position.gtids);
}

std::vector<Finding> find_divergence(Connection& connection, const Server& server,
                                     const ResumePosition& position, bool by_gtid,
                                     bool same_server) {
  if (by_gtid) {
    if (const auto* set = std::get_if<GtidSet>(&position.gtids)) return compare_sets(*set, server);
    if (const auto* domains = std::get_if<MariadbGtidPosition>(&position.gtids)) {
      return compare_domains(*domains, server);
    }
  }
  if (!same_server) {
    return {{"position_of_another_server",
             "the position is a file and an offset of another server's log",
             "begin anew with a snapshot; with GTIDs a position can move between servers"}};
  }
  if (!position.binlog || position.binlog->offset < kFirstEvent) return {};
  return compare_places(connection, *position.binlog);
}

}  // namespace cdc::mysql
