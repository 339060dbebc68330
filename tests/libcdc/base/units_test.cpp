#include "libcdc/base/units.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string_view>

using cdc::format_duration;
using cdc::format_size;
using cdc::parse_duration;
using cdc::parse_size;
using namespace std::chrono_literals;

TEST_CASE("durations are read") {
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("10s") == 10s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("2h") == 2h);
  CHECK(parse_duration("1d") == 24h);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration("0.25h") == 15min);
  CHECK(parse_duration("0s") == 0ms);
  CHECK(parse_duration("1.001s") == 1001ms);
  CHECK(parse_duration("0.1d") == 2h + 24min);
}

TEST_CASE("what is no duration is nothing") {
  for (const std::string_view text :
       {"", "s", "10", "-1s", "+1s", "1 s", "1,5s", "1.s", ".5s", "1S", "10sec", "1e3s", "1s ",
        "nan", "99999999999999999999s", "9223372036854775807d", "0x10s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

TEST_CASE("durations are written in the largest unit that is exact") {
  CHECK(format_duration(0ms) == "0s");
  CHECK(format_duration(1500ms) == "1500ms");
  CHECK(format_duration(10s) == "10s");
  CHECK(format_duration(90s) == "90s");
  CHECK(format_duration(5min) == "5m");
  CHECK(format_duration(2h) == "2h");
  CHECK(format_duration(48h) == "2d");
  for (const auto duration : {1ms, 999ms, 1000ms, 61'000ms, 3'600'000ms, 86'400'001ms}) {
    CHECK(parse_duration(format_duration(duration)) == duration);
  }
}

TEST_CASE("sizes are read") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("1024") == 1024);
  CHECK(parse_size("512B") == 512);
  CHECK(parse_size("64KiB") == 65'536);
  CHECK(parse_size("64K") == 65'536);
  CHECK(parse_size("64KB") == 64'000);
  CHECK(parse_size("64kB") == 64'000);
  CHECK(parse_size("10MB") == 10'000'000);
  CHECK(parse_size("10M") == 10'485'760);
  CHECK(parse_size("1GiB") == 1'073'741'824);
  CHECK(parse_size("1G") == 1'073'741'824);
  CHECK(parse_size("2TB") == 2'000'000'000'000);
  CHECK(parse_size("1.5MiB") == 1'572'864);
  CHECK(parse_size("9007199254740993") == 9'007'199'254'740'993);
}

TEST_CASE("what is no size is nothing") {
  for (const std::string_view text : {"", "B", "-1", "1 KiB", "1.", "1kib", "1KIB", "1e6", "0x10",
                                      "99999999999999999999", "9999999999TiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text).has_value());
  }
}

TEST_CASE("sizes are written for people") {
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(512) == "512 B");
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1024) == "1.00 KiB");
  CHECK(format_size(1'488'978) == "1.42 MiB");
  CHECK(format_size(15'728'640) == "15.0 MiB");
  CHECK(format_size(157'286'400) == "150 MiB");
  CHECK(format_size(1'048'575) == "1.00 MiB");
  CHECK(format_size(10'239) == "10.0 KiB");
  CHECK(format_size(UINT64_MAX) == "16.0 EiB");
}
