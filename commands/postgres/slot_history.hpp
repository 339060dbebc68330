#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "libcdc/base/clock.hpp"
#include "libcdc/sources/postgres/slot.hpp"

namespace cdcctl {

/// What `slot status --watch` has seen of one slot, look after look. Clocks are given.
class SlotHistory {
 public:
  /// Remembers the last kLooks looks.
  void add(cdc::Instant now, const cdc::postgres::Slot& slot);

  /// The retained bytes of each look as a line of blocks, the newest at the right: their lowest is
  /// the lowest block, unless all are equal. Empty before the second look.
  std::string line() const;
  /// Bytes a second by which the retained log grows (shrinks where negative), over all looks.
  /// Nothing before the second look.
  std::optional<double> growth() const;
  /// When the slot is at risk, if the server writes on as it has: nothing where the server keeps
  /// all, or writes nothing.
  std::optional<std::chrono::seconds> until_unsafe() const;
  /// When `free_bytes` are used up, if the retained log grows on as it has.
  std::optional<std::chrono::seconds> until_full(std::uint64_t free_bytes) const;

 private:
  static constexpr std::size_t kLooks = 60;

  struct Look {
    cdc::Instant at;
    std::int64_t retained = 0;
    std::optional<std::int64_t> safe;
  };

  /// Of the first look to the last; 0 where no time has passed.
  double seconds_passed() const;

  std::deque<Look> looks_;
};

/// "3 h 20 min", "45 s", "12 d": two units at most.
std::string duration_words(std::chrono::seconds duration);

}  // namespace cdcctl
