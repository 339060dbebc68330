#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "libcdc/base/clock.hpp"
#include "libcdc/change/batch.hpp"
#include "libcdc/change/position.hpp"

namespace cdc {

/// Orders two resume positions of one source.
using ComparePositions = std::function<std::partial_ordering(std::string_view, std::string_view)>;

/// Where a stream ends by itself, and what is left out at its beginning. Unset: never.
struct Limits {
  std::optional<std::int64_t> until_time;  ///< the last commit time that is wanted
  std::string until_position;              ///< resume position; empty: none
  bool until_snapshot_end = false;         ///< until where the log ends when the snapshot is done
  std::optional<ChangePosition> until_change;  ///< the last change that is wanted
  std::optional<std::uint64_t> max_events;
  std::optional<std::chrono::milliseconds> duration;
  std::optional<std::chrono::milliseconds> idle_exit;
};

/// Cuts batches to the limits and says when they are reached.
class LimitFilter {
 public:
  LimitFilter(Limits limits, ComparePositions compare);

  /// Leaves out of `batch` what is not wanted.
  void apply(Batch& batch, Instant now);

  /// True where --for is over, whatever is still pending.
  bool expired(Instant now) const;
  /// True once the time of --until has passed: what committed up to it lies before the end that the
  /// source's log has now, which `end_at` is to be told.
  bool needs_end() const;
  /// The same of `until_snapshot_end`, once the snapshot is done.
  bool needs_snapshot_end() const {
    return limits_.until_snapshot_end && limits_.until_position.empty();
  }
  /// Nothing beyond `end` is wanted; `position` is where the stream is.
  void end_at(std::string end, std::string_view position);

  /// True where nothing more is wanted. `caught_up`: the source has nothing at hand.
  bool reached(Instant now, bool caught_up) const;
  /// When `reached` turns true without a further batch, at the latest.
  std::optional<Instant> deadline() const;

  /// The clocks of --for and --idle-exit start here, and the stream behind `position`.
  void start(Instant now, std::string_view position);

 private:
  std::size_t end_of_wanted(const Batch& batch);
  std::size_t end_by_boundaries(const Batch& batch) const;
  bool is_beyond(const Change& change) const;
  bool ends_at(const Batch& batch) const;

  Limits limits_;
  ComparePositions compare_;
  bool cuts_;  ///< false where no limit looks at changes: the hot path
  bool done_ = false;
  std::uint64_t events_ = 0;
  Instant started_;
  Instant last_change_;
};

}  // namespace cdc
