#include "libcdc/sources/postgres/silence.hpp"

#include <algorithm>

namespace cdc::postgres {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{5000};

}  // namespace

Silence::Step Silence::next(Instant now) {
  if (asked_ && now - *asked_ > longest_) return Step::give_up;
  if (data_came_) {
    data_came_ = false;
    pause_ = kFirstPause;
    next_ = now + pause_;
  }
  if (now < next_) return Step::wait;
  if (!asked_) asked_ = now;
  next_ = now + pause_;
  pause_ = std::min(pause_ * 2, kLongestPause);
  return Step::ask;
}

}  // namespace cdc::postgres
