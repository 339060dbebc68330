#pragma once

#include <cstddef>
#include <string>

#include "libcdc/sources/source_type.hpp"

namespace cdc {

/// How much memory all transactions that a source holds may take; what is more goes to files in
/// `directory`.
struct HoldLimits {
  std::size_t memory = std::size_t{40} * 1024 * 1024;
  std::string directory = "/var/tmp";
};

/// What --memory-limit leaves for them beside the rest of the process.
HoldLimits hold_limits(const SourceRequest& request);

}  // namespace cdc
