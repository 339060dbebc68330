#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/checkpoint_found.hpp"
#include "libcdc/sources/mysql/log_files.hpp"
#include "libcdc/sources/mysql/server.hpp"
#include "libcdc/state/finding.hpp"

namespace cdcctl {

/// The log of one server, as it is now.
struct BinlogView {
  cdc::mysql::Server server;
  std::vector<cdc::mysql::LogFile> files;  ///< never empty
  std::uint64_t total = 0;                 ///< bytes of them all
};

/// Throws refused where the server writes no log.
BinlogView look_at_binlog(cdc::mysql::Connection& connection);

/// What a server's log has to keep for one checkpoint.
struct CheckpointNeed {
  std::string path;
  std::string position;                ///< as `checkpoint inspect` shows it; empty: not readable
  bool identified = false;             ///< it says which server it comes from
  std::optional<cdc::Finding> guard;   ///< it comes from another server
  std::vector<cdc::Finding> problems;  ///< why going on is not possible
  std::optional<cdc::mysql::LogNeed> need;  ///< known where nothing above is wrong
};

/// The one checkpoint of each directory. To be read before the server is looked at: a checkpoint
/// that moves on meanwhile must not seem to be ahead of it. Throws state.
std::vector<FoundCheckpoint> read_checkpoints(const std::vector<std::string>& directories);

/// Compares a checkpoint with the server. `heads` reads files of the same one. Throws unavailable
/// and refused.
CheckpointNeed find_checkpoint_need(const FoundCheckpoint& found,
                                    cdc::mysql::Connection& connection, const BinlogView& log,
                                    const cdc::mysql::LogHeads& heads);

}  // namespace cdcctl
