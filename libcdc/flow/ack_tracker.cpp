#include "libcdc/flow/ack_tracker.hpp"

#include <algorithm>
#include <utility>

namespace cdc {

bool is_before(const AckPosition& a, const AckPosition& b, const ComparePositions& compare) {
  const auto order = compare(a.position, b.position);
  return std::is_lt(order) || (std::is_eq(order) && a.ordinal < b.ordinal);
}

AckTracker::AckTracker(ResumePoint start, ComparePositions compare)
    : compare_(std::move(compare)), point_(std::move(start)) {}

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
    outstanding_.push_back({std::string(transaction), 0, {}, 0, "", ""});
  }
  Entry& entry = outstanding_.back();
  entry.last_ordinal = change.ordinal;
  const bool follows =
      !entry.stretches.empty() && entry.stretches.back().last + 1 == change.ordinal;
  if (follows) {
    entry.stretches.back().last = change.ordinal;
  } else {
    entry.stretches.push_back({change.ordinal, change.ordinal});
  }
}

/// Counts what is acknowledged up to `ordinal` and was not counted before.
void AckTracker::count(Entry& entry, std::uint64_t ordinal) {
  for (; entry.counted < entry.stretches.size(); ++entry.counted) {
    Stretch& stretch = entry.stretches[entry.counted];
    if (stretch.first > ordinal) return;
    const std::uint64_t last = std::min(stretch.last, ordinal);
    acknowledged_events_ += last + 1 - stretch.first;
    stretch.first = last + 1;
    if (last < stretch.last) return;
  }
}

void AckTracker::pop_front() {
  point_ = {outstanding_.front().resume, std::nullopt};
  count(outstanding_.front(), outstanding_.front().last_ordinal);
  outstanding_.pop_front();
}

void AckTracker::acknowledge_within(Entry& entry, std::uint64_t ordinal) {
  if (ordinal == 0 || is_passed({entry.transaction, ordinal})) return;
  point_.in_transaction = {entry.transaction, ordinal};
  count(entry, ordinal);
}

bool AckTracker::is_passed(const AckPosition& place) const {
  const auto order = compare_(place.position, point_.position);
  if (std::is_lt(order) || (std::is_eq(order) && place.ordinal == 0)) return true;
  return point_.in_transaction &&
         std::is_eq(compare_(place.position, point_.in_transaction->transaction)) &&
         place.ordinal <= point_.in_transaction->ordinal;
}

bool AckTracker::is_whole(const Entry& entry, const AckPosition& place) const {
  if (entry.end.empty()) return false;
  const auto order = compare_(place.position, entry.transaction);
  // Without an ordinal it is a resume position, which can equal the place of the next transaction.
  if (std::is_eq(order)) return place.ordinal != 0 && place.ordinal >= entry.last_ordinal;
  return std::is_gteq(compare_(place.position, entry.end));
}

bool AckTracker::acknowledge(const AckPosition& place) {
  while (!outstanding_.empty()) {
    Entry& entry = outstanding_.front();
    const auto order = compare_(place.position, entry.transaction);
    if (std::is_lt(order)) return true;
    if (is_whole(entry, place)) {
      pop_front();
      continue;
    }
    if (!std::is_eq(order) || place.ordinal > entry.last_ordinal) return false;
    acknowledge_within(entry, place.ordinal);
    return true;
  }
  return is_passed(place);
}

}  // namespace cdc
