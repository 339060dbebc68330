#include "commands/postgres/slot_view.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace cdcctl {
namespace {

using cdc::postgres::Slot;

Slot orders() {
  Slot slot;
  slot.name = "orders";
  slot.plugin = "pgoutput";
  slot.type = "logical";
  slot.database = "shop";
  slot.restart_lsn = 0x1634F00;
  slot.confirmed_flush_lsn = 0x1634FA0;
  slot.wal_status = "reserved";
  slot.safe_wal_size = -4096;
  slot.retained_bytes = 1488978;
  slot.lag_bytes = 0;
  return slot;
}

/// The codes of its problems, joined.
std::string codes(const Slot& slot, std::optional<std::uint64_t> warn_bytes = {}) {
  std::string text;
  for (const cdc::Finding& problem : slot_problems(slot, warn_bytes)) text += problem.code + " ";
  return text;
}

std::string fact(const Slot& slot, const std::string& label, Bytes bytes = Bytes::exact) {
  for (const auto& [name, value] : slot_facts(slot, bytes)) {
    if (name == label) return value.text;
  }
  return "(none)";
}

}  // namespace

TEST_CASE("a slot that is well has no problem") {
  CHECK(codes(orders()).empty());
  CHECK(codes(orders(), 1488978).empty());
}

TEST_CASE("lost, nearly lost and too much are told apart") {
  Slot slot = orders();
  CHECK(codes(slot, 1488977) == "slot_retains_much ");
  slot.wal_status = "unreserved";
  CHECK(codes(slot) == "slot_unreserved ");
  CHECK(codes(slot, 1) == "slot_unreserved slot_retains_much ");
  slot.wal_status = "lost";
  slot.restart_lsn.reset();
  slot.retained_bytes.reset();
  CHECK(codes(slot, 1) == "slot_lost ");
  slot.wal_status.clear();
  CHECK(codes(slot) == "slot_lost ");
  slot.type = "physical";
  CHECK(codes(slot).empty());
}

TEST_CASE("an invalidated slot is lost, with the server's reason") {
  Slot slot = orders();
  slot.invalidation_reason = "idle_timeout";
  CHECK(codes(slot) == "slot_lost ");
  CHECK(slot_problems(slot, {}).front().sentence ==
        "slot 'orders' is lost: nobody has read from it for as long as "
        "idle_replication_slot_timeout allows (reason: idle_timeout)");
  CHECK(fact(slot, "invalidation reason") == "idle_timeout");
  CHECK(fact(orders(), "invalidation reason") == "(none)");
}

TEST_CASE("a standby says whether it could be promoted with the slot") {
  Slot slot = orders();
  CHECK(fact(slot, "synced") == "no");
  slot.synced = true;
  slot.on_standby = true;
  slot.temporary = true;
  CHECK(fact(slot, "synced") == "yes, not yet safe");
  CHECK(codes(slot) == "slot_not_safe ");
  slot.temporary = false;
  CHECK(fact(slot, "synced") == "yes, safe");
  CHECK(codes(slot).empty());
  slot.on_standby = false;
  CHECK(fact(slot, "synced") == "yes, until this server was promoted");
  CHECK(codes(slot).empty());
}

TEST_CASE("JSON has every key; what is not known is null; sizes are bytes") {
  CHECK(slot_json(orders()).dump() ==
        R"({"slot_name":"orders","plugin":"pgoutput","slot_type":"logical","database":"shop",)"
        R"("temporary":false,"active":false,"active_pid":null,"inactive_since":null,)"
        R"("wal_status":"reserved","invalidation_reason":null,"restart_lsn":"0/1634F00",)"
        R"("confirmed_flush_lsn":"0/1634FA0","retained_bytes":1488978,"lag_bytes":0,)"
        R"("safe_wal_size":-4096,"two_phase":false,"two_phase_at":null,"failover":false,)"
        R"("synced":false,"on_standby":false,)"
        R"("statistics":null})");
}

TEST_CASE("sizes are exact for programs and round for people") {
  CHECK(fact(orders(), "retained") == "1488978");
  CHECK(fact(orders(), "retained", Bytes::human) == "1.42 MiB");
  CHECK(fact(orders(), "safe wal size") == "-4096");
  CHECK(fact(orders(), "safe wal size", Bytes::human) == "-4.00 KiB");
  CHECK(fact(orders(), "confirmed flush lsn") == "0/1634FA0 (23285664)");
  CHECK(slot_row(orders(), Bytes::exact)[5].text == "1488978");
  CHECK(slot_row(orders(), Bytes::exact).size() == slot_columns().size());
}

TEST_CASE("activity says who, or since when nobody") {
  Slot slot = orders();
  CHECK(fact(slot, "active") == "no");
  slot.inactive_since = "2026-11-20T08:00:00Z";
  CHECK(fact(slot, "active") == "no, since 2026-11-20T08:00:00Z");
  slot.active = true;
  slot.active_pid = 4242;
  CHECK(fact(slot, "active") == "yes, PID 4242");
  CHECK(slot_row(slot, Bytes::exact)[3].text == "PID 4242");
  CHECK(slot_json(slot)["active_pid"] == 4242);
}

TEST_CASE("a physical slot has no plugin and no database") {
  Slot slot;
  slot.name = "standby";
  slot.type = "physical";
  CHECK(slot_words(slot) == "physical replication slot 'standby'");
  CHECK(slot_words(orders()) ==
        "logical replication slot 'orders' (plugin pgoutput, database shop)");
  CHECK(fact(slot, "plugin") == "-");
  CHECK(slot_json(slot)["plugin"].is_null());
  CHECK(slot_row(slot, Bytes::human)[5].text == "-");
}

}  // namespace cdcctl
