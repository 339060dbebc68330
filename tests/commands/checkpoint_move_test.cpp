#include "commands/checkpoint_move.hpp"

#include <doctest/doctest.h>

#include "tests/libcdc/base/thrown.hpp"

namespace cdcctl {
namespace {

using cdc::ResumePoint;
using Direction = Move::Direction;

const cdc::SourceType& postgres() {
  return *cdc::find_source_type("postgres");
}

ResumePoint place(std::string_view text) {
  return parse_place(postgres(), text);
}

Move move(std::string_view from, std::string_view to) {
  return measure_move(postgres(), place(from), place(to));
}

}  // namespace

TEST_CASE("a place is a position in any form, or the pos of a change line") {
  CHECK(place("0/1634FA0") == ResumePoint{"0/1634FA0", {}});
  CHECK(place("0/01634fa0") == ResumePoint{"0/1634FA0", {}});
  CHECK(place("23285664") == ResumePoint{"0/1634FA0", {}});
  CHECK(place("16/B374D848#3") == ResumePoint{"16/B374D848", {{"16/B374D848", 3}}});
  CHECK(place("23285664#1") == ResumePoint{"0/1634FA0", {{"0/1634FA0", 1}}});
}

TEST_CASE("at the begin line nothing of the transaction is done") {
  CHECK(place("0/5#0") == ResumePoint{"0/5", {}});
}

TEST_CASE("what is not a place is refused") {
  for (const char* text : {"", "#", "#1", "0/5#", "0/5#x", "0/5#-1", "0/5#1#2", "x", "0/", "/1",
                           "0/123456789", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK(cdc::test::thrown_by([&] { place(text); }).fault() == cdc::Fault::usage);
  }
}

TEST_CASE("a move has a direction and a size") {
  CHECK(move("0/10", "0/10").direction == Direction::none);
  CHECK(move("0/10", "1/0").direction == Direction::forward);
  CHECK(move("0/10", "0/20").gap == "16 bytes (16 B) of WAL forward");
  CHECK(move("9/0", "A/0").direction == Direction::forward);
  CHECK(move("0/20", "0/10").direction == Direction::back);
  CHECK(move("0/20", "0/10").gap == "16 bytes (16 B) of WAL back");
}

TEST_CASE("within one transaction the changes are counted") {
  CHECK(move("0/10#2", "0/10#2").direction == Direction::none);
  CHECK(move("0/10", "0/10#2").direction == Direction::forward);
  CHECK(move("0/10#2", "0/10#5").gap == "3 changes of one transaction forward");
  CHECK(move("0/10#2", "0/10").direction == Direction::back);
  CHECK(move("0/10#2", "0/10").gap == "2 changes of one transaction back");
  CHECK(move("0/10#9", "0/11").direction == Direction::forward);
}

TEST_CASE("a transaction that is done in part counts, not the position before it") {
  const ResumePoint partly{"0/10", {{"0/30", 4}}};
  CHECK(measure_move(postgres(), partly, place("0/20")).direction == Direction::back);
  CHECK(measure_move(postgres(), partly, place("0/30#4")).direction == Direction::none);
}

TEST_CASE("directions have stable words") {
  CHECK(direction_word(Direction::none) == "none");
  CHECK(direction_word(Direction::forward) == "forward");
  CHECK(direction_word(Direction::back) == "back");
  CHECK(direction_word(Direction::unknown) == "unknown");
}

}  // namespace cdcctl
