#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libcdc/change/position.hpp"
#include "libcdc/sources/source_type.hpp"
#include "libcdc/state/checkpoint.hpp"
#include "libcdc/state/finding.hpp"

namespace cdcctl {

/// A checkpoint file as it is found, sound or not: for the commands that look, check and repair.
struct FoundCheckpoint {
  std::string source_type;  ///< as its name says
  std::string path;
  const cdc::SourceType* type = nullptr;      ///< null where this build does not have it
  std::optional<cdc::Checkpoint> checkpoint;  ///< nothing where the file cannot be read
  std::optional<cdc::ResumePoint> point;      ///< nothing where its offset cannot be read
  std::vector<cdc::Finding> problems;         ///< everything that keeps `tail` from using it
};

/// Looks at one file, without the network. Nothing where there is none.
std::optional<FoundCheckpoint> find_checkpoint(const std::string& directory,
                                               const std::string& source_type);

/// Every checkpoint in the directory, by name. Throws state where there is no such directory or no
/// checkpoint in it.
std::vector<FoundCheckpoint> find_checkpoints(const std::string& directory);

/// "0/16B6A70", or in the middle of a transaction "0/16B6A70#2".
std::string point_text(const cdc::ResumePoint& point);

}  // namespace cdcctl
