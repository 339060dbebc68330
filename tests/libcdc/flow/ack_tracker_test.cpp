#include "libcdc/flow/ack_tracker.hpp"

#include <doctest/doctest.h>

#include "tests/libcdc/flow/fakes.hpp"

using namespace cdc;
using fake::rows;
using fake::safe_point;
using fake::text;

namespace {

AckTracker tracker_at(const ResumePoint& start = {"5", std::nullopt}) {
  return {start, fake::compare};
}

/// 10 to 11 with two changes, 20 to 21 with three.
AckTracker with_two_transactions() {
  AckTracker tracker = tracker_at();
  Batch batch;
  rows(batch, "10", 1, 2);
  safe_point(batch, "11");
  rows(batch, "20", 1, 3);
  safe_point(batch, "21");
  tracker.follow(batch);
  return tracker;
}

}  // namespace

TEST_CASE("acknowledged changes move the point by whole transactions and inside them") {
  AckTracker tracker = with_two_transactions();
  CHECK(text(tracker.point()) == "5");
  CHECK_FALSE(tracker.all_acknowledged());

  CHECK(tracker.acknowledge({"10", 1}));
  CHECK(text(tracker.point()) == "5+10#1");
  CHECK(tracker.acknowledged_events() == 1);

  CHECK(tracker.acknowledge({"20", 1}));
  CHECK(text(tracker.point()) == "11+20#1");
  CHECK(tracker.acknowledged_events() == 3);

  CHECK(tracker.acknowledge({"20", 3}));
  CHECK(text(tracker.point()) == "21");
  CHECK(tracker.acknowledged_events() == 5);
  CHECK(tracker.all_acknowledged());
}

TEST_CASE("changes are counted once, whatever a filter left out between them") {
  AckTracker tracker = tracker_at();
  Batch batch;
  rows(batch, "10", 0, 2);
  rows(batch, "10", 5, 5);
  rows(batch, "10", 5, 7);
  safe_point(batch, "11");
  tracker.follow(batch);

  const std::vector<std::pair<std::uint64_t, std::uint64_t>> counts = {{1, 2}, {1, 2}, {4, 3},
                                                                       {6, 6}, {5, 6}, {7, 7}};
  for (const auto& [ordinal, events] : counts) {
    CHECK(tracker.acknowledge({"10", ordinal}));
    CHECK(tracker.acknowledged_events() == events);
  }
  CHECK(text(tracker.point()) == "11");
}

TEST_CASE("a place that was passed before changes nothing") {
  AckTracker tracker = with_two_transactions();
  CHECK(tracker.acknowledge({"20", 2}));
  CHECK(tracker.acknowledge({"20", 1}));
  CHECK(tracker.acknowledge({"10", 2}));
  CHECK(tracker.acknowledge({"3", 0}));
  CHECK(text(tracker.point()) == "11+20#2");

  AckTracker inside = tracker_at({"11", ChangePosition{"20", 2}});
  CHECK(inside.acknowledge({"20", 2}));
  CHECK(inside.acknowledge({"10", 9}));
  CHECK(text(inside.point()) == "11+20#2");
}

TEST_CASE("a place beyond everything that was written is told") {
  AckTracker tracker = with_two_transactions();
  CHECK_FALSE(tracker.acknowledge({"30", 1}));
  CHECK_FALSE(tracker_at().acknowledge({"10", 1}));
  CHECK_FALSE(tracker_at({"11", ChangePosition{"20", 2}}).acknowledge({"20", 3}));
  // Only begun: its changes up to the second were written.
  AckTracker begun = tracker_at();
  Batch batch;
  rows(batch, "10", 1, 2);
  begun.follow(batch);
  CHECK_FALSE(begun.acknowledge({"10", 3}));
  CHECK(begun.acknowledge({"10", 2}));
  CHECK(text(begun.point()) == "5+10#2");
}

TEST_CASE("a resume position acknowledges all before it and nothing of what begins there") {
  AckTracker tracker = tracker_at();
  Batch batch;
  rows(batch, "10", 1, 2);
  safe_point(batch, "20");
  // Its commit record follows at once, so its own position is where the first one ended; with all
  // of its rows filtered only its begin and commit lines are written.
  batch.add(fake::change(batch, Op::begin, "20", 0));
  batch.add(fake::change(batch, Op::commit, "20", 0));
  safe_point(batch, "21");
  tracker.follow(batch);

  CHECK(tracker.acknowledge({"20", 0}));
  CHECK(text(tracker.point()) == "20");
  CHECK_FALSE(tracker.all_acknowledged());
  CHECK(tracker.acknowledge({"21", 0}));
  CHECK(text(tracker.point()) == "21");
  CHECK(tracker.all_acknowledged());
}

TEST_CASE("idle advances move the point when nothing is outstanding, else with what is before") {
  AckTracker tracker = tracker_at();
  Batch batch;
  safe_point(batch, "7");
  tracker.follow(batch);
  CHECK(text(tracker.point()) == "7");

  batch.reset();
  rows(batch, "10", 1, 1);
  safe_point(batch, "11");
  tracker.follow(batch);
  batch.reset();
  fake::progress(batch, "15");
  tracker.follow(batch);
  CHECK(text(tracker.point()) == "7");
  CHECK(tracker.acknowledge({"10", 1}));
  CHECK(text(tracker.point()) == "15");
  CHECK(tracker.acknowledge({"15", 0}));
  CHECK_FALSE(tracker.acknowledge({"16", 0}));
}

TEST_CASE("a transaction in several batches is one, also after a start inside it") {
  AckTracker tracker = tracker_at({"11", ChangePosition{"20", 2}});
  Batch batch;
  rows(batch, "20", 3, 3);
  tracker.follow(batch);
  batch.reset();
  rows(batch, "20", 4, 4);
  tracker.follow(batch);
  CHECK(tracker.acknowledge({"20", 1}));
  CHECK(text(tracker.point()) == "11+20#2");
  CHECK(tracker.acknowledge({"20", 4}));
  CHECK(text(tracker.point()) == "11+20#4");
  batch.reset();
  safe_point(batch, "21");
  tracker.follow(batch);
  CHECK(tracker.acknowledge({"20", 4}));
  CHECK(text(tracker.point()) == "21");
}

TEST_CASE("the place in one transaction says nothing of another") {
  AckTracker tracker = tracker_at({"5", ChangePosition{"10", 7}});
  Batch batch;
  rows(batch, "20", 1, 3);
  tracker.follow(batch);
  CHECK(tracker.acknowledge({"20", 2}));
  CHECK(text(tracker.point()) == "5+20#2");
}

TEST_CASE("so much outstanding that the source should rest") {
  AckTracker tracker = tracker_at();
  Batch batch;
  for (int i = 1; i <= 65536; ++i) {
    const std::string at = std::to_string(i * 10);
    rows(batch, at, 1, 1);
    safe_point(batch, std::to_string(i * 10 + 1));
  }
  CHECK_FALSE(tracker.is_full());
  tracker.follow(batch);
  CHECK(tracker.is_full());
  CHECK(tracker.acknowledge({"10", 1}));
  CHECK_FALSE(tracker.is_full());
}

TEST_CASE("places are ordered by position and ordinal") {
  CHECK(is_before({"9", 5}, {"10", 1}, fake::compare));
  CHECK(is_before({"10", 1}, {"10", 2}, fake::compare));
  CHECK_FALSE(is_before({"10", 2}, {"10", 2}, fake::compare));
  CHECK_FALSE(is_before({"11", 0}, {"10", 2}, fake::compare));
}
