#include "libcdc/flow/ack_tracker.hpp"

#include <algorithm>
#include <utility>

namespace cdc {

bool is_before(const AckPosition& a, const AckPosition& b, const ComparePositions& compare) {
  const auto order = compare(a.position, b.position);
  return std::is_lt(order) || (std::is_eq(order) && a.ordinal < b.ordinal);
}

AckTracker::AckTracker(const ResumePoint& start, ComparePositions compare)
    : compare_(std::move(compare)), point_(start) {}

void AckTracker::follow(const Batch& batch) {
  auto boundary = batch.boundaries().begin();
  for (std::size_t i = 0; i <= batch.changes().size(); ++i) {
    while (boundary != batch.boundaries().end() && boundary->changes == i) {
      follow_boundary(*boundary++);
    }
    if (i < batch.changes().size()) follow_change(batch.changes()[i]);
  }
}

void AckTracker::follow_boundary(const Boundary& boundary) {
  if (outstanding_.empty()) {
    point_ = {std::string(boundary.resume), std::nullopt};
    return;
  }
  Entry& last = outstanding_.back();
  last.resume = boundary.resume;
  if (last.end.empty()) last.end = boundary.resume;
}

void AckTracker::follow_change(const Change& change) {
  if (change.transaction == nullptr) return;
  const std::string_view transaction = change.transaction->position;
  if (outstanding_.empty() || !outstanding_.back().end.empty()) {
    outstanding_.push_back({std::string(transaction), 0, 0, "", ""});
  }
  outstanding_.back().last_ordinal = change.ordinal;
  ++outstanding_.back().events;
}

void AckTracker::pop_front() {
  point_ = {outstanding_.front().resume, std::nullopt};
  acknowledged_events_ += outstanding_.front().events;
  outstanding_.pop_front();
}

void AckTracker::acknowledge_within(const Entry& entry, std::uint64_t ordinal) {
  const std::uint64_t known = point_.in_transaction ? point_.in_transaction->ordinal : 0;
  if (ordinal > known) point_.in_transaction = {entry.transaction, ordinal};
}

bool AckTracker::acknowledge(const AckPosition& place) {
  while (!outstanding_.empty()) {
    const Entry& entry = outstanding_.front();
    const auto order = compare_(place.position, entry.transaction);
    if (std::is_lt(order)) return true;
    const bool whole = std::is_gt(order) || place.ordinal >= entry.last_ordinal;
    if (whole && !entry.end.empty() &&
        (std::is_eq(order) || std::is_gteq(compare_(place.position, entry.end)))) {
      pop_front();
      continue;
    }
    if (std::is_gt(order) || place.ordinal > entry.last_ordinal) return false;
    acknowledge_within(entry, place.ordinal);
    return true;
  }
  return std::is_lteq(compare_(place.position, point_.position));
}

}  // namespace cdc
