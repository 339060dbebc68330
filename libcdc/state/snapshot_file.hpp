#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cdc {

/// In a checkpoint's offset: the id of the snapshot that is under way.
inline constexpr const char* kSnapshot = "snapshot";

/// The progress of a snapshot that is under way: `DIR/checkpoint_<source_type>_snapshot.json`, mode
/// 0600, replaced atomically, gone when the snapshot is complete. What it says of the output's file
/// stands above what the checkpoint says, which is written after it.
class SnapshotFile {
 public:
  SnapshotFile(const std::string& directory, const std::string& source_type);

  const std::string& path() const { return path_; }

  struct Content {
    std::string progress;   ///< JSON text of the source
    nlohmann::json output;  ///< as Checkpoint::output
  };
  /// Throws state where it is not there, not of snapshot `id`, or has wide permissions.
  Content load(const std::string& id) const;

  /// Replaces it and returns the snapshot's id, which `progress` holds. Throws output.
  std::string save(const std::string& progress, const nlohmann::json& output,
                   const std::string& updated_at) const;

  /// The id of the snapshot whose progress this is.
  static std::string id_of(const std::string& progress);

  /// True where there was one.
  bool remove() const;

 private:
  std::string directory_;
  std::string path_;
};

}  // namespace cdc
