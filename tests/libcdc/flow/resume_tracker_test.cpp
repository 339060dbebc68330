#include "libcdc/flow/resume_tracker.hpp"

#include <doctest/doctest.h>

#include "tests/libcdc/flow/fakes.hpp"

using namespace cdc;
using fake::rows;
using fake::safe_point;
using fake::text;

TEST_CASE("the place behind a batch is its last safe point and what follows it") {
  ResumeTracker tracker;
  tracker.reset({"5", std::nullopt});
  Batch batch;

  SUBCASE("nothing") {
    CHECK(text(tracker.point()) == "5");
  }
  SUBCASE("inside the first transaction") {
    rows(batch, "10", 1, 2);
    tracker.follow(batch);
    CHECK(text(tracker.point()) == "5+10#2");
  }
  SUBCASE("at its end") {
    rows(batch, "10", 1, 2);
    safe_point(batch, "11");
    tracker.follow(batch);
    CHECK(text(tracker.point()) == "11");
  }
  SUBCASE("inside the second") {
    rows(batch, "10", 1, 2);
    safe_point(batch, "11");
    rows(batch, "20", 1, 1);
    tracker.follow(batch);
    CHECK(text(tracker.point()) == "11+20#1");
  }
  SUBCASE("an empty batch changes nothing, an idle advance ends what was open") {
    rows(batch, "10", 1, 2);
    tracker.follow(batch);
    batch.reset();
    tracker.follow(batch);
    CHECK(text(tracker.point()) == "5+10#2");
    safe_point(batch, "11");
    tracker.follow(batch);
    CHECK(text(tracker.point()) == "11");
  }
  SUBCASE("a progress line") {
    fake::progress(batch, "17");
    tracker.follow(batch);
    CHECK(text(tracker.point()) == "17");
  }
}
