#include "commands/age.hpp"

#include <doctest/doctest.h>

namespace cdcctl {
namespace {

constexpr std::int64_t kSecond = 1000000;

}  // namespace

TEST_CASE("an age is told in one unit") {
  CHECK(age_words(0) == "0 s ago");
  CHECK(age_words(kSecond - 1) == "0 s ago");
  CHECK(age_words(119 * kSecond) == "119 s ago");
  CHECK(age_words(120 * kSecond) == "2 min ago");
  CHECK(age_words(7199 * kSecond) == "119 min ago");
  CHECK(age_words(7200 * kSecond) == "2 h ago");
  CHECK(age_words(172799 * kSecond) == "47 h ago");
  CHECK(age_words(172800 * kSecond) == "2 days ago");
}

TEST_CASE("a clock that is a little ahead is forgiven, more is told") {
  CHECK(age_words(-2 * kSecond) == "0 s ago");
  CHECK(age_words(-3 * kSecond) == "in the future: clocks differ");
}

}  // namespace cdcctl
