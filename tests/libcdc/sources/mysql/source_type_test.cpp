#include "libcdc/sources/source_type.hpp"

#include <doctest/doctest.h>

#include <compare>
#include <nlohmann/json.hpp>
#include <string>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/source.hpp"
#include "tests/libcdc/base/thrown.hpp"

using namespace cdc;
using nlohmann::json;
using test::thrown_by;

namespace {

const char* const kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

const SourceType& type(const char* name = "mysql") {
  const SourceType* found = find_source_type(name);
  REQUIRE(found != nullptr);
  return *found;
}

std::string set(const char* intervals) {
  return std::string(kUuid) + ":" + intervals;
}

SourceRequest request(const std::string& option, const std::string& value) {
  static const Log kLog;
  static const Stop kStop;
  SourceRequest request;
  request.options.set(option, value);
  request.log = &kLog;
  request.stop = &kStop;
  return request;
}

SourceRequest of_files(std::vector<std::string> files) {
  SourceRequest asked = request("gtid", "auto");
  asked.options.set_list("files", std::move(files));
  return asked;
}

}  // namespace

TEST_CASE("both flavours are sources of their own") {
  CHECK(type("mysql").name() == "mysql");
  CHECK(type("mariadb").name() == "mariadb");
}

TEST_CASE("positions have one form") {
  CHECK(type().parse_position("binlog.000007:4") == "binlog.000007:4");
  CHECK(type().parse_position("  binlog.000007:4   " + set("3-5:1-2") + " ") ==
        "binlog.000007:4 " + set("1-5"));
  CHECK(type().parse_position("3E11FA47-71CA-11E1-9E33-C80AA9429562:7") == set("7"));
  CHECK(type("mariadb").parse_position("1-10-3, 0-10-8") == "0-10-8,1-10-3");
  for (const char* bad : {"", "x", "binlog.000007", "binlog:4", "0-1", "0/16B6A70"}) {
    CAPTURE(bad);
    const Error error = thrown_by([&] { type().parse_position(bad); });
    CHECK(error.fault() == Fault::usage);
    CHECK_FALSE(error.hint().empty());
  }
}

TEST_CASE("positions are ordered by place, else by their sets") {
  const auto order = [](const std::string& a, const std::string& b) {
    return type().compare(a, b);
  };
  CHECK(std::is_lt(order("b.000009:900", "b.000010:4")));
  CHECK(std::is_lt(order("b.000002:900", "b.000002:1000")));
  CHECK(std::is_eq(order("b.000002:900 " + set("1-3"), "b.000002:900")));
  // The place decides, whatever the sets say.
  CHECK(std::is_lt(order("b.000002:4 " + set("1-9"), "b.000003:4 " + set("1-3"))));
  CHECK(std::is_lt(order("a.000002:4 " + set("1-3"), "b.000001:4 " + set("1-9"))));
  CHECK(std::is_gt(order(set("1-9"), "b.000001:4 " + set("1-3"))));
  CHECK(order("a.000002:4", "b.000001:4") == std::partial_ordering::unordered);
  CHECK(order(set("1-3:7"), set("1-4")) == std::partial_ordering::unordered);
}

TEST_CASE("a gap in words") {
  CHECK(type().describe_gap("b.000001:100", "b.000001:100") == "no gap");
  CHECK(type().describe_gap("b.000001:100", "b.000001:2148") ==
        "2048 bytes (2.00 KiB) of binlog forward");
  CHECK(type().describe_gap("b.000003:4", "b.000001:900") == "from b.000003 to b.000001, back");
  CHECK(type().describe_gap(set("1-3"), set("1-4")) == "a gap that cannot be counted in bytes");
}

