#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cdc {

/// Time that only goes forward: deadlines, ticks, backoff.
using Instant = std::chrono::steady_clock::time_point;

/// Microseconds since 1970-01-01 UTC, by this machine's clock.
std::int64_t unix_now();

/// `2026-11-20T08:00:00.123456Z`; always six digits. `micros` since 1970 UTC.
std::string format_utc(std::int64_t micros);
/// `2026-11-20T08:00:00Z`.
std::string format_utc_seconds(std::int64_t micros);
/// `20261120T080000Z`, for names of files.
std::string format_utc_compact(std::int64_t micros);

/// RFC 3339 (`2026-11-20T08:00:00Z`, `...08:00:00.5+02:00`; a blank for the T is accepted) as
/// microseconds since 1970 UTC; nothing where it is not one.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace cdc
