#include "libcdc/base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace cdc {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

// From large to small, as format_duration tries them; in milliseconds.
constexpr std::array<Unit, 5> kDurations{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

constexpr std::uint64_t kKi = 1024;
constexpr std::array<Unit, 14> kSizes{{{"", 1},
                                       {"B", 1},
                                       {"KB", 1000},
                                       {"kB", 1000},
                                       {"MB", 1'000'000},
                                       {"GB", 1'000'000'000},
                                       {"TB", 1'000'000'000'000},
                                       {"K", kKi},
                                       {"M", kKi* kKi},
                                       {"G", kKi* kKi* kKi},
                                       {"KiB", kKi},
                                       {"MiB", kKi* kKi},
                                       {"GiB", kKi* kKi* kKi},
                                       {"TiB", kKi* kKi* kKi* kKi}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// What `<digits>[.<digits>]<unit>` comes to, in the smallest unit; nothing where the text is not
/// of this form, the unit is not in `units`, or the sum does not fit 63 bits.
template <std::size_t kCount>
std::optional<std::uint64_t> parse_quantity(std::string_view text,
                                            const std::array<Unit, kCount>& units) {
  const char* const end = text.data() + text.size();
  std::uint64_t whole = 0;
  const auto [after_whole, error] = std::from_chars(text.data(), end, whole);
  if (error != std::errc{}) return std::nullopt;
  const char* at = after_whole;
  long double fraction = 0;
  if (at != end && *at == '.') {
    if (++at == end || !is_digit(*at)) return std::nullopt;
    for (long double place = 0.1L; at != end && is_digit(*at); ++at, place /= 10) {
      fraction += place * (*at - '0');
    }
  }
  const std::string_view unit_name(at, static_cast<std::size_t>(end - at));
  for (const Unit& unit : units) {
    if (unit.name != unit_name) continue;
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (whole >= kMost / unit.size) return std::nullopt;
    return whole * unit.size +
           static_cast<std::uint64_t>(std::llround(fraction * static_cast<long double>(unit.size)));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto millis = parse_quantity(text, kDurations);
  if (!millis || *millis > static_cast<std::uint64_t>(kLongestDuration.count())) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(*millis));
}

std::string format_duration(std::chrono::milliseconds duration) {
  const std::int64_t millis = duration.count();
  if (millis == 0) return "0s";
  for (const Unit& unit : kDurations) {
    const auto size = static_cast<std::int64_t>(unit.size);
    if (millis % size == 0) return fmt::format("{}{}", millis / size, unit.name);
  }
  return fmt::format("{}ms", millis);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_quantity(text, kSizes);
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < kKi) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 6> kNames{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto amount = static_cast<double>(bytes) / static_cast<double>(kKi);
  std::size_t unit = 0;
  // 1023.5 and more would be printed as 1024.
  for (; amount >= 1023.5 && unit + 1 < kNames.size(); ++unit) amount /= static_cast<double>(kKi);
  const int digits = amount < 9.995 ? 2 : amount < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", amount, digits, kNames[unit]);
}

}  // namespace cdc
