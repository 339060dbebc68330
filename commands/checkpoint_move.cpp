#include "commands/checkpoint_move.hpp"

#include <fmt/format.h>

#include <compare>

namespace cdcctl {
namespace {

using Direction = Move::Direction;

/// How far a resume point reaches: so many changes of the transaction at `position`.
struct Reach {
  std::string position;
  std::uint64_t changes = 0;
};

Reach reach_of(const cdc::ResumePoint& point) {
  if (!point.in_transaction) return {point.position, 0};
  return {point.in_transaction->transaction, point.in_transaction->ordinal};
}

// Within one transaction the source sees no gap.
Move measure_changes(std::uint64_t from, std::uint64_t to) {
  if (from == to) return {Direction::none, "no gap"};
  const bool forward = from < to;
  return {forward ? Direction::forward : Direction::back,
          fmt::format("{} changes of one transaction {}", forward ? to - from : from - to,
                      forward ? "forward" : "back")};
}

}  // namespace

cdc::ResumePoint parse_place(const cdc::SourceType& type, std::string_view text) {
  auto change = cdc::parse_change_position(text);
  if (!change) return {type.parse_position(text), std::nullopt};
  change->transaction = type.parse_position(change->transaction);
  // Of `#0`, the begin line, no change is done yet.
  if (change->ordinal == 0) return {change->transaction, std::nullopt};
  return {change->transaction, change};
}

Move measure_move(const cdc::SourceType& type, const cdc::ResumePoint& from,
                  const cdc::ResumePoint& to) {
  const Reach a = reach_of(from);
  const Reach b = reach_of(to);
  const std::partial_ordering order = type.compare(a.position, b.position);
  if (std::is_eq(order)) return measure_changes(a.changes, b.changes);
  if (std::is_lt(order)) return {Direction::forward, type.describe_gap(a.position, b.position)};
  if (std::is_gt(order)) return {Direction::back, type.describe_gap(a.position, b.position)};
  return {Direction::unknown, "the two positions cannot be compared"};
}

std::string direction_word(Direction direction) {
  switch (direction) {
    case Direction::none:
      return "none";
    case Direction::forward:
      return "forward";
    case Direction::back:
      return "back";
    case Direction::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace cdcctl
