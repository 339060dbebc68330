#pragma once

#include <atomic>
#include <chrono>
#include <exception>

#include "libcdc/base/fd.hpp"

namespace cdc {

/// A polite request to end, set from a signal handler or another thread, seen by whoever waits.
class Stop {
 public:
  Stop();

  /// Asks everyone to stop. Safe in a signal handler.
  void request() noexcept;
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }
  /// Readable from the first request on: for poll(2) beside other descriptors.
  int fd() const { return event_.get(); }

 private:
  std::atomic<bool> requested_{false};
  Fd event_;
};

/// Thrown out of a wait when Stop is requested: not an error, the way out of nested calls.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// Waits until `fd` has one of poll(2)'s `events`, or until `deadline`; false at the deadline. May
/// return true early. Throws Interrupted when Stop is requested.
bool wait_for(int fd, short events, std::chrono::steady_clock::time_point deadline,
              const Stop& stop);
/// Waits without burning the processor; ends early with Interrupted.
void sleep_for(std::chrono::milliseconds duration, const Stop& stop);

}  // namespace cdc
