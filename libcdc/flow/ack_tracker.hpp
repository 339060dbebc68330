#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/change/batch.hpp"
#include "libcdc/change/position.hpp"
#include "libcdc/flow/limits.hpp"

namespace cdc {

/// A place that a consumer has acknowledged: a change, or, with ordinal 0, all that is before a
/// resume position.
struct AckPosition {
  std::string position;
  std::uint64_t ordinal = 0;
};

/// Orders places of one source by position and ordinal.
bool is_before(const AckPosition& a, const AckPosition& b, const ComparePositions& compare);

/// Knows what has been written and not yet acknowledged, and turns the `pos` that a consumer hands
/// back into where to go on after it.
class AckTracker {
 public:
  AckTracker(ResumePoint start, ComparePositions compare);

  /// Remembers what `batch` holds.
  void follow(const Batch& batch);

  /// Everything up to this place has been processed. False where it lies beyond everything that was
  /// written. A place that was passed before changes nothing.
  bool acknowledge(const AckPosition& place);

  /// Where to go on behind what was acknowledged.
  const ResumePoint& point() const { return point_; }
  std::uint64_t acknowledged_events() const { return acknowledged_events_; }
  bool all_acknowledged() const { return outstanding_.empty(); }
  /// True where so much is outstanding that the source should rest.
  bool is_full() const { return outstanding_.size() >= kMostOutstanding; }

 private:
  static constexpr std::size_t kMostOutstanding = 65536;

  /// Changes whose ordinals follow each other.
  struct Stretch {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };

  /// A transaction of which something was written.
  struct Entry {
    std::string transaction;
    std::uint64_t last_ordinal = 0;
    std::vector<Stretch> stretches;  ///< what was written of it
    std::size_t counted = 0;         ///< how many of these are acknowledged whole
    std::string end;                 ///< its own resume position; empty while it is not complete
    std::string resume;              ///< the last safe point before the next entry
  };

  void follow_boundary(const Boundary& boundary);
  void follow_change(const Change& change);
  void acknowledge_within(Entry& entry, std::uint64_t ordinal);
  void count(Entry& entry, std::uint64_t ordinal);
  bool is_passed(const AckPosition& place) const;
  bool is_whole(const Entry& entry, const AckPosition& place) const;
  void pop_front();

  ComparePositions compare_;
  ResumePoint point_;
  std::deque<Entry> outstanding_;
  std::uint64_t acknowledged_events_ = 0;
};

}  // namespace cdc
