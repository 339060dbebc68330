#pragma once

#include <cstdint>

#include "libcdc/change/position.hpp"

namespace cdc {

/// Remembers a position so that it survives a crash.
class PositionStore {
 public:
  virtual ~PositionStore() = default;

  /// `events` more changes have been delivered since the last call. Throws output where it cannot
  /// be written, refused where the lease was lost.
  virtual void save(const ResumePoint& point, std::uint64_t events) = 0;
};

}  // namespace cdc
