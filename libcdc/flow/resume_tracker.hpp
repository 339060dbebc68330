#pragma once

#include "libcdc/change/batch.hpp"
#include "libcdc/change/position.hpp"

namespace cdc {

/// Follows a stream of batches and knows where to go on behind the last of them.
class ResumeTracker {
 public:
  /// Begins again at `point`.
  void reset(const ResumePoint& point) { point_ = point; }
  void follow(const Batch& batch);

  const ResumePoint& point() const { return point_; }

 private:
  ResumePoint point_;
};

}  // namespace cdc
