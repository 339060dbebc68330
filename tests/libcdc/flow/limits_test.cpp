#include "libcdc/flow/limits.hpp"

#include <doctest/doctest.h>

#include "tests/libcdc/flow/fakes.hpp"

using namespace cdc;
using namespace std::chrono_literals;
using fake::rows;
using fake::safe_point;

namespace {

const Instant kStart = Instant{} + 1h;

/// What is left of three transactions: 10 to 11 at time 100, 20 to 21 at 200, 30 to 31 at 150.
std::string cut(LimitFilter& filter) {
  Batch batch;
  rows(batch, "10", 1, 2, 100);
  safe_point(batch, "11", 100);
  rows(batch, "20", 1, 3, 200);
  safe_point(batch, "21", 200);
  rows(batch, "30", 1, 1, 150);
  safe_point(batch, "31", 150);
  filter.apply(batch, kStart);
  std::string left;
  std::size_t next = 0;
  for (std::size_t i = 0; i <= batch.changes().size(); ++i) {
    if (next < batch.boundaries().size() && batch.boundaries()[next].changes == i) {
      left += "|" + std::string(batch.boundaries()[next++].resume) + " ";
    }
    if (i == batch.changes().size()) break;
    const Change& change = batch.changes()[i];
    left +=
        to_text(ChangePosition{std::string(change.transaction->position), change.ordinal}) + " ";
  }
  return left;
}

LimitFilter filter_of(const Limits& limits, std::string_view position = "5") {
  LimitFilter filter(limits, fake::compare);
  filter.start(kStart, position);
  return filter;
}

constexpr const char* kAll = "10#1 10#2 |11 20#1 20#2 20#3 |21 30#1 |31 ";

}  // namespace

TEST_CASE("without limits everything passes and nothing ends") {
  LimitFilter filter = filter_of({});
  CHECK(cut(filter) == kAll);
  CHECK_FALSE(filter.reached(kStart + 1000h, true));
  CHECK_FALSE(filter.deadline());
}

TEST_CASE("--max-events") {
  Limits limits;
  const auto left = [&](std::uint64_t most) {
    limits.max_events = most;
    LimitFilter filter = filter_of(limits);
    const std::string text = cut(filter);
    CHECK(filter.reached(kStart, false) == (most <= 6));
    return text;
  };
  CHECK(left(1) == "10#1 ");
  CHECK(left(2) == "10#1 10#2 |11 ");
  CHECK(left(3) == "10#1 10#2 |11 20#1 ");
  CHECK(left(6) == kAll);
  CHECK(left(7) == kAll);
}

TEST_CASE("--max-events counts over batches") {
  Limits limits;
  limits.max_events = 7;
  LimitFilter filter = filter_of(limits);
  cut(filter);
  CHECK_FALSE(filter.reached(kStart, true));
  CHECK(cut(filter) == "10#1 ");
  CHECK(filter.reached(kStart, false));
}

TEST_CASE("--until a resume position takes the transactions that end there or before") {
  Limits limits;
  const auto left = [&](const char* position) {
    limits.until_position = position;
    LimitFilter filter = filter_of(limits);
    const std::string text = cut(filter);
    CHECK(filter.reached(kStart, false));
    return text;
  };
  CHECK(left("11") == "10#1 10#2 |11 ");
  CHECK(left("20") == "10#1 10#2 |11 ");
  CHECK(left("21") == "10#1 10#2 |11 20#1 20#2 20#3 |21 ");
  CHECK(left("31") == kAll);

  limits.until_position = "32";
  LimitFilter filter = filter_of(limits);
  CHECK(cut(filter) == kAll);
  CHECK_FALSE(filter.reached(kStart, true));
  Batch idle;
  safe_point(idle, "33");
  filter.apply(idle, kStart);
  CHECK(filter.reached(kStart, true));
}

TEST_CASE("--until a position that transactions do not compare with ends where safe points say") {
  // As a set of GTIDs does: what lies behind a transaction has one, its place in a file has none.
  const auto compare = [](std::string_view a, std::string_view b) {
    return a.ends_with('0') ? std::partial_ordering::unordered : fake::compare(a, b);
  };
  Limits limits;
  const auto left = [&](const char* position) {
    limits.until_position = position;
    LimitFilter filter(limits, compare);
    filter.start(kStart, "5");
    const std::string text = cut(filter);
    CHECK(filter.reached(kStart, false));
    return text;
  };
  CHECK(left("11") == "10#1 10#2 |11 ");
  CHECK(left("12") == "10#1 10#2 |11 20#1 20#2 20#3 |21 ");
  CHECK(left("31") == kAll);
}

