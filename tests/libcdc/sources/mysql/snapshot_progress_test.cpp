#include "libcdc/sources/mysql/snapshot_progress.hpp"

#include <doctest/doctest.h>

#include <string>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::mysql;

TEST_CASE("What is written is read") {
  SnapshotState state;
  state.id = "20261120T080000Z-binlog.000001:4";
  state.start = "binlog.000001:1398 685634ce-e506-11f1-a6fd-02fc00000001:1-5";
  state.tables.push_back({"shop.orders", "id int; key id", 100, 7, "[7,\"ü\"]", false});
  state.tables.push_back({"shop.b", "n int; key ", -1, 3, "", true});
  const std::string text = to_json_text(state);
  CHECK(text.find(R"("cursor_position":"[7,\"ü\"]")") != std::string::npos);
  CHECK(text.find(R"("total_rows":null,"rows_processed":3,"cursor_position":null)") !=
        std::string::npos);
  const SnapshotState again = parse_snapshot_state(text);
  CHECK(again.id == state.id);
  CHECK(again.start == state.start);
  REQUIRE(again.tables.size() == 2);
  CHECK(again.tables[0].table == "shop.orders");
  CHECK(again.tables[0].definition == "id int; key id");
  CHECK(again.tables[0].total_rows == 100);
  CHECK(again.tables[0].cursor == "[7,\"ü\"]");
  CHECK_FALSE(again.tables[0].is_complete);
  CHECK(again.tables[1].total_rows == -1);
  CHECK(again.tables[1].cursor.empty());
  CHECK(again.tables[1].is_complete);
}

TEST_CASE("What is no progress is refused") {
  const auto refused = [](const std::string& text) {
    try {
      parse_snapshot_state(text);
    } catch (const Error& error) {
      return error.fault() == Fault::state;
    }
    return false;
  };
  CHECK(refused(""));
  CHECK(refused("[]"));
  CHECK(refused(R"({"snapshot_id":"x","start_position":"no place","tables":[]})"));
  CHECK(refused(R"({"snapshot_id":"x","start_position":"b.000001:4","tables":[{"table":"t"}]})"));
  CHECK_FALSE(refused(R"({"snapshot_id":"x","start_position":"b.000001:4","tables":[]})"));
}
