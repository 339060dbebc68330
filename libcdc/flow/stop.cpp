#include "libcdc/flow/stop.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "libcdc/base/error.hpp"

namespace cdc {

Stop::Stop() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw system_error(Fault::internal, "cannot make an event descriptor", errno);
}

void Stop::request() noexcept {
  requested_.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  // The only failure is a counter that is full, and then it is readable already.
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

bool wait_for(int fd, short events, std::chrono::steady_clock::time_point deadline,
              const Stop& stop) {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
  if (left.count() < 0) return false;
  std::array<pollfd, 2> watched = {pollfd{fd, events, 0}, pollfd{stop.fd(), POLLIN, 0}};
  const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(left.count()) + 1);
  if (stop.requested()) throw Interrupted();
  return ready > 0 || steady_clock::now() < deadline;
}

void sleep_for(std::chrono::milliseconds duration, const Stop& stop) {
  wait_for(-1, 0, std::chrono::steady_clock::now() + duration, stop);
}

}  // namespace cdc
