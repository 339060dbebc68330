#include "libcdc/sources/mysql/temporal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "libcdc/sources/mysql/digits.hpp"

namespace cdc::mysql {
namespace {

constexpr unsigned kMostDigits = 6;
constexpr std::array<std::uint32_t, kMostDigits + 1> kPowers = {1,      10,      100,      1'000,
                                                                10'000, 100'000, 1'000'000};

struct Date {
  std::uint32_t year = 0;
  std::uint32_t month = 0;
  std::uint32_t day = 0;
};

struct Clock {
  bool negative = false;
  std::uint32_t hour = 0;
  std::uint32_t minute = 0;
  std::uint32_t second = 0;
  std::uint32_t fraction = 0;  ///< in units of the last declared digit
};

enum class Zone : std::uint8_t { none, utc };

std::size_t fraction_size(unsigned digits) {
  return (digits + 1) / 2;
}

/// A stored fraction has an even number of digits; the declared ones are the first of them.
std::uint32_t declared_fraction(std::uint64_t stored, unsigned digits) {
  return static_cast<std::uint32_t>(digits % 2 == 0 ? stored : stored / 10);
}

bool is_date_of_server(const Date& date) {
  return date.year <= 9999 && date.month <= 12 && date.day <= 31;
}

bool is_clock_of_server(const Clock& clock, unsigned digits) {
  return clock.hour <= 838 && clock.minute <= 59 && clock.second <= 59 &&
         clock.fraction < kPowers[digits];
}

/// Whether it is a day that a calendar has: a server keeps zeros, and under ALLOW_INVALID_DATES
/// also a 31st of February.
bool is_calendar_day(const Date& date) {
  constexpr std::array<std::uint8_t, 13> kDays = {0,  31, 29, 31, 30, 31, 30,
                                                  31, 31, 30, 31, 30, 31};
  if (date.year == 0 || date.month == 0 || date.day == 0) return false;
  if (date.day > kDays[date.month]) return false;
  if (date.month != 2 || date.day < 29) return true;
  return date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
}

char* put_date(char* to, const Date& date) {
  to = put_two_digits(to, date.year / 100);
  to = put_two_digits(to, date.year % 100);
  *to++ = '-';
  to = put_two_digits(to, date.month);
  *to++ = '-';
  return put_two_digits(to, date.day);
}

char* put_clock(char* to, const Clock& clock, unsigned digits) {
  if (clock.negative) *to++ = '-';
  if (clock.hour >= 100) *to++ = static_cast<char>('0' + clock.hour / 100);
  to = put_two_digits(to, clock.hour % 100);
  *to++ = ':';
  to = put_two_digits(to, clock.minute);
  *to++ = ':';
  to = put_two_digits(to, clock.second);
  if (digits == 0) return to;
  *to++ = '.';
  return put_digits(to, clock.fraction, digits);
}

Value failed(LittleReader& reader) {
  reader.fail();
  return Value(ValueKind::null);
}

/// A text in the arena, which `put` writes.
template <typename Put>
Value text_of(Arena& arena, Put put) {
  char* const begin = arena.allocate(kMostTemporalText);
  const char* const end = put(begin);
  return {ValueKind::text, {begin, static_cast<std::size_t>(end - begin)}};
}

Value datetime_text(const Date& date, const Clock& clock, unsigned digits, Zone zone,
                    Arena& arena) {
  return text_of(arena, [&](char* to) {
    const bool calendar = is_calendar_day(date);
    to = put_date(to, date);
    *to++ = calendar ? 'T' : ' ';
    to = put_clock(to, clock, digits);
    if (calendar && zone == Zone::utc) *to++ = 'Z';
    return to;
  });
}

Value checked_datetime(const Date& date, const Clock& clock, unsigned digits, LittleReader& reader,
                       Arena& arena) {
  const bool valid =
      is_date_of_server(date) && clock.hour <= 23 && is_clock_of_server(clock, digits);
  if (!valid) return failed(reader);
  return datetime_text(date, clock, digits, Zone::none, arena);
}

Value checked_time(const Clock& clock, unsigned digits, LittleReader& reader, Arena& arena) {
  if (!is_clock_of_server(clock, digits)) return failed(reader);
  return text_of(arena, [&](char* to) { return put_clock(to, clock, digits); });
}

/// The day so many days after 1970-01-01; years are counted from March, so that a leap day is the
/// last of its year.
Date date_of_days(std::uint32_t days) {
  constexpr std::uint32_t kFromYearZero = 719468;
  constexpr std::uint32_t kEra = 146097;
  const std::uint32_t all = days + kFromYearZero;
  const std::uint32_t era = all / kEra;
  const std::uint32_t day = all % kEra;
  const std::uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  const std::uint32_t day_of_year = day - (365 * year + year / 4 - year / 100);
  const std::uint32_t month = (5 * day_of_year + 2) / 153;
  Date date;
  date.day = day_of_year - (153 * month + 2) / 5 + 1;
  date.month = month < 10 ? month + 3 : month - 9;
  date.year = year + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

Value timestamp_text(std::uint32_t seconds, std::uint32_t fraction, unsigned digits, Arena& arena) {
  constexpr std::uint32_t kDay = 86400;
  Clock clock{.fraction = fraction};
  // The server's zero timestamp is no time at all, not 1970.
  if (seconds == 0 && fraction == 0) return datetime_text({}, clock, digits, Zone::utc, arena);
  const std::uint32_t second = seconds % kDay;
  clock.hour = second / 3600;
  clock.minute = second / 60 % 60;
  clock.second = second % 60;
  return datetime_text(date_of_days(seconds / kDay), clock, digits, Zone::utc, arena);
}

/// `h << 12 | min << 6 | s`.
Clock clock_of_bits(std::uint64_t bits) {
  return {.hour = static_cast<std::uint32_t>(bits >> 12U & 0x3FFU),
          .minute = static_cast<std::uint32_t>(bits >> 6U & 0x3FU),
          .second = static_cast<std::uint32_t>(bits & 0x3FU)};
}

/// `(y * 13 + m) << 5 | d`.
Date date_of_bits(std::uint64_t bits) {
  const std::uint64_t months = bits >> 5U;
  return {.year = static_cast<std::uint32_t>(months / 13),
          .month = static_cast<std::uint32_t>(months % 13),
          .day = static_cast<std::uint32_t>(bits & 0x1FU)};
}

constexpr unsigned kClockBits = 17;
constexpr std::uint64_t kClockMask = (std::uint64_t{1} << kClockBits) - 1;

/// MariaDB's old types with digits are big-endian numbers that count the last digit.
constexpr std::array<std::size_t, kMostDigits + 1> kOldFraction = {0, 1, 1, 2, 2, 3, 3};
constexpr std::array<std::size_t, kMostDigits + 1> kOldDatetime = {8, 6, 6, 7, 7, 7, 8};
constexpr std::array<std::size_t, kMostDigits + 1> kOldTime = {3, 4, 4, 5, 5, 5, 6};

/// Takes `seconds` and what is behind them off a count of last digits; leaves the minutes.
Clock take_seconds(std::uint64_t& count, unsigned digits) {
  Clock clock;
  clock.fraction = static_cast<std::uint32_t>(count % kPowers[digits]);
  count /= kPowers[digits];
  clock.second = static_cast<std::uint32_t>(count % 60);
  count /= 60;
  clock.minute = static_cast<std::uint32_t>(count % 60);
  count /= 60;
  return clock;
}

/// `hhmmss` as a decimal number.
Clock clock_of_decimal(std::uint64_t number) {
  return {.hour = static_cast<std::uint32_t>(number / 10000),
          .minute = static_cast<std::uint32_t>(number / 100 % 100),
          .second = static_cast<std::uint32_t>(number % 100)};
}

}  // namespace

std::size_t timestamp_size(unsigned digits) {
  return 4 + fraction_size(digits);
}

std::size_t datetime_size(unsigned digits) {
  return 5 + fraction_size(digits);
}

std::size_t time_size(unsigned digits) {
  return 3 + fraction_size(digits);
}

std::size_t old_timestamp_size(unsigned digits) {
  return 4 + kOldFraction[digits];
}

std::size_t old_datetime_size(unsigned digits) {
  return kOldDatetime[digits];
}

std::size_t old_time_size(unsigned digits) {
  return kOldTime[digits];
}

Value read_date(LittleReader& reader, Arena& arena) {
  const std::uint32_t bits = reader.u24();
  const Date date{.year = bits >> 9U, .month = bits >> 5U & 0xFU, .day = bits & 0x1FU};
  if (!is_date_of_server(date)) return failed(reader);
  return text_of(arena, [&](char* to) { return put_date(to, date); });
}

Value read_year(LittleReader& reader, Arena& arena) {
  constexpr std::uint32_t kBase = 1900;
  const std::uint32_t stored = reader.u8();
  char* const begin = arena.allocate(4);
  if (stored == 0) {
    *begin = '0';
    return {ValueKind::number, {begin, 1}};
  }
  put_digits(begin, kBase + stored, 4);
  return {ValueKind::number, {begin, 4}};
}

Value read_timestamp(LittleReader& reader, unsigned digits, Arena& arena) {
  const auto seconds = static_cast<std::uint32_t>(reader.big_endian(4));
  const std::uint32_t fraction =
      declared_fraction(reader.big_endian(fraction_size(digits)), digits);
  if (fraction >= kPowers[digits]) return failed(reader);
  return timestamp_text(seconds, fraction, digits, arena);
}

Value read_datetime(LittleReader& reader, unsigned digits, Arena& arena) {
  constexpr std::uint64_t kZero = 0x8000000000;
  const auto fraction_bits = static_cast<unsigned>(8 * fraction_size(digits));
  const std::uint64_t stored = reader.big_endian(datetime_size(digits));
  const std::uint64_t bits = stored >> fraction_bits ^ kZero;
  Clock clock = clock_of_bits(bits & kClockMask);
  const std::uint64_t fraction = stored & ((std::uint64_t{1} << fraction_bits) - 1);
  clock.fraction = declared_fraction(fraction, digits);
  return checked_datetime(date_of_bits(bits >> kClockBits), clock, digits, reader, arena);
}

Value read_time(LittleReader& reader, unsigned digits, Arena& arena) {
  const std::size_t size = time_size(digits);
  const std::uint64_t zero = std::uint64_t{1} << (8 * size - 1);
  const std::uint64_t stored = reader.big_endian(size);
  const bool negative = stored < zero;
  const std::uint64_t bits = negative ? zero - stored : stored - zero;
  const auto fraction_bits = static_cast<unsigned>(8 * fraction_size(digits));
  Clock clock = clock_of_bits(bits >> fraction_bits);
  clock.negative = negative;
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << fraction_bits) - 1);
  clock.fraction = declared_fraction(fraction, digits);
  return checked_time(clock, digits, reader, arena);
}

