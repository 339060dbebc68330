#include "commands/postgres/slot_history.hpp"

#include <doctest/doctest.h>

namespace cdcctl {
namespace {

using cdc::postgres::Slot;
using std::chrono::seconds;

const cdc::Instant kBegin = cdc::Instant() + std::chrono::hours(1);

Slot retaining(std::int64_t bytes, std::optional<std::int64_t> safe = {}) {
  Slot slot;
  slot.retained_bytes = bytes;
  slot.safe_wal_size = safe;
  return slot;
}

}  // namespace

TEST_CASE("one look says nothing of how it goes on") {
  SlotHistory history;
  history.add(kBegin, retaining(100, 1000));
  CHECK(history.line().empty());
  CHECK_FALSE(history.growth());
  CHECK_FALSE(history.until_unsafe());
  CHECK_FALSE(history.until_full(1000));
}

TEST_CASE("the line goes from the lowest block to the highest") {
  SlotHistory history;
  for (int i = 0; i < 8; ++i) history.add(kBegin + seconds(i), retaining(1000 + 100 * i));
  CHECK(history.line() == "▁▂▃▄▅▆▇█");
  CHECK(history.growth() == 100.0);
}

TEST_CASE("a log that does not grow is a flat line, and never full") {
  SlotHistory history;
  for (int i = 0; i < 3; ++i) history.add(kBegin + seconds(i), retaining(1000));
  CHECK(history.line() == "▁▁▁");
  CHECK(history.growth() == 0.0);
  CHECK_FALSE(history.until_full(1));
}

TEST_CASE("the time that is left follows from what is used") {
  SlotHistory history;
  history.add(kBegin, retaining(0, 1000));
  history.add(kBegin + seconds(10), retaining(500, 600));
  CHECK(history.until_unsafe() == seconds(15));
  CHECK(history.until_full(5000) == seconds(100));

  history.add(kBegin + seconds(20), retaining(100, -50));
  CHECK(history.until_unsafe() == seconds(0));
  CHECK(history.until_full(5000) == seconds(1000));
}

TEST_CASE("what the server keeps without limit is never unsafe") {
  SlotHistory history;
  history.add(kBegin, retaining(0));
  history.add(kBegin + seconds(10), retaining(500));
  CHECK_FALSE(history.until_unsafe());
}

TEST_CASE("old looks are forgotten, and all of them when the slot is lost") {
  SlotHistory history;
  for (int i = 0; i < 100; ++i) history.add(kBegin + seconds(i), retaining(i < 40 ? 0 : 10 * i));
  CHECK(history.growth() == 10.0);
  history.add(kBegin + seconds(100), Slot());
  CHECK(history.line().empty());
}

TEST_CASE("durations have two units at most") {
  CHECK(duration_words(seconds(45)) == "45 s");
  CHECK(duration_words(seconds(150)) == "2 min");
  CHECK(duration_words(seconds(12000)) == "3 h 20 min");
  CHECK(duration_words(seconds(7200)) == "2 h");
  CHECK(duration_words(seconds(12 * 86400 + 3600)) == "12 d 1 h");
}

}  // namespace cdcctl
