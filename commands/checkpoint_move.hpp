#pragma once

#include <string>
#include <string_view>

#include "libcdc/change/position.hpp"
#include "libcdc/sources/source_type.hpp"

namespace cdcctl {

/// What a person writes for a place in a stream: a resume position, or the `pos` of a change line
/// (`X/X#n`: the changes up to that one are done). Throws usage.
cdc::ResumePoint parse_place(const cdc::SourceType& type, std::string_view text);

/// From one place to another.
struct Move {
  enum class Direction {
    none,
    forward,  ///< changes are skipped
    back,     ///< changes come again
    unknown,  ///< the two cannot be compared
  };
  Direction direction = Direction::unknown;
  std::string gap;  ///< in words: "1488978 bytes (1.42 MiB) of WAL forward"
};

Move measure_move(const cdc::SourceType& type, const cdc::ResumePoint& from,
                  const cdc::ResumePoint& to);

/// The stable word for scripts: "none", "forward", "back", "unknown".
std::string direction_word(Move::Direction direction);

}  // namespace cdcctl