Value read_old_timestamp(LittleReader& reader, unsigned digits, Arena& arena) {
  const auto seconds =
      digits == 0 ? reader.u32() : static_cast<std::uint32_t>(reader.big_endian(4));
  const auto fraction = static_cast<std::uint32_t>(reader.big_endian(kOldFraction[digits]));
  if (fraction >= kPowers[digits]) return failed(reader);
  return timestamp_text(seconds, fraction, digits, arena);
}

Value read_old_datetime(LittleReader& reader, unsigned digits, Arena& arena) {
  Date date;
  Clock clock;
  if (digits == 0) {
    const std::uint64_t number = reader.u64();
    constexpr std::uint64_t kDay = 1'000'000;
    clock = clock_of_decimal(number % kDay);
    const std::uint64_t day = number / kDay;
    if (day > 99991231) return failed(reader);
    date = {.year = static_cast<std::uint32_t>(day / 10000),
            .month = static_cast<std::uint32_t>(day / 100 % 100),
            .day = static_cast<std::uint32_t>(day % 100)};
  } else {
    std::uint64_t count = reader.big_endian(kOldDatetime[digits]);
    clock = take_seconds(count, digits);
    clock.hour = static_cast<std::uint32_t>(count % 24);
    count /= 24;
    date.day = static_cast<std::uint32_t>(count % 32);
    count /= 32;
    date.month = static_cast<std::uint32_t>(count % 13);
    if (count / 13 > 9999) return failed(reader);
    date.year = static_cast<std::uint32_t>(count / 13);
  }
  return checked_datetime(date, clock, digits, reader, arena);
}

