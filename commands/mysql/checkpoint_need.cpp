#include "commands/mysql/checkpoint_need.hpp"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "libcdc/base/error.hpp"

namespace cdcctl {
namespace {

using cdc::Finding;
using cdc::mysql::Server;

/// The one checkpoint of the directory.
FoundCheckpoint the_checkpoint(const std::string& directory) {
  std::vector<FoundCheckpoint> found = find_checkpoints(directory);
  if (found.size() == 1) return std::move(found.front());
  throw cdc::Error(cdc::Fault::state,
                   fmt::format("directory '{}' has {} checkpoints", directory, found.size()))
      .with_hint("each source has a directory of its own; cdcctl checkpoint validate says more");
}

Finding other_flavor(const FoundCheckpoint& found, const Server& server) {
  return {"server_changed",
          fmt::format("it is one of {}, and the server is {}", found.source_type,
                      cdc::mysql::name(server.flavor)),
          "check the address and the directory"};
}

Finding gone(const BinlogView& log) {
  return {"position_purged",
          fmt::format("the server's log no longer has all that comes behind the position: its "
                      "oldest file is {}",
                      log.files.front().name),
          "begin anew with a snapshot, and keep binlogs longer than the longest stop"};
}

/// `found` has a point, and is of the server's flavour.
void compare(const FoundCheckpoint& found, cdc::mysql::Connection& connection,
             const BinlogView& log, const cdc::mysql::LogHeads& heads, CheckpointNeed& result) {
  const auto identity = cdc::mysql::compare_identity(found.checkpoint->server, log.server);
  if (!identity.empty()) {
    result.guard = identity.front();
    return;
  }
  const auto position = cdc::mysql::parse_resume_position(found.point->position);
  const bool by_gtid = log.server.gtids && cdc::mysql::has_gtids(position);
  result.problems = cdc::mysql::find_divergence(connection, log.server, position, by_gtid, true);
  if (!result.problems.empty()) return;
  result.need = cdc::mysql::find_need(log.files, *found.point, by_gtid, heads);
  if (!result.need) result.problems.push_back(gone(log));
}

}  // namespace

BinlogView look_at_binlog(cdc::mysql::Connection& connection) {
  BinlogView view;
  view.server = cdc::mysql::read_server(connection);
  view.files = cdc::mysql::list_log(connection);
  if (view.files.empty()) throw cdc::Error(cdc::Fault::refused, "the server has no binary log");
  view.total = std::accumulate(
      view.files.begin(), view.files.end(), std::uint64_t{0},
      [](std::uint64_t sum, const cdc::mysql::LogFile& file) { return sum + file.size; });
  return view;
}

std::vector<FoundCheckpoint> read_checkpoints(const std::vector<std::string>& directories) {
  std::vector<FoundCheckpoint> checkpoints;
  for (const std::string& directory : directories) {
    checkpoints.push_back(the_checkpoint(directory));
  }
  return checkpoints;
}

CheckpointNeed find_checkpoint_need(const FoundCheckpoint& found,
                                    cdc::mysql::Connection& connection, const BinlogView& log,
                                    const cdc::mysql::LogHeads& heads) {
  CheckpointNeed result;
  result.path = found.path;
  result.problems = found.problems;
  if (found.point) result.position = point_text(*found.point);
  if (found.source_type != cdc::mysql::name(log.server.flavor)) {
    result.guard = other_flavor(found, log.server);
  } else if (found.point && found.problems.empty()) {
    result.identified = cdc::mysql::names_server(found.checkpoint->server, log.server.flavor);
    compare(found, connection, log, heads, result);
  }
  return result;
}

}  // namespace cdcctl
