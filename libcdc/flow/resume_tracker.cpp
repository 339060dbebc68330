#include "libcdc/flow/resume_tracker.hpp"

#include <string>

namespace cdc {

void ResumeTracker::follow(const Batch& batch) {
  std::size_t done = 0;
  if (!batch.boundaries().empty()) {
    point_.position = batch.boundaries().back().resume;
    point_.in_transaction.reset();
    point_.snapshot = batch.boundaries().back().snapshot;
    done = batch.boundaries().back().changes;
  }
  if (batch.changes().size() == done) return;
  const Change& last = batch.changes().back();
  if (last.transaction == nullptr) return;
  point_.in_transaction = {std::string(last.transaction->position), last.ordinal};
}

}  // namespace cdc
