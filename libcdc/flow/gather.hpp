#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "libcdc/base/clock.hpp"

namespace cdc {

/// Decides when a short sleep pays: while messages come fast, one receive can then take many of
/// them. A server that decodes a transaction sends in bursts, so the rate is that of the last
/// moments. Clocks are given, so that it can be tested.
class Gather {
 public:
  using Duration = std::chrono::steady_clock::duration;

  explicit Gather(Instant now) : begin_(now), dry_(now) {}

  void add_message(std::size_t bytes) {
    ++messages_;
    bytes_ += bytes;
  }

  /// The socket had nothing more at `now`: until when to sleep, or nothing.
  std::optional<Instant> plan_nap(Instant now);

  /// Receiving goes on, after a sleep or a wait.
  void go_on(Instant now);

 private:
  void begin(Instant now);

  Instant begin_;                 ///< of what is counted
  Instant dry_;                   ///< when there was nothing more
  std::optional<Instant> until_;  ///< of the sleep that goes on
  Duration late_{0};              ///< how much longer than asked for sleeps last
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace cdc
