#include "libcdc/sources/mysql/binlog_position.hpp"

#include <doctest/doctest.h>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

constexpr const char* kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

std::string canonical(const std::string& text) {
  return to_text(parse_resume_position(text));
}

std::partial_ordering order(const std::string& a, const std::string& b) {
  return compare(parse_resume_position(a), parse_resume_position(b));
}

}  // namespace

TEST_CASE("a place in the log is read and printed") {
  CHECK(parse_binlog_position("binlog.000007:4") == BinlogPosition{"binlog.000007", 4});
  CHECK(parse_binlog_position("a.b:c.1234567:18446744073709551615") ==
        BinlogPosition{"a.b:c.1234567", 18446744073709551615U});
  CHECK(to_text(BinlogPosition{"binlog.000007", 4}) == "binlog.000007:4");
  for (const char* bad :
       {"", "binlog.000007", "binlog.000007:", "binlog:4", "binlog.:4", ":4", "binlog.00x:4",
        "binlog.000007:-4", "binlog.000007:4x", "binlog.000007:18446744073709551616"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_binlog_position(bad));
  }
}

TEST_CASE("a resume position has a place, a set, or both") {
  const std::string set = std::string(kUuid) + ":1-5:7";
  CHECK(canonical("binlog.000007:4") == "binlog.000007:4");
  CHECK(canonical(" binlog.000007:4 \n " + set) == "binlog.000007:4 " + set);
  CHECK(canonical(set) == set);
  CHECK(canonical(std::string(kUuid) + ":7,\n" + kUuid + ":1-5") == set);
  CHECK(canonical("0-10-8") == "0-10-8");
  CHECK(canonical("mdb-bin.000002:500 1-10-3, 0-10-8") == "mdb-bin.000002:500 0-10-8,1-10-3");
  const ResumePosition both = parse_resume_position("mdb-bin.000002:500 0-10-8");
  CHECK(both.binlog == BinlogPosition{"mdb-bin.000002", 500});
  CHECK(std::get<MariadbGtidPosition>(both.gtids).text() == "0-10-8");
  CHECK(std::holds_alternative<GtidSet>(parse_resume_position(set).gtids));

  std::string text = "before";
  put_resume_position("binlog.000007", 4, set, text);
  CHECK(text == "binlog.000007:4 " + set);
  put_resume_position("binlog.000007", 4, "", text);
  CHECK(text == "binlog.000007:4");
}

TEST_CASE("what is not a resume position is a usage error with a hint") {
  for (const char* bad : {"", "  ", "binlog.000007", "4", "0/16B6A70", "binlog.000007:4 x",
                          "binlog.000007:4 0-1", "now", "2024-01-01T00:00:00Z"}) {
    CAPTURE(bad);
    try {
      parse_resume_position(bad);
      FAIL_CHECK("was read");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
      CHECK(error.hint() != "");
    }
  }
}

TEST_CASE("places are in order by the file's number, then by offset") {
  CHECK(order("b.000002:900", "b.000010:4") == std::partial_ordering::less);
  CHECK(order("b.999999:900", "b.1000000:4") == std::partial_ordering::less);
  CHECK(order("b.000002:900", "b.000002:4") == std::partial_ordering::greater);
  CHECK(order("b.000002:4", "b.2:4") == std::partial_ordering::equivalent);
  CHECK(order("a.000002:4", "b.000002:4") == std::partial_ordering::unordered);
  CHECK(order("b.18446744073709551616:4", "b.18446744073709551617:4") ==
        std::partial_ordering::less);
}

TEST_CASE("sets order what places cannot") {
  const std::string few = std::string(kUuid) + ":1-5";
  const std::string many = std::string(kUuid) + ":1-9";
  const std::string other = std::string(kUuid) + ":2-20";
  CHECK(order(few, many) == std::partial_ordering::less);
  CHECK(order(many, few) == std::partial_ordering::greater);
  CHECK(order(many, many) == std::partial_ordering::equivalent);
  CHECK(order(many, other) == std::partial_ordering::unordered);
  CHECK(order("a.000001:4 " + few, "b.000001:4 " + many) == std::partial_ordering::less);
  CHECK(order("a.000002:4 " + few, "a.000001:4 " + many) == std::partial_ordering::greater);
  CHECK(order("a.000002:4", many) == std::partial_ordering::unordered);
  CHECK(order("0-1-5", many) == std::partial_ordering::unordered);
  CHECK(order("0-1-5", "0-2-6") == std::partial_ordering::less);
  CHECK(order("0-1-5,1-1-1", "0-2-6") == std::partial_ordering::unordered);
}

TEST_CASE("the name of the next file") {
  CHECK(file_behind("b.000009") == "b.000010");
  CHECK(file_behind("b.000001") == "b.000002");
  CHECK(file_behind("b.999999") == "b.1000000");
  CHECK(file_behind("b.9") == "b.10");
  CHECK(file_behind("b9.000099") == "b9.000100");
}

TEST_CASE("what one set has beyond another") {
  const auto gtids = [](const std::string& text) { return parse_resume_position(text).gtids; };
  const std::string uuid(kUuid);
  CHECK(minus(gtids(uuid + ":1-9"), gtids(uuid + ":1-5")) == gtids(uuid + ":6-9"));
  CHECK(is_empty(minus(gtids(uuid + ":1-5"), gtids(uuid + ":1-9"))));
  CHECK(minus(gtids("0-1-9,1-1-2"), gtids("0-1-5,1-1-2")) == gtids("0-1-9"));
  CHECK(minus(gtids("0-1-9"), gtids(uuid + ":1-5")) == gtids("0-1-9"));
  CHECK(minus(gtids("0-1-9"), {}) == gtids("0-1-9"));
  CHECK(is_empty({}));
}
