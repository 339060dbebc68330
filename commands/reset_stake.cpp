#include "commands/reset_stake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "commands/checkpoint_found.hpp"
#include "commands/lease_words.hpp"
#include "libcdc/state/checkpoint_file.hpp"
#include "libcdc/state/lease.hpp"

namespace cdcctl {
namespace {

// The progress of a snapshot as well: a reset that leaves it resumes an old snapshot.
std::vector<std::string> files_of_state(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("checkpoint_") && name.ends_with(".json")) {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string remembered(const FoundCheckpoint& found) {
  if (!found.point) return "unreadable: " + found.problems.back().sentence;
  return fmt::format("{} at {} after {} events", found.source_type, point_text(*found.point),
                     found.checkpoint->committed_event_count);
}

std::string owner_of(const std::string& directory) {
  const cdc::LeaseState lease = cdc::inspect_lease(directory);
  if (!has_owner(lease)) return lease_word(lease.kind);
  return lease_word(lease.kind) + ", " + owner_words(lease.owner);
}

}  // namespace

Stake reset_stake(const std::string& directory,
                  const std::optional<cdc::ConnectionSettings>& server, const cdc::Log& log,
                  const cdc::Stop& stop) {
  require_directory(directory);
  Stake stake;
  for (const std::string& type : cdc::checkpoint_types(directory)) {
    const auto found = find_checkpoint(directory, type);
    if (!found) continue;
    stake.emplace_back("Checkpoint", remembered(*found));
    if (!server || !found->point) continue;
    const auto lines = found->type->describe_stake(*found->checkpoint, *server, log, stop);
    stake.insert(stake.end(), lines.begin(), lines.end());
  }
  stake.emplace_back("Lease", owner_of(directory));
  for (const std::string& file : files_of_state(directory)) {
    stake.emplace_back("A reset removes", file);
  }
  return stake;
}

}  // namespace cdcctl
