#include "libcdc/sources/mysql/mariadb_gtid.hpp"

#include <doctest/doctest.h>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

MariadbGtidPosition position(std::string_view text) {
  return MariadbGtidPosition::parse(text);
}

}  // namespace

TEST_CASE("a position is read with blanks and printed by domain") {
  CHECK(position("0-10-8,1-10-3").text() == "0-10-8,1-10-3");
  CHECK(position(" 7-1-2 ,\n 0-10-8 ").text() == "0-10-8,7-1-2");
  CHECK(position("").text() == "");
  CHECK(position(" ").empty());
  CHECK(position("4294967295-4294967295-18446744073709551615").text() ==
        "4294967295-4294967295-18446744073709551615");
}

TEST_CASE("what is not a position is a usage error") {
  for (const char* bad : {"0", "0-1", "0-1-", "a-1-2", "0-1-2-3", "0-1-2,", ",0-1-2", "0-1-2 1-1-2",
                          "-1-2", "4294967296-1-1", "0-1-18446744073709551616", "0-1-2,0-2-3",
                          "3e11fa47-71ca-11e1-9e33-c80aa9429562:1"}) {
    CAPTURE(bad);
    try {
      position(bad);
      FAIL_CHECK("was read");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
      CHECK(error.hint() != "");
    }
  }
}

TEST_CASE("the last transaction of a domain stands for all before it") {
  MariadbGtidPosition all = position("0-10-8");
  CHECK(all.contains({0, 11, 8}));
  CHECK(all.contains({0, 10, 1}));
  CHECK_FALSE(all.contains({0, 10, 9}));
  CHECK_FALSE(all.contains({1, 10, 1}));
  all.set({1, 10, 3});
  all.set({0, 11, 9});
  CHECK(all.text() == "0-11-9,1-10-3");
  CHECK(all.last_of(0) == MariadbGtid{0, 11, 9});
  CHECK_FALSE(all.last_of(2));
}

TEST_CASE("positions are compared domain by domain") {
  CHECK(position("").is_subset_of(position("0-1-1")));
  CHECK(position("0-1-5").is_subset_of(position("0-2-5,1-1-1")));
  CHECK_FALSE(position("0-1-6").is_subset_of(position("0-2-5,1-1-1")));
  CHECK_FALSE(position("0-1-5,3-1-1").is_subset_of(position("0-2-5,1-1-1")));
  CHECK(position("0-1-6,1-1-1,3-1-1").minus(position("0-2-5,1-1-1")).text() == "0-1-6,3-1-1");
  CHECK(position("0-1-6,3-1-1").domains_missing_in(position("0-2-5,1-1-1")) ==
        std::vector<std::uint32_t>{3});
  MariadbGtidPosition both = position("0-1-6,3-1-1");
  both.add(position("0-2-5,1-1-1,3-9-2"));
  CHECK(both.text() == "0-1-6,1-1-1,3-9-2");
  CHECK(both == position("3-9-2,1-1-1,0-1-6"));
  CHECK(both.gtids().size() == 3);
}