TEST_CASE("--until is reached where the source has come to, if it must go on from before that") {
  Limits limits;
  limits.until_position = "31";
  LimitFilter filter = filter_of(limits);
  Batch batch;
  rows(batch, "30", 1, 1, 150);
  safe_point(batch, "8", 150);
  batch.reach("31");
  filter.apply(batch, kStart);
  CHECK(filter.reached(kStart, false));
  CHECK(batch.changes().size() == 1);
}

TEST_CASE("--until a resume position leaves out a progress line beyond it") {
  Limits limits;
  limits.until_position = "12";
  LimitFilter filter = filter_of(limits);
  Batch batch;
  fake::progress(batch, "12");
  fake::progress(batch, "13");
  filter.apply(batch, kStart);
  CHECK(batch.changes().size() == 1);
  CHECK(filter.reached(kStart, false));
}

TEST_CASE("--until a change") {
  Limits limits;
  const auto left = [&](std::uint64_t ordinal) {
    limits.until_change = ChangePosition{"20", ordinal};
    LimitFilter filter = filter_of(limits);
    const std::string text = cut(filter);
    CHECK(filter.reached(kStart, false));
    return text;
  };
  CHECK(left(0) == "10#1 10#2 |11 ");
  CHECK(left(1) == "10#1 10#2 |11 20#1 ");
  CHECK(left(3) == "10#1 10#2 |11 20#1 20#2 20#3 |21 ");
  // Never written: its transaction ends before.
  CHECK(left(9) == "10#1 10#2 |11 20#1 20#2 20#3 |21 ");
}

TEST_CASE("--until a place that the start has passed ends at once") {
  Limits limits;
  limits.until_position = "11";
  CHECK_FALSE(filter_of(limits, "10").reached(kStart, false));
  CHECK(filter_of(limits, "11").reached(kStart, false));
  CHECK_FALSE(filter_of(limits, "").reached(kStart, false));

  limits = {};
  limits.until_change = ChangePosition{"10", 2};
  CHECK_FALSE(filter_of(limits, "10").reached(kStart, false));
  CHECK(filter_of(limits, "11").reached(kStart, false));
}

TEST_CASE("--until TIME ends at the first later commit, or where the log ends behind it") {
  Limits limits;
  limits.until_time = 150;
  LimitFilter filter = filter_of(limits);
  CHECK_FALSE(filter.reached(kStart, true));
  CHECK(cut(filter) == "10#1 10#2 |11 ");
  CHECK(filter.reached(kStart, false));

  filter = filter_of(limits);
  REQUIRE(filter.needs_end());
  SUBCASE("which the stream has yet to reach") {
    filter.end_at("11", "10");
    CHECK_FALSE(filter.needs_end());
    CHECK_FALSE(filter.reached(kStart, true));
    cut(filter);
    CHECK(filter.reached(kStart, false));
  }
  SUBCASE("which the stream has reached") {
    filter.end_at("11", "11");
    CHECK(filter.reached(kStart, false));
  }

  limits.until_time = unix_now();
  CHECK_FALSE(filter_of(limits).needs_end());
}

TEST_CASE("--for and --idle-exit have their deadlines") {
  Limits limits;
  limits.duration = 10s;
  limits.idle_exit = 3s;
  LimitFilter filter = filter_of(limits);
  CHECK(filter.deadline() == kStart + 3s);
  CHECK_FALSE(filter.reached(kStart + 2s, true));
  CHECK_FALSE(filter.reached(kStart + 4s, false));
  CHECK(filter.reached(kStart + 3s, true));
  CHECK(filter.reached(kStart + 10s, false));

  Batch batch;
  rows(batch, "10", 1, 1);
  filter.apply(batch, kStart + 2s);
  CHECK_FALSE(filter.reached(kStart + 4s, true));
  CHECK(filter.deadline() == kStart + 5s);
}

TEST_CASE("a progress line is no change to --idle-exit") {
  Limits limits;
  limits.idle_exit = 3s;
  LimitFilter filter = filter_of(limits);
  Batch batch;
  fake::progress(batch, "12");
  filter.apply(batch, kStart + 2s);
  CHECK(filter.reached(kStart + 3s, true));
}
