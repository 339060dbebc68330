#include "libcdc/flow/retrying_source.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "tests/libcdc/flow/fakes.hpp"

using namespace cdc;
using namespace std::chrono_literals;
using fake::rows;
using fake::safe_point;

namespace {

Error unavailable() {
  return Error(Fault::unavailable, "the connection to the server is gone").with_detail("reset");
}

struct Setup {
  explicit Setup(RetryOptions options = {std::nullopt, 0ms, 0ms})
      : source(
            [this] {
              auto made = std::make_unique<fake::Source>(trace);
              inner = made.get();
              return made;
            }(),
            options, log) {}

  /// Polls until `times` polls have given something to the batch or nothing more is scripted.
  Next poll() {
    batch.reset();
    return source.poll(batch);
  }

  fake::Trace trace;
  std::vector<std::string> said;
  Log log{[this](const LogRecord& record) { said.push_back(record.message); }};
  fake::Source* inner = nullptr;
  RetryingSource source;
  Batch batch;
};

}  // namespace

TEST_CASE("the first start is not retried") {
  Setup setup;
  setup.inner->start_errors = {unavailable()};
  CHECK_THROWS_AS(setup.source.start({"5", std::nullopt}), Error);
  CHECK(setup.trace == fake::Trace{"start 5"});
  CHECK(setup.source.wait_fd() == -1);
}

TEST_CASE("after a lost connection it goes on exactly behind what was polled") {
  Setup setup;
  setup.source.start({"5", std::nullopt});
  CHECK(setup.source.wait_fd() >= 0);
  setup.inner->gives([](Batch& batch) {
    rows(batch, "10", 1, 2);
    safe_point(batch, "11");
    rows(batch, "20", 1, 2);
  });
  setup.inner->fails(unavailable());
  setup.inner->gives([](Batch& batch) { rows(batch, "20", 3, 3); });
  setup.poll();
  CHECK(setup.poll().kind == Next::Kind::wait);
  CHECK(setup.source.wait_fd() == -1);
  setup.poll();
  CHECK(setup.trace == fake::Trace{"start 5", "suspend", "start 11+20#2"});
  CHECK(setup.batch.changes().size() == 1);
  CHECK(setup.source.wait_fd() >= 0);
  CHECK(setup.said == std::vector<std::string>{
                          "the connection to the server is gone (reset); trying again in 0.0 s",
                          "connected to the server again"});
}

TEST_CASE("what came before a failure in the same poll is delivered and not asked for again") {
  Setup setup;
  setup.source.start({"5", std::nullopt});
  setup.inner->gives([](Batch& batch) {
    rows(batch, "10", 1, 2);
    throw unavailable();
  });
  setup.poll();
  CHECK(setup.batch.changes().size() == 2);
  setup.poll();
  CHECK(setup.trace.back() == "start 5+10#2");
}

TEST_CASE("a start that fails later is retried as well, until it works") {
  Setup setup;
  setup.source.start({"5", std::nullopt});
  setup.inner->fails(unavailable());
  setup.inner->start_errors = {unavailable(), unavailable()};
  for (int i = 0; i < 4; ++i) setup.poll();
  CHECK(setup.trace ==
        fake::Trace{"start 5", "suspend", "start 5", "suspend", "start 5", "suspend", "start 5"});

  setup.source.suspend();
  setup.inner->start_errors = {unavailable()};
  setup.source.start({"7", std::nullopt});
  setup.poll();
  CHECK(setup.trace.back() == "start 7");
}

TEST_CASE("other faults pass through") {
  for (const Fault fault : {Fault::state, Fault::refused, Fault::protocol, Fault::usage}) {
    Setup setup;
    setup.source.start({"5", std::nullopt});
    setup.inner->fails(Error(fault, "no"));
    CHECK_THROWS_WITH_AS(setup.poll(), "no", Error);
    setup.inner->fails(unavailable());
    setup.poll();
    setup.inner->start_errors = {Error(fault, "no way")};
    CHECK_THROWS_WITH_AS(setup.poll(), "no way", Error);
  }
}

