#include "libcdc/state/checkpoint_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/file.hpp"

namespace cdc {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
constexpr std::string_view kPrefix = "checkpoint_";
constexpr std::string_view kSuffix = ".json";
constexpr std::string_view kSnapshot = "_snapshot";
constexpr const char* kOneDirectoryEach = "use a dedicated checkpoint directory per source family";

/// The source type in the name of a checkpoint file; nothing for other files.
std::optional<std::string> type_of_file(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  if (name.size() <= kSuffix.size()) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  if (name.ends_with(kSnapshot)) return std::nullopt;
  return std::string(name);
}

void check_family(const std::string& directory, const std::string& source_type) {
  const std::vector<std::string> types = checkpoint_types(directory);
  if (types.size() > 1) throw to_error(mixed_source_types(directory, types), Fault::state);
  if (types.empty() || types.front() == source_type) return;
  throw Error(Fault::state, fmt::format("directory '{}' holds the checkpoint of a {} source, not "
                                        "of {}",
                                        directory, types.front(), source_type))
      .with_hint(kOneDirectoryEach);
}

}  // namespace

CheckpointFile::CheckpointFile(std::string directory, std::string source_type)
    : directory_(std::move(directory)),
      source_type_(std::move(source_type)),
      path_(fmt::format("{}/{}{}{}", directory_, kPrefix, source_type_, kSuffix)) {}

std::optional<Checkpoint> CheckpointFile::load() const {
  check_family(directory_, source_type_);
  if (const auto finding = find_wide_permissions(path_)) throw to_error(*finding, Fault::state);
  const std::optional<std::string> text = read_file(path_);
  if (!text) return std::nullopt;
  Checkpoint checkpoint = parse_checkpoint(*text, path_);
  if (checkpoint.source_type == source_type_) return checkpoint;
  throw to_error(other_source_type(path_), Fault::state);
}

void CheckpointFile::save(const Checkpoint& checkpoint) const {
  write_file_atomic(path_, to_json_text(checkpoint), kFileMode);
}

std::optional<std::string> CheckpointFile::keep_copy(const std::string& suffix) const {
  const std::optional<std::string> content = read_file(path_);
  if (!content) return std::nullopt;
  const std::string stamped =
      fmt::format("{}.{}.{}", path_, suffix, format_utc_compact(unix_now()));
  std::string name = stamped;
  // Two rewrites in one second must not lose the first copy.
  std::error_code unknown;
  for (int n = 2; std::filesystem::exists(name, unknown); ++n) {
    name = fmt::format("{}-{}", stamped, n);
  }
  write_file_atomic(name, *content, kFileMode);
  return name;
}

std::vector<std::string> checkpoint_types(const std::string& directory) {
  std::error_code error;
  std::filesystem::directory_iterator files(directory, error);
  std::vector<std::string> types;
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    auto type = type_of_file(files->path().filename().native());
    if (type) types.push_back(*std::move(type));
  }
  if (error) {
    throw Error(Fault::state, fmt::format("cannot read the checkpoint directory '{}': {}",
                                          directory, error.message()))
        .with_hint("check the path of the directory and who may read it");
  }
  std::sort(types.begin(), types.end());
  return types;
}

std::optional<Finding> find_wide_permissions(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw system_error(Fault::state, "cannot look at checkpoint file '" + path + "'", errno);
  }
  const mode_t mode = status.st_mode & 0777U;
  if ((mode & ~kFileMode) == 0) return std::nullopt;
  return Finding{"permissions_too_wide",
                 fmt::format("checkpoint file '{}' has permissions {:04o}, wider than {:04o}: "
                             "others could have changed it",
                             path, mode, kFileMode),
                 fmt::format("check its content, then run: chmod 600 '{}'", path)};
}

Finding mixed_source_types(const std::string& directory, const std::vector<std::string>& types) {
  return {"source_types_mixed",
          fmt::format("mixed checkpoint source families found in directory '{}': {}", directory,
                      fmt::join(types, ", ")),
          kOneDirectoryEach};
}

Finding other_source_type(const std::string& path) {
  return {"source_type_differs",
          fmt::format("checkpoint file '{}' says that it is of another source type than its name",
                      path),
          "it was renamed or copied by hand: put the right file back"};
}

void make_checkpoint_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), kDirectoryMode) == 0) {
    sync_directory(directory_of(directory));
    return;
  }
  const int reason = errno;
  std::error_code unknown;
  if (reason == EEXIST && std::filesystem::is_directory(directory, unknown)) return;
  if (reason == EEXIST) {
    throw Error(Fault::usage, "'" + directory + "' is not a directory")
        .with_hint("name a directory for the checkpoint: it is made where it is missing");
  }
  throw system_error(Fault::output, "cannot make the checkpoint directory '" + directory + "'",
                     reason);
}

}  // namespace cdc
