#include "libcdc/sources/hold_limits.hpp"

#include <algorithm>

namespace cdc {
namespace {

/// What the process takes beside held transactions.
constexpr std::size_t kMemoryOfTheRest = std::size_t{24} * 1024 * 1024;

}  // namespace

HoldLimits hold_limits(const SourceRequest& request) {
  const std::size_t least = request.memory_limit / 4;
  const std::size_t left = request.memory_limit - std::min(request.memory_limit, kMemoryOfTheRest);
  return {std::max(left, least), request.spill_directory};
}

}  // namespace cdc
