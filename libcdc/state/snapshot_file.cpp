#include "libcdc/state/snapshot_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "libcdc/base/error.hpp"
#include "libcdc/base/file.hpp"
#include "libcdc/state/checkpoint_file.hpp"

namespace cdc {
namespace {

using nlohmann::ordered_json;

constexpr mode_t kFileMode = 0600;
constexpr const char* kId = "snapshot_id";
constexpr const char* kOutput = "output";
constexpr const char* kUpdatedAt = "updated_at";

Error unusable(const std::string& path, const std::string& what) {
  return Error(Fault::state, fmt::format("the checkpoint says that a snapshot is under way, and "
                                         "its progress in '{}' {}",
                                         path, what))
      .with_hint(
          "restore the file; or begin anew: remove the checkpoint directory, drop the slot, and "
          "start with --snapshot initial --create-slot");
}

}  // namespace

SnapshotFile::SnapshotFile(const std::string& directory, const std::string& source_type)
    : directory_(directory),
      path_(fmt::format("{}/checkpoint_{}_snapshot.json", directory, source_type)) {}

SnapshotFile::Content SnapshotFile::load(const std::string& id) const {
  if (const auto finding = find_wide_permissions(path_)) throw to_error(*finding, Fault::state);
  const std::optional<std::string> text = read_file(path_);
  if (!text) throw unusable(path_, "is missing");
  ordered_json json = ordered_json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains(kId) || !json[kId].is_string()) {
    throw unusable(path_, "is not JSON of its form");
  }
  if (json[kId] != id) throw unusable(path_, "is that of another snapshot");
  Content content;
  content.output = nlohmann::json::object();
  if (json.contains(kOutput)) content.output = nlohmann::json::parse(json[kOutput].dump());
  json.erase(kOutput);
  json.erase(kUpdatedAt);
  content.progress = json.dump();
  return content;
}

std::string SnapshotFile::save(const std::string& progress, const nlohmann::json& output,
                               const std::string& updated_at) const {
  ordered_json json = ordered_json::parse(progress);
  if (!output.empty()) json[kOutput] = output;
  json[kUpdatedAt] = updated_at;
  write_file_atomic(path_, json.dump(2) + "\n", kFileMode);
  return json[kId];
}

std::string SnapshotFile::id_of(const std::string& progress) {
  return ordered_json::parse(progress).at(kId);
}

bool SnapshotFile::remove() const {
  if (std::remove(path_.c_str()) == 0) {
    sync_directory(directory_);
    return true;
  }
  if (errno == ENOENT) return false;
  throw system_error(Fault::output, "cannot remove '" + path_ + "'", errno);
}

}  // namespace cdc