Value read_old_time(LittleReader& reader, unsigned digits, Arena& arena) {
  Clock clock;
  if (digits == 0) {
    constexpr std::uint32_t kSign = 0x800000;
    constexpr std::uint32_t kRange = 0x1000000;
    const std::uint32_t bits = reader.u24();
    const bool negative = bits >= kSign;
    clock = clock_of_decimal(negative ? kRange - bits : bits);
    clock.negative = negative;
    return checked_time(clock, digits, reader, arena);
  }
  constexpr std::uint64_t kSecondsBeyond = 838 * 3600 + 59 * 60 + 59 + 1;
  const std::uint64_t zero = kSecondsBeyond * kPowers[digits];
  const std::uint64_t stored = reader.big_endian(kOldTime[digits]);
  const bool negative = stored < zero;
  std::uint64_t count = negative ? zero - stored : stored - zero;
  clock = take_seconds(count, digits);
  if (count > 838) return failed(reader);
  clock.hour = static_cast<std::uint32_t>(count);
  clock.negative = negative;
  return checked_time(clock, digits, reader, arena);
}

namespace {

/// A reader of as many bytes as the first one says; a field that was left out reads as zero.
class SentParts {
 public:
  explicit SentParts(LittleReader& reader) : parts_(reader.bytes(reader.u8())) {}

