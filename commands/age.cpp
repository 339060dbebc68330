#include "commands/age.hpp"

#include <fmt/format.h>

namespace cdcctl {

std::string age_words(std::int64_t micros) {
  // Two clocks that are set well still differ by a little.
  constexpr std::int64_t kDoubt = -2;
  const std::int64_t seconds = micros / 1000000;
  if (seconds < kDoubt) return "in the future: clocks differ";
  if (seconds < 120) return fmt::format("{} s ago", seconds < 0 ? 0 : seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min ago", seconds / 60);
  if (seconds < 2 * 86400) return fmt::format("{} h ago", seconds / 3600);
  return fmt::format("{} days ago", seconds / 86400);
}

}  // namespace cdcctl
