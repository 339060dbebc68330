#include "commands/age.hpp"

#include <fmt/format.h>

namespace cdcctl {

std::string age_words(std::int64_t micros) {
  // Two clocks that are set well still differ by a little.
  constexpr std::int64_t kDoubt = -2;
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const std::int64_t seconds = micros / 1000000;
  if (seconds < kDoubt) return "in the future: clocks differ";
  if (seconds < 2 * kMinute) return fmt::format("{} s ago", seconds < 0 ? 0 : seconds);
  if (seconds < 2 * kHour) return fmt::format("{} min ago", seconds / kMinute);
  if (seconds < 2 * kDay) return fmt::format("{} h ago", seconds / kHour);
  return fmt::format("{} days ago", seconds / kDay);
}

}  // namespace cdcctl
