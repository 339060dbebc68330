#include "libcdc/sources/postgres/heartbeat.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::postgres;
using std::chrono::milliseconds;
using std::chrono::seconds;
using News = HeartbeatSchedule::News;
using Outcome = HeartbeatSchedule::Outcome;

namespace {

const Instant kBegin = Instant() + std::chrono::hours(1);

void check_usage(std::string_view interval, std::string_view table, std::string_view slot = "s") {
  CAPTURE(interval);
  CAPTURE(table);
  try {
    read_heartbeat(interval, table, slot);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    CHECK_FALSE(error.hint().empty());
  }
}

}  // namespace

TEST_CASE("a heartbeat is off until an interval is given") {
  CHECK_FALSE(read_heartbeat("", "", "s"));
  const auto message = read_heartbeat("10s", "", "");
  REQUIRE(message);
  CHECK(message->interval == seconds(10));
  CHECK_FALSE(message->has_table());
  CHECK(read_heartbeat("100ms", "", "")->interval == milliseconds(100));
}

TEST_CASE("an interval that is none, or too short, is refused") {
  for (const char* interval : {"10", "x", "0s", "99ms", "-1s"}) check_usage(interval, "");
  check_usage("", "public.beats");
}

TEST_CASE("a heartbeat's table is one table, and its row has the name of a lasting slot") {
  const auto options = read_heartbeat("1m", "Ops.Beats", "orders");
  REQUIRE(options);
  CHECK(options->schema == "Ops");
  CHECK(options->table == "Beats");
  CHECK(options->slot == "orders");
  for (const char* table : {"beats", ".beats", "ops.", "a.b.c", "ops.*", "o?s.beats", "."}) {
    check_usage("1m", table);
  }
  check_usage("1m", "ops.beats", "");
}

TEST_CASE("only what a heartbeat writes is one") {
  LogicalMessage message;
  message.transactional = true;
  message.prefix = "cdcctl.heartbeat";
  CHECK(is_heartbeat(message));
  message.content = "x";
  CHECK_FALSE(is_heartbeat(message));
  message.content = "";
  message.prefix = "cdcctl.heartbeats";
  CHECK_FALSE(is_heartbeat(message));
  message.prefix = "cdcctl.heartbeat";
  message.transactional = false;
  CHECK_FALSE(is_heartbeat(message));
}

TEST_CASE("a beat is due after each interval, and never while one is under way") {
  HeartbeatSchedule schedule(seconds(10), kBegin);
  CHECK_FALSE(schedule.due(kBegin));
  CHECK_FALSE(schedule.due(kBegin + milliseconds(9999)));
  CHECK(schedule.due(kBegin + seconds(10)));
  // A stream that was held up does not make up for what it missed.
  schedule.begin(kBegin + seconds(35));
  CHECK_FALSE(schedule.due(kBegin + seconds(50)));
  schedule.end(Outcome::written);
  CHECK(schedule.due(kBegin + seconds(50)));
  schedule.begin(kBegin + seconds(50));
  schedule.end(Outcome::failed);
  CHECK_FALSE(schedule.due(kBegin + milliseconds(59999)));
  CHECK(schedule.due(kBegin + seconds(60)));
}

TEST_CASE("a heartbeat that breaks is news once, and so is one that works again") {
  HeartbeatSchedule schedule(seconds(1), kBegin);
  CHECK(schedule.end(Outcome::written) == News::none);
  CHECK(schedule.end(Outcome::failed) == News::broken);
  CHECK(schedule.end(Outcome::failed) == News::none);
  CHECK(schedule.end(Outcome::failed) == News::none);
  CHECK(schedule.end(Outcome::written) == News::mended);
  CHECK(schedule.end(Outcome::written) == News::none);
  CHECK(schedule.end(Outcome::failed) == News::broken);
}
