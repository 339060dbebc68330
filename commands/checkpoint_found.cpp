#include "commands/checkpoint_found.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands/lease_words.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/file.hpp"
#include "libcdc/state/checkpoint_file.hpp"
#include "libcdc/state/snapshot_file.hpp"

namespace cdcctl {
namespace {

// False where there is no file.
bool read(FoundCheckpoint& found) {
  try {
    if (auto wide = cdc::find_wide_permissions(found.path)) found.problems.push_back(*wide);
    const std::optional<std::string> text = cdc::read_file(found.path);
    if (!text) return false;
    found.checkpoint = cdc::parse_checkpoint(*text, found.path);
  } catch (const cdc::Error& error) {
    found.problems.push_back({"checkpoint_unreadable", error.message(), error.hint()});
  }
  return true;
}

void look_at_type(FoundCheckpoint& found) {
  if (found.checkpoint && found.checkpoint->source_type != found.source_type) {
    found.problems.push_back(cdc::other_source_type(found.path));
    found.checkpoint.reset();
  }
  if (found.type != nullptr) return;
  found.problems.push_back(
      {"source_type_unknown",
       fmt::format("checkpoint file '{}' is of a source type that this program does not have",
                   found.path),
       "use the program that wrote it, or one that was built with that source"});
}

void look_at_offset(FoundCheckpoint& found) {
  if (found.type == nullptr || !found.checkpoint) return;
  try {
    found.point = found.type->from_offset(found.checkpoint->offset, found.path);
  } catch (const cdc::Error& error) {
    found.problems.push_back({"offset_unreadable", error.message(), error.hint()});
  }
}

// What the checkpoint says of a snapshot is told by a file beside it.
void look_at_snapshot(FoundCheckpoint& found, const cdc::SnapshotFile& file) {
  if (!found.point) return;
  const std::string id = found.checkpoint->offset.value(cdc::kSnapshot, "");
  if (id.empty()) return;
  try {
    file.load(id);
  } catch (const cdc::Error& error) {
    const bool missing = !std::filesystem::exists(file.path());
    found.problems.push_back(
        {missing ? "snapshot_progress_missing" : "snapshot_progress_unreadable", error.message(),
         error.hint()});
  }
}

}  // namespace

std::optional<FoundCheckpoint> find_checkpoint(const std::string& directory,
                                               const std::string& source_type) {
  FoundCheckpoint found;
  found.source_type = source_type;
  found.path = cdc::CheckpointFile(directory, source_type).path();
  found.type = cdc::find_source_type(source_type);
  if (!read(found)) return std::nullopt;
  look_at_type(found);
  look_at_offset(found);
  look_at_snapshot(found, {directory, source_type});
  return found;
}

std::vector<FoundCheckpoint> find_checkpoints(const std::string& directory) {
  require_directory(directory);
  std::vector<FoundCheckpoint> checkpoints;
  for (const std::string& type : cdc::checkpoint_types(directory)) {
    if (auto found = find_checkpoint(directory, type)) checkpoints.push_back(*std::move(found));
  }
  if (!checkpoints.empty()) return checkpoints;
  throw cdc::Error(cdc::Fault::state, "there is no checkpoint in directory '" + directory + "'")
      .with_hint(
          "tail --checkpoint writes one when it has delivered something; cdcctl checkpoint rewrite "
          "makes one at a position of your choice");
}

std::string point_text(const cdc::ResumePoint& point) {
  return point.in_transaction ? to_text(*point.in_transaction) : point.position;
}

}  // namespace cdcctl
