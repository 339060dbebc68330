#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libcdc/state/checkpoint.hpp"
#include "libcdc/state/finding.hpp"

namespace cdc {

/// The checkpoint of one source in its directory: `DIR/checkpoint_<source_type>.json`, mode 0600,
/// replaced atomically.
class CheckpointFile {
 public:
  CheckpointFile(std::string directory, std::string source_type);

  const std::string& path() const { return path_; }

  /// Reads it; nothing where there is none. Throws state: permissions wider than 0600 (with the
  /// chmod), another source's checkpoint in the directory, or what parse_checkpoint throws.
  std::optional<Checkpoint> load() const;

  /// Replaces it. Throws output.
  void save(const Checkpoint& checkpoint) const;

  /// Copies the current file to `<path>.<suffix>.<UTC time>` and returns that name; nothing where
  /// there is no file. Never replaces an earlier copy. Throws state and output.
  std::optional<std::string> keep_copy(const std::string& suffix) const;

 private:
  std::string directory_;
  std::string source_type_;
  std::string path_;
};

/// The source types that have a checkpoint in `directory`, sorted; `_snapshot` files and backups
/// are not counted. Throws state where the directory cannot be read.
std::vector<std::string> checkpoint_types(const std::string& directory);

/// What is wrong about a file before its content is looked at: permissions wider than 0600 (with
/// the chmod). Nothing too where there is no such file. Throws state where it cannot be looked at.
std::optional<Finding> find_wide_permissions(const std::string& path);
/// Checkpoints of several source types in one directory.
Finding mixed_source_types(const std::string& directory, const std::vector<std::string>& types);
/// A file whose content is of another source type than its name.
Finding other_source_type(const std::string& path);

/// Makes `directory` (0700) where it does not exist, in a parent that does. Throws output.
void make_checkpoint_directory(const std::string& directory);

}  // namespace cdc
