#include "libcdc/sources/postgres/silence.hpp"

#include <doctest/doctest.h>

using cdc::Instant;
using cdc::postgres::Silence;
using Step = cdc::postgres::Silence::Step;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const Instant kBegin = Instant() + std::chrono::hours(1);

/// Asks every millisecond from `begin` what is due; returns when it is `step`, if within `longest`.
std::optional<milliseconds> when(Silence& silence, Step step, Instant begin,
                                 milliseconds longest = minutes(10)) {
  for (milliseconds passed{0}; passed <= longest; ++passed) {
    if (silence.next(begin + passed) == step) return passed;
  }
  return {};
}

}  // namespace

TEST_CASE("a server that answers nothing is given up after the longest silence, not before") {
  Silence silence{minutes(5)};
  CHECK(silence.next(kBegin) == Step::ask);
  CHECK(when(silence, Step::give_up, kBegin) == minutes(5) + milliseconds(1));
  CHECK(silence.asked() == kBegin);
}

TEST_CASE("any frame ends the silence") {
  Silence silence{minutes(5)};
  CHECK(silence.next(kBegin) == Step::ask);
  CHECK_FALSE(when(silence, Step::give_up, kBegin, minutes(5)));
  silence.end();
  CHECK_FALSE(silence.asked());
  // Silence counts from the next question on.
  const Instant later = kBegin + minutes(5) + seconds(10);
  CHECK(silence.next(later) == Step::ask);
  CHECK(when(silence, Step::give_up, later) == minutes(5) + milliseconds(1));
}

TEST_CASE("a server that nobody asked is not given up: a stalled consumer is not its fault") {
  Silence silence{minutes(5)};
  CHECK(silence.next(kBegin) == Step::ask);
  silence.end_with_data();
  CHECK(silence.next(kBegin + minutes(20)) == Step::wait);
  CHECK(silence.next(kBegin + minutes(20) + seconds(1)) == Step::ask);
}

TEST_CASE("questions come soon after data and then ever more rarely") {
  Silence silence{minutes(5)};
  silence.end_with_data();
  Instant at = kBegin;
  for (const int expected : {50, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
    const auto pause = when(silence, Step::ask, at, seconds(6));
    REQUIRE(pause);
    CHECK(pause->count() == expected);
    at += *pause;
    silence.end();
  }
  silence.end_with_data();
  CHECK(when(silence, Step::ask, at) == milliseconds(50));
}