TEST_CASE("the pauses grow from the first to the longest, and are half spread") {
  Setup setup({std::nullopt, 4ms, 16ms});
  setup.source.start({"5", std::nullopt});
  setup.inner->fails(unavailable());
  setup.inner->start_errors = {unavailable(), unavailable(), unavailable()};
  std::vector<std::chrono::steady_clock::duration> pauses;
  for (int attempt = 0; attempt < 4; ++attempt) {
    const auto before = std::chrono::steady_clock::now();
    const std::size_t suspends = setup.trace.size();
    setup.poll();
    while (setup.trace.size() == suspends) {
      std::this_thread::sleep_for(100us);
      setup.poll();
    }
    pauses.push_back(std::chrono::steady_clock::now() - before);
  }
  // The first poll fails at once; each later attempt waits for the pause that the last one set.
  CHECK(pauses[1] >= 2ms);
  CHECK(pauses[2] >= 4ms);
  CHECK(pauses[3] >= 8ms);
}

TEST_CASE("the retry limit counts attempts in a row") {
  Setup setup({2, 0ms, 1h});
  setup.source.start({"5", std::nullopt});

  SUBCASE("without success") {
    setup.inner->fails(unavailable());
    setup.inner->start_errors = {unavailable(), unavailable()};
    setup.poll();
    setup.poll();
    CHECK_THROWS_WITH_AS(setup.poll(), "the connection to the server is gone", Error);
  }
  SUBCASE("and begins anew behind a change") {
    for (int i = 0; i < 6; ++i) {
      setup.inner->fails(unavailable());
      setup.inner->gives([i](Batch& batch) { safe_point(batch, std::to_string(10 + i)); });
    }
    for (int i = 0; i < 12; ++i) CHECK_NOTHROW(setup.poll());
  }
  SUBCASE("a connection alone is no success while it does not last") {
    for (int i = 0; i < 3; ++i) setup.inner->fails(unavailable());
    setup.poll();
    setup.poll();
    CHECK_THROWS_AS(setup.poll(), Error);
  }
}

TEST_CASE("the retry limit begins anew when an idle connection has lasted") {
  Setup setup({1, 0ms, 0ms});
  setup.source.start({"5", std::nullopt});
  for (int i = 0; i < 5; ++i) {
    setup.inner->fails(unavailable());
    setup.inner->then([] {});
  }
  for (int i = 0; i < 10; ++i) CHECK_NOTHROW(setup.poll());
}

TEST_CASE("an acknowledgement that was lost with the connection is told again") {
  Setup setup;
  setup.source.start({"5", std::nullopt});

  SUBCASE("because there was none") {
    setup.inner->fails(unavailable());
    setup.poll();
    setup.source.acknowledge("11");
    setup.poll();
    CHECK(setup.trace == fake::Trace{"start 5", "suspend", "start 5", "acknowledge 11"});
  }
  SUBCASE("because it broke then") {
    setup.inner->acknowledge_error = unavailable();
    setup.source.acknowledge("11");
    setup.poll();
    CHECK(setup.trace ==
          fake::Trace{"start 5", "acknowledge 11", "suspend", "start 5", "acknowledge 11"});
  }
}

TEST_CASE("what is polled is not acknowledged by a reconnect") {
  Setup setup;
  setup.source.start({"5", std::nullopt});
  setup.inner->gives([](Batch& batch) {
    rows(batch, "10", 1, 1);
    safe_point(batch, "11");
  });
  setup.inner->fails(unavailable());
  for (int i = 0; i < 3; ++i) setup.poll();
  CHECK(setup.trace == fake::Trace{"start 5", "suspend", "start 11"});
}

TEST_CASE("keep_alive survives a lost connection and does nothing without one") {
  Setup setup;
  setup.source.start({"5", std::nullopt});
  setup.inner->when_kept_alive = [] { throw unavailable(); };
  CHECK_NOTHROW(setup.source.keep_alive());
  CHECK_NOTHROW(setup.source.keep_alive());
  CHECK(setup.inner->keep_alives == 1);
  CHECK(setup.trace == fake::Trace{"start 5", "suspend"});
}

TEST_CASE("the rest is the inner source's") {
  Setup setup;
  setup.inner->behind = 12;
  CHECK(setup.source.bytes_behind() == 12);
  CHECK(setup.source.end_position() == "999");
  CHECK(setup.source.identity().at("server") == "fake");
}
