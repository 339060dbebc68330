#include "libcdc/flow/gather.hpp"

#include <doctest/doctest.h>

using cdc::Gather;
using cdc::Instant;
using std::chrono::microseconds;

namespace {

const Instant kBegin = Instant() + std::chrono::hours(1);

void add(Gather& gather, int messages, std::size_t bytes = 80) {
  for (int i = 0; i < messages; ++i) gather.add_message(bytes);
}

}  // namespace

TEST_CASE("a fast stream of small messages is left alone until much of the socket is full") {
  Gather gather(kBegin);
  add(gather, 100);
  const Instant dry = kBegin + microseconds(100);
  const auto until = gather.plan_nap(dry);
  REQUIRE(until);
  // 190 messages of 80 bytes and what the kernel adds, at 1000 messages a millisecond.
  CHECK(*until > dry + microseconds(180));
  CHECK(*until < dry + microseconds(200));
}

TEST_CASE("large messages fill the socket soon") {
  Gather gather(kBegin);
  add(gather, 30, 10000);
  CHECK_FALSE(gather.plan_nap(kBegin + microseconds(60)));

  Gather slower(kBegin);
  add(slower, 30, 10000);
  const Instant dry = kBegin + microseconds(400);
  const auto until = slower.plan_nap(dry);
  REQUIRE(until);
  CHECK(*until < dry + microseconds(100));
}

TEST_CASE("no sleep where the stream is slow, or has hardly begun") {
  Gather slow(kBegin);
  add(slow, 25);
  CHECK_FALSE(slow.plan_nap(kBegin + microseconds(501)));

  Gather begun(kBegin);
  add(begun, 24);
  CHECK_FALSE(begun.plan_nap(kBegin + microseconds(10)));
}

TEST_CASE("a pause ends a burst: what came before says nothing of what comes then") {
  Gather gather(kBegin);
  add(gather, 24);
  const Instant dry = kBegin + microseconds(30);
  CHECK_FALSE(gather.plan_nap(dry));
  SUBCASE("after a pause the next burst is counted from its own beginning") {
    gather.go_on(dry + microseconds(150));
    add(gather, 10);
    CHECK_FALSE(gather.plan_nap(dry + microseconds(160)));
  }
  SUBCASE("a moment without messages is no pause") {
    gather.go_on(dry + microseconds(50));
    add(gather, 10);
    CHECK(gather.plan_nap(dry + microseconds(60)));
  }
}

TEST_CASE("sleeps that last longer than asked for are asked for shorter") {
  Gather gather(kBegin);
  const microseconds late(60);
  Instant now = kBegin + microseconds(100);
  add(gather, 100);
  microseconds slept(0);
  for (int i = 0; i < 40; ++i) {
    const auto until = gather.plan_nap(now);
    REQUIRE(until);
    slept = std::chrono::duration_cast<microseconds>(*until + late - now);
    now = *until + late;
    gather.go_on(now);
    add(gather, static_cast<int>(slept.count()));
  }
  CHECK(slept > microseconds(180));
  CHECK(slept < microseconds(200));
}
