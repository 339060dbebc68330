#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cdc {

/// What poll(2) can wait is an int of milliseconds, 24.8 days.
constexpr std::chrono::milliseconds kLongestDuration = std::chrono::days(24);

/// `500ms`, `10s`, `5m`, `2h`, `1d`, fractions allowed (`1.5s`); nothing where it is not one or
/// comes to more than kLongestDuration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The shortest exact form that parse_duration reads: `1500ms`, `10s`, `5m`.
std::string format_duration(std::chrono::milliseconds duration);

/// `1024`, `64KiB`, `10MB`, `1GiB` as bytes (KB is 1000, KiB 1024, a bare K, M, G is 1024-based);
/// nothing where it is not one.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// For people, three significant digits: `512 B`, `1.42 MiB`.
std::string format_size(std::uint64_t bytes);

}  // namespace cdc
