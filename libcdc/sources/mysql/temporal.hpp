#pragma once

#include <cstdint>

#include "libcdc/base/arena.hpp"
#include "libcdc/change/value.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {

/// The temporal types of both servers. `digits` are those of a second that the column declares, 0
/// to 6, and all are written. A date of the calendar becomes `2026-11-20`,
/// `2026-11-20T08:00:00.12`; what is zero, partial or no such day is the server's text, as are
/// times: `0000-00-00 00:00:00`, `2026-00-00`, `-838:59:59`. Bytes that are no such value make the
/// reader fail; the value is nothing then.

/// DATE (10) and NEWDATE (14).
Value read_date(LittleReader& reader, Arena& arena);
/// YEAR (13): the number; 0 for 0000.
Value read_year(LittleReader& reader, Arena& arena);
/// TIMESTAMP2 (17): seconds of UTC, `2026-11-20T08:00:00Z`.
Value read_timestamp(LittleReader& reader, unsigned digits, Arena& arena);
/// DATETIME2 (18).
Value read_datetime(LittleReader& reader, unsigned digits, Arena& arena);
/// TIME2 (19).
Value read_time(LittleReader& reader, unsigned digits, Arena& arena);

/// The same in the forms of before MySQL 5.6, which MariaDB writes under
/// mysql56_temporal_format=OFF: TIMESTAMP (7), DATETIME (12), TIME (11). Those with digits are
/// MariaDB's own.
Value read_old_timestamp(LittleReader& reader, unsigned digits, Arena& arena);
Value read_old_datetime(LittleReader& reader, unsigned digits, Arena& arena);
Value read_old_time(LittleReader& reader, unsigned digits, Arena& arena);

/// The same in the binary protocol of statements: `u8 length` and as many bytes of `u16 year, u8
/// month, u8 day, u8 hour, u8 minute, u8 second, u32 microseconds`, of a time `u8 negative, u32
/// days, u8 hour ...`; what is zero at the end is left out. A timestamp is one of UTC where the
/// session's time zone is.
Value read_sent_date(LittleReader& reader, Arena& arena);
Value read_sent_datetime(LittleReader& reader, unsigned digits, Arena& arena);
Value read_sent_timestamp(LittleReader& reader, unsigned digits, Arena& arena);
Value read_sent_time(LittleReader& reader, unsigned digits, Arena& arena);

/// The bytes of each; `digits` at most 6.
std::size_t timestamp_size(unsigned digits);
std::size_t datetime_size(unsigned digits);
std::size_t time_size(unsigned digits);
std::size_t old_timestamp_size(unsigned digits);
std::size_t old_datetime_size(unsigned digits);
std::size_t old_time_size(unsigned digits);

/// The longest text of a temporal value.
inline constexpr std::size_t kMostTemporalText = 32;

/// The temporal values inside of JSON: 64 bits with microseconds, written as the server prints them
/// there, `2026-11-20`, `2026-11-20 08:00:00.000000`, `-08:00:00.000000`. Return the end of the
/// text; null where the bits are no such value.
char* put_packed_date(char* to, std::int64_t packed);
char* put_packed_datetime(char* to, std::int64_t packed);
char* put_packed_time(char* to, std::int64_t packed);

}  // namespace cdc::mysql
