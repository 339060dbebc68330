#include "libcdc/base/log.hpp"

#include <doctest/doctest.h>

#include <vector>

using cdc::Log;
using cdc::LogLevel;
using cdc::LogRecord;

TEST_CASE("a log without a writer drops everything") {
  const Log log;
  CHECK_FALSE(log.enabled(LogLevel::error));
  log.warning("nobody hears this");
}

TEST_CASE("lines up to the level are written, with their hints") {
  std::vector<LogRecord> records;
  Log log([&](const LogRecord& record) { records.push_back(record); });
  log.warning("careful", "do this");
  log.info("by the way");
  log.debug("too much");
  log.trace("far too much");
  REQUIRE(records.size() == 2);
  CHECK(records[0].level == LogLevel::warning);
  CHECK(records[0].message == "careful");
  CHECK(records[0].hint == "do this");
  CHECK(records[1].level == LogLevel::info);
}

TEST_CASE("the level can be changed") {
  int count = 0;
  Log log([&](const LogRecord&) { ++count; }, LogLevel::error);
  log.warning("not now");
  CHECK(count == 0);
  log.set_level(LogLevel::trace);
  log.trace("now");
  CHECK(count == 1);
  CHECK(log.enabled(LogLevel::debug));
}
