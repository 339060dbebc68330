#include "libcdc/sources/postgres/snapshot_progress.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::postgres;

namespace {

SnapshotState example() {
  SnapshotState state;
  state.id = "20261120T080000Z-0/1A2B3C8";
  state.start = "0/1A2B3C8";
  state.snapshot = "731:735:731,733";
  state.tables = {{"public.a", 16384, "16390", "\"id\"", 1000, 1000, 64, true},
                  {"public.b", 16387, "16387", "\"id\", \"v\" WHERE (id > 5)", -1, 70, 256, false},
                  {"public.c", 16389, "16389", "\"id\"", 0, 0, 0, false}};
  return state;
}

}  // namespace

TEST_CASE("what a snapshot sees") {
  const auto snapshot = parse_snapshot("731:735:733,731");
  REQUIRE(snapshot.has_value());
  CHECK(snapshot->sees(730));
  CHECK_FALSE(snapshot->sees(731));
  CHECK(snapshot->sees(732));
  CHECK_FALSE(snapshot->sees(733));
  CHECK(snapshot->sees(734));
  CHECK_FALSE(snapshot->sees(735));
  CHECK(parse_snapshot("731:731:")->xip.empty());
  CHECK(parse_snapshot("18446744073709551615:18446744073709551615:")->xmin == UINT64_MAX);
}

TEST_CASE("what is no snapshot") {
  for (const char* text : {"", ":", "::", "1:2", "1:2:x", "a:2:", "1:2:3;4", "1:2:,"}) {
    INFO(text);
    CHECK_FALSE(parse_snapshot(text).has_value());
  }
}

TEST_CASE("progress is read back as it was written") {
  const SnapshotState written = example();
  const SnapshotState read = parse_snapshot_state(to_json_text(written));
  CHECK(read.id == written.id);
  CHECK(read.start == written.start);
  CHECK(read.snapshot == written.snapshot);
  REQUIRE(read.tables.size() == 3);
  CHECK(to_json_text(read) == to_json_text(written));
  CHECK(read.tables[1].pages_done == 256);
  CHECK(read.tables[1].total_rows == -1);
  CHECK(read.tables[0].is_complete);
}

TEST_CASE("progress has the members that people and runbooks look for") {
  const nlohmann::json json = nlohmann::json::parse(to_json_text(example()));
  CHECK(json["snapshot_id"] == "20261120T080000Z-0/1A2B3C8");
  CHECK(json["start_position"] == "0/1A2B3C8");
  CHECK(json["tables"][1]["table"] == "public.b");
  CHECK(json["tables"][1]["total_rows"].is_null());
  CHECK(json["tables"][1]["rows_processed"] == 70);
  CHECK(json["tables"][1]["ranges"] == nlohmann::json::parse("[[0,256]]"));
  CHECK(json["tables"][2]["ranges"] == nlohmann::json::array());
  CHECK(json["tables"][0]["is_complete"] == true);
}

TEST_CASE("progress that cannot be trusted is refused") {
  const std::string good = to_json_text(example());
  const auto check_refused = [](std::string text, const char* from, const char* to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string_view(from).size(), to);
    INFO(text);
    CHECK_THROWS_AS(parse_snapshot_state(text), Error);
  };
  check_refused(good, "{", "");
  check_refused(good, "\"start_position\":\"0/1A2B3C8\"", "\"start_position\":\"here\"");
  check_refused(good, "731:735", "731");
  check_refused(good, "\"is_complete\":true", "\"is_complete\":1");
  check_refused(good, "[[0,64]]", "[[3,64]]");
  check_refused(good, "[[0,64]]", "[[0,64],[70,80]]");
  check_refused(good, "\"tables\"", "\"table\"");
  CHECK_THROWS_AS(parse_snapshot_state("[]"), Error);
}
