#include "libcdc/sources/postgres/divergence.hpp"

#include <doctest/doctest.h>

using namespace cdc;
using namespace cdc::postgres;

namespace {

constexpr Lsn kPosition = 0x2000;
constexpr Lsn kEnd = 0x3000;

Slot sound_slot() {
  Slot slot;
  slot.name = "orders";
  slot.wal_status = "reserved";
  slot.restart_lsn = 0x1000;
  slot.confirmed_flush_lsn = kPosition;
  return slot;
}

std::vector<Finding> find(const std::optional<Slot>& slot, Lsn position = kPosition,
                          std::optional<Lsn> switched_at = std::nullopt) {
  return find_divergence("orders", slot, position, kEnd, switched_at);
}

/// The only finding, without the words that all begin with.
std::string only(const std::vector<Finding>& findings) {
  REQUIRE(findings.size() == 1);
  const std::string words = "postgres checkpoint/slot divergence for slot 'orders': ";
  REQUIRE(findings[0].sentence.starts_with(words));
  CHECK_FALSE(findings[0].way_out.empty());
  return findings[0].code + ": " + findings[0].sentence.substr(words.size());
}

}  // namespace

TEST_CASE("a slot at the checkpoint or behind it is the normal state") {
  Slot slot = sound_slot();
  CHECK(find(slot).empty());
  slot.confirmed_flush_lsn = 0x1000;
  CHECK(find(slot).empty());
  CHECK(find(slot, kEnd).empty());
  slot.confirmed_flush_lsn.reset();
  CHECK(find(slot).empty());
}

TEST_CASE("a slot that is not there any more") {
  CHECK(only(find(std::nullopt)) == "slot_missing: slot missing");
}

TEST_CASE("a slot that the server has given up") {
  Slot slot = sound_slot();
  slot.wal_status = "lost";
  CHECK(only(find(slot)) == "slot_lost: slot lost");
  slot.invalidation_reason = "wal_removed";
  CHECK(only(find(slot)) == "slot_lost: slot lost: wal_removed");
  slot = sound_slot();
  slot.restart_lsn.reset();
  CHECK(only(find(slot)) == "slot_lost: slot lost");
}

TEST_CASE("a slot that somebody moved, or made anew") {
  Slot slot = sound_slot();
  slot.confirmed_flush_lsn = kPosition + 56;
  CHECK(only(find(slot)) ==
        "slot_ahead: slot_confirmed_lsn=0/2038 is ahead of checkpoint_lsn=0/2000; 56 B of changes "
        "are gone (someone else read from the slot, or made it anew)");
}

TEST_CASE("invariant 3: a position that the server's log does not reach is not of this server") {
  const Slot slot = sound_slot();
  CHECK(only(find(slot, kEnd + 1)) ==
        "checkpoint_ahead: checkpoint_lsn=0/3001 is ahead of slot_confirmed_lsn=0/2000. operator "
        "intervention required (the server's log ends at 0/3000)");
  CHECK(find(slot, kPosition, kPosition).empty());
  CHECK(only(find(slot, kPosition, kPosition - 1)) ==
        "checkpoint_ahead: checkpoint_lsn=0/2000 is ahead of slot_confirmed_lsn=0/2000. operator "
        "intervention required (its timeline ended at 0/1FFF)");
  // A transaction that was delivered in part, and is not in the new history.
  const auto partly = [&](Lsn inside) {
    return find_divergence("orders", slot, kPosition, kEnd, kPosition + 8, inside);
  };
  CHECK(partly(kPosition + 7).empty());
  CHECK(only(partly(kPosition + 8)) ==
        "checkpoint_ahead: checkpoint_lsn=0/2008 is ahead of slot_confirmed_lsn=0/2000. operator "
        "intervention required (its timeline ended at 0/2008)");
  CHECK(partly(kPosition + 8).front().way_out.find("--lsn 0/2008") != std::string::npos);
  // A timeline that the server's history does not know.
  CHECK(find(slot, kPosition, 0).size() == 1);
}
