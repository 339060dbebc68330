#include "libcdc/sources/postgres/slot.hpp"

#include <doctest/doctest.h>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::postgres;

namespace {

Slot usable_slot() {
  Slot slot;
  slot.name = "orders";
  slot.plugin = "pgoutput";
  slot.type = "logical";
  slot.database = "shop";
  slot.restart_lsn = 0x1000;
  return slot;
}

/// What check_usable says of it: message and hint, or nothing.
std::string refusal(const Slot& slot) {
  try {
    check_usable(slot, "shop");
  } catch (const Error& error) {
    return error.message() + " | " + error.hint();
  }
  return {};
}

}  // namespace

TEST_CASE("a lost slot is explained by the server's reason") {
  Slot slot = usable_slot();
  CHECK(refusal(slot).empty());
  const auto says = [&](const char* reason, const char* why, const char* prevention) {
    slot.invalidation_reason = reason;
    const std::string text = refusal(slot);
    CHECK(text.find(std::string("is lost: ") + why + " (reason: " + reason + ")") !=
          std::string::npos);
    CHECK(text.find(prevention) != std::string::npos);
  };
  says("wal_removed", "the server has removed the log that it needs",
       "raise max_slot_wal_keep_size");
  says("idle_timeout",
       "nobody has read from it for as long as idle_replication_slot_timeout allows",
       "raise idle_replication_slot_timeout");
  says("rows_removed", "the primary has removed catalog rows that it needs",
       "hot_standby_feedback");
  says("wal_level_insufficient", "wal_level of the primary was lowered", "wal_level = 'logical'");
}

TEST_CASE("a slot that a standby follows is usable after the promotion only") {
  Slot slot = usable_slot();
  slot.synced = true;
  CHECK_FALSE(is_followed(slot));
  CHECK(refusal(slot).empty());
  slot.on_standby = true;
  CHECK(is_followed(slot));
  CHECK(refusal(slot) ==
        "replication slot 'orders' is being synchronized from the primary: this server is a "
        "standby | stream from the primary, or promote this server first");
  slot.synced = false;
  CHECK(refusal(slot).empty());
}

TEST_CASE(
    "a slot that standbys do not keep is told from one that they keep, and from old servers") {
  Slot slot = usable_slot();
  CHECK_THROWS_WITH(check_failover(slot, 160000), "failover slots need PostgreSQL 17 or newer");
  CHECK_THROWS_WITH(check_failover(slot, 170000),
                    "replication slot 'orders' exists, but it is not a failover slot");
  slot.failover = true;
  CHECK_NOTHROW(check_failover(slot, 170000));
}
