#include "libcdc/change/position.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string_view>

using cdc::ChangePosition;
using cdc::parse_change_position;

TEST_CASE("the position of a change is its transaction's and an ordinal") {
  CHECK(cdc::to_text(ChangePosition{"0/1A2B3C8", 2}) == "0/1A2B3C8#2");
  CHECK(parse_change_position("0/1A2B3C8#2") == ChangePosition{"0/1A2B3C8", 2});
  CHECK(parse_change_position("bin.000003:4#0") == ChangePosition{"bin.000003:4", 0});
  CHECK(parse_change_position("0/0#18446744073709551615") ==
        ChangePosition{"0/0", 18446744073709551615U});
}

TEST_CASE("the last # counts") {
  CHECK(parse_change_position("odd#name#7") == ChangePosition{"odd#name", 7});
}

TEST_CASE("what has no ordinal is no position of a change") {
  for (const std::string_view text : {"", "0/1A2B3C8", "#1", "0/1#", "0/1#x", "0/1#1x", "0/1# 1",
                                      "0/1#-1", "0/1#+1", "0/1#18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_change_position(text).has_value());
  }
}
