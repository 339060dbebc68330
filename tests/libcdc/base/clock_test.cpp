#include "libcdc/base/clock.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>

using cdc::parse_rfc3339;

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMoment = 1'795'161'600 * kSecond + 123'456;

}  // namespace

TEST_CASE("times are written in UTC") {
  CHECK(cdc::format_utc(kMoment) == "2026-11-20T08:00:00.123456Z");
  CHECK(cdc::format_utc_seconds(kMoment) == "2026-11-20T08:00:00Z");
  CHECK(cdc::format_utc_compact(kMoment) == "20261120T080000Z");
  CHECK(cdc::format_utc(0) == "1970-01-01T00:00:00.000000Z");
  CHECK(cdc::format_utc(-1) == "1969-12-31T23:59:59.999999Z");
  CHECK(cdc::format_utc(951'782'400 * kSecond) == "2000-02-29T00:00:00.000000Z");
  // PostgreSQL's epoch.
  CHECK(cdc::format_utc(946'684'800 * kSecond) == "2000-01-01T00:00:00.000000Z");
}

TEST_CASE("RFC 3339 is read") {
  CHECK(parse_rfc3339("2026-11-20T08:00:00.123456Z") == kMoment);
  CHECK(parse_rfc3339("2026-11-20T08:00:00Z") == kMoment - 123'456);
  CHECK(parse_rfc3339("2026-11-20 08:00:00z") == kMoment - 123'456);
  CHECK(parse_rfc3339("2026-11-20t10:00:00.5+02:00") == kMoment - 123'456 + 500'000);
  CHECK(parse_rfc3339("2026-11-20T02:30:00-05:30") == kMoment - 123'456);
  CHECK(parse_rfc3339("2026-11-20T08:00:00.123456999Z") == kMoment);
  CHECK(parse_rfc3339("1969-12-31T23:59:59.999999Z") == -1);
  CHECK(parse_rfc3339("2016-12-31T23:59:60Z") == parse_rfc3339("2017-01-01T00:00:00Z"));
  CHECK(parse_rfc3339("2000-02-29T00:00:00Z") == 951'782'400 * kSecond);
}

TEST_CASE("what is not RFC 3339 is nothing") {
  for (const std::string_view text : {"",
                                      "now",
                                      "2026-11-20",
                                      "2026-11-20T08:00:00",
                                      "2026-11-20T08:00Z",
                                      "2026-11-20T08:00:00.Z",
                                      "2026-11-20T08:00:00,5Z",
                                      "2026-13-20T08:00:00Z",
                                      "2026-00-20T08:00:00Z",
                                      "2026-02-29T08:00:00Z",
                                      "2026-11-31T08:00:00Z",
                                      "2026-11-20T24:00:00Z",
                                      "2026-11-20T08:60:00Z",
                                      "2026-11-20T08:00:61Z",
                                      "2026-11-20T08:00:00+24:00",
                                      "2026-11-20T08:00:00+0200",
                                      "2026-11-20T08:00:00+02",
                                      "2026-11-20T08:00:00Zx",
                                      "26-11-20T08:00:00Z",
                                      "+026-11-20T08:00:00Z",
                                      "2026-1 -20T08:00:00Z",
                                      "2026--1-20T08:00:00Z",
                                      "2026-11-20T08:00:00.123456"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text).has_value());
  }
}

TEST_CASE("every prefix of a time is refused") {
  constexpr std::string_view kText = "2026-11-20T08:00:00.123456+02:00";
  for (std::size_t size = 0; size < kText.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_rfc3339(kText.substr(0, size)).has_value());
  }
}

TEST_CASE("what is written can be read") {
  for (std::int64_t micros = -40'000'000'000'000'000; micros < 200'000'000'000'000'000;
       micros += 1'234'567'890'123'457) {
    CHECK(parse_rfc3339(cdc::format_utc(micros)) == micros);
  }
}

TEST_CASE("the clock runs") {
  CHECK(cdc::unix_now() > kMoment - 20LL * 365 * 86400 * kSecond);
}
