#include "libcdc/flow/stop.hpp"

#include <sys/eventfd.h>

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

}  // namespace cdc