TEST_CASE("an offset holds what a position says, and gives it back") {
  for (const std::string& position :
       {std::string("b.000007:4711"), "b.000007:4711 " + set("1-5"), set("1-5:7")}) {
    CAPTURE(position);
    const json offset = type().to_offset({position, std::nullopt}, {});
    CHECK(offset["source_flavor"] == "mysql");
    CHECK(type().from_offset(offset, "f").position == position);
  }
  const json both = type().to_offset({"b.000007:4711 " + set("1-5"), std::nullopt}, {});
  CHECK(both == json{{"source_flavor", "mysql"},
                     {"gtid", set("1-5")},
                     {"binlog_file", "b.000007"},
                     {"binlog_pos", 4711}});
  CHECK(type().to_offset({}, {}) == json{{"source_flavor", "mysql"}});
  const json domains = type("mariadb").to_offset({"b.000001:4 0-1-5,1-1-2", std::nullopt}, {});
  CHECK(domains["gtid"] == "0-1-5,1-1-2");
  CHECK(type("mariadb").from_offset(domains, "f").position == "b.000001:4 0-1-5,1-1-2");
}

TEST_CASE("a place inside a transaction is kept beside the position") {
  const ResumePoint point{"b.000007:4 " + set("1-5"), ChangePosition{"b.000007:4711", 3}};
  const json offset = type().to_offset(point, {});
  CHECK(offset["in_transaction"] == json{{"position", "b.000007:4711"}, {"ordinal", 3}});
  CHECK(type().from_offset(offset, "f") == point);
  const auto lines = type().describe_offset(offset);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].second == "b.000007:4");
  CHECK(lines[1].second == set("1-5"));
  CHECK(lines[2].second == "b.000007:4711#3");
}

TEST_CASE("an offset that is none says where and why") {
  const json good{{"source_flavor", "mysql"}, {"binlog_file", "b.000007"}, {"binlog_pos", 4U}};
  CHECK(type().from_offset(good, "f").position == "b.000007:4");
  const auto check = [&](const char* key, const json& value) {
    CAPTURE(key);
    json bad = good;
    bad[key] = value;
    const Error error = thrown_by([&] { type().from_offset(bad, "the/file"); });
    CHECK(error.fault() == Fault::state);
    CHECK(error.message().find("the/file") != std::string::npos);
    CHECK_FALSE(error.hint().empty());
  };
  check("source_flavor", "mariadb");
  check("binlog_file", 7);
  check("binlog_file", "no_number");
  check("binlog_pos", "4");
  check("binlog_pos", -4);
  check("binlog_pos", nullptr);
  check("gtid", "nonsense");
  check("gtid", 5);
  check("in_transaction", 5);
  check("in_transaction", json::object());
  check("in_transaction", json{{"position", "b.000007:4"}, {"ordinal", "1"}});
  CHECK(thrown_by([&] { type().from_offset(json::object(), "f"); }).fault() == Fault::state);
  // An older writer says nothing of the flavour, and null for what it does not have.
  CHECK(type().from_offset({{"gtid", set("1-5")}, {"binlog_file", nullptr}}, "f").position ==
        set("1-5"));
}

TEST_CASE("options are checked before anything is connected to") {
  for (const char* bad : {"0", "x", "-1", "4294967296", "5 "}) {
    CAPTURE(bad);
    CHECK(thrown_by([&] { type().open(request("server-id", bad)); }).fault() == Fault::usage);
  }
  CHECK(type().open(request("server-id", "4294967295")) != nullptr);
}

TEST_CASE("files are read by themselves, and only files with a server's names") {
  CHECK(type().open(of_files({"/some/where/binlog.000001", "binlog.000002"})) != nullptr);
  for (const char* bad : {"binlog", "/some.000001/binlog", "binlog.000001.gz", "binlog."}) {
    CAPTURE(bad);
    const Error error = thrown_by([&] { type().open(of_files({bad})); });
    CHECK(error.fault() == Fault::usage);
    CHECK_FALSE(error.hint().empty());
  }
  SourceRequest remembers = of_files({"b.000001"});
  remembers.keeps_position = true;
  CHECK(thrown_by([&] { type().open(remembers); }).fault() == Fault::usage);
  SourceRequest snapshot = of_files({"b.000001"});
  snapshot.snapshot.mode = SnapshotMode::initial;
  CHECK(thrown_by([&] { type().open(snapshot); }).fault() == Fault::usage);
}
