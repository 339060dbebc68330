#include "libcdc/sources/postgres/protocol.hpp"

#include <doctest/doctest.h>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::postgres;

TEST_CASE("a protocol and how it streams") {
  CHECK(choose_protocol("1", 100000).streaming.empty());
  CHECK(choose_protocol("1", 180004).version == 1);
  CHECK(choose_protocol("2", 140000).version == 2);
  CHECK(choose_protocol("2", 140000).streaming == "on");
  CHECK(choose_protocol("3", 150020).streaming == "on");
  CHECK(choose_protocol("4", 160014).streaming == "parallel");
  CHECK(choose_protocol("auto", 100000).version == 1);
}

TEST_CASE("a server that is too old for a protocol is refused with both versions") {
  try {
    choose_protocol("4", 150020);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::refused);
    CHECK(error.message() ==
          "protocol 4 begins with PostgreSQL 16, and the server is PostgreSQL 15.20");
  }
  CHECK_THROWS_AS(choose_protocol("2", 130000), Error);
  CHECK_THROWS_AS(choose_protocol("3", 149999), Error);
}