  std::uint32_t next(std::size_t width) {
    if (parts_.remaining() == 0) return 0;
    return static_cast<std::uint32_t>(parts_.number(width));
  }
  /// Without being left out in part, or followed by more.
  bool fit() const { return parts_.ok() && parts_.remaining() == 0; }

 private:
  LittleReader parts_;
};

Date sent_date(SentParts& parts) {
  Date date;
  date.year = parts.next(2);
  date.month = parts.next(1);
  date.day = parts.next(1);
  return date;
}

Clock sent_clock(SentParts& parts, unsigned digits) {
  Clock clock;
  clock.hour = parts.next(1);
  clock.minute = parts.next(1);
  clock.second = parts.next(1);
  clock.fraction = parts.next(4) / kPowers[kMostDigits - digits];
  return clock;
}

Value sent_datetime(LittleReader& reader, unsigned digits, Zone zone, Arena& arena) {
  SentParts parts(reader);
  const Date date = sent_date(parts);
  const Clock clock = sent_clock(parts, digits);
  const bool valid = parts.fit() && is_date_of_server(date) && clock.hour <= 23 &&
                     is_clock_of_server(clock, digits);
  return valid ? datetime_text(date, clock, digits, zone, arena) : failed(reader);
}

}  // namespace

Value read_sent_date(LittleReader& reader, Arena& arena) {
  SentParts parts(reader);
  const Date date = sent_date(parts);
  if (!parts.fit() || !is_date_of_server(date)) return failed(reader);
  return text_of(arena, [&](char* to) { return put_date(to, date); });
}

Value read_sent_datetime(LittleReader& reader, unsigned digits, Arena& arena) {
  return sent_datetime(reader, digits, Zone::none, arena);
}

Value read_sent_timestamp(LittleReader& reader, unsigned digits, Arena& arena) {
  return sent_datetime(reader, digits, Zone::utc, arena);
}

Value read_sent_time(LittleReader& reader, unsigned digits, Arena& arena) {
  constexpr std::uint32_t kMostDays = 34;
  SentParts parts(reader);
  const bool negative = parts.next(1) != 0;
  const std::uint32_t days = parts.next(4);
  Clock clock = sent_clock(parts, digits);
  clock.negative = negative;
  clock.hour += 24 * std::min(days, kMostDays + 1);
  if (!parts.fit()) return failed(reader);
  return checked_time(clock, digits, reader, arena);
}

namespace {

constexpr unsigned kMicrosecondBits = 24;
constexpr std::uint64_t kMicroseconds = (std::uint64_t{1} << kMicrosecondBits) - 1;

Date packed_date(std::int64_t packed) {
  return date_of_bits(static_cast<std::uint64_t>(packed) >> kMicrosecondBits >> kClockBits);
}

Clock packed_clock(std::uint64_t packed) {
  Clock clock = clock_of_bits(packed >> kMicrosecondBits & kClockMask);
  clock.fraction = static_cast<std::uint32_t>(packed & kMicroseconds);
  return clock;
}

}  // namespace

char* put_packed_date(char* to, std::int64_t packed) {
  const Date date = packed_date(packed);
  if (packed < 0 || !is_date_of_server(date)) return nullptr;
  return put_date(to, date);
}

char* put_packed_datetime(char* to, std::int64_t packed) {
  const Clock clock = packed_clock(static_cast<std::uint64_t>(packed));
  to = put_packed_date(to, packed);
  if (to == nullptr || !is_clock_of_server(clock, kMostDigits)) return nullptr;
  *to++ = ' ';
  return put_clock(to, clock, kMostDigits);
}

char* put_packed_time(char* to, std::int64_t packed) {
  const bool negative = packed < 0;
  const auto bits = static_cast<std::uint64_t>(packed);
  const std::uint64_t size = negative ? ~bits + 1 : bits;
  Clock clock = packed_clock(size & ((std::uint64_t{1} << (kMicrosecondBits + 22)) - 1));
  clock.hour = static_cast<std::uint32_t>(size >> (kMicrosecondBits + 12) & 0x3FFU);
  clock.negative = negative;
  if (size >> (kMicrosecondBits + 22) != 0 || !is_clock_of_server(clock, kMostDigits)) {
    return nullptr;
  }
  return put_clock(to, clock, kMostDigits);
}

}  // namespace cdc::mysql
