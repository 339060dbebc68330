#include <fmt/compile.h>
#include <fmt/format.h>

#include <cstdlib>
#include <limits>

#include "libcdc/sources/postgres/binary_scalars.hpp"

namespace cdc::postgres {
namespace {

constexpr std::int64_t kSecond = 1000000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr int kZoneLimit = 16 * 3600;

struct Date {
  std::int64_t year;  ///< astronomical: 0 is 1 BC
  int month;
  int day;
};

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// The proleptic Gregorian date, counted in eras of 400 years that begin on a 1 March, so that the
/// leap day is the last one of its year.
Date to_date(std::int64_t days_since_2000) {
  constexpr std::int64_t kEra = 146097;
  constexpr std::int64_t kFrom0000 = 730425;  // 0000-03-01 to 2000-01-01
  const std::int64_t days = days_since_2000 + kFrom0000;
  const std::int64_t era = floor_divide(days, kEra);
  const std::int64_t of_era = days - era * kEra;
  const std::int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (kEra - 1)) / 365;
  const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::int64_t from_march = (5 * of_year + 2) / 153;
  const auto day = static_cast<int>(of_year - (153 * from_march + 2) / 5 + 1);
  const auto month = static_cast<int>(from_march < 10 ? from_march + 3 : from_march - 9);
  return {year + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

void append_day(const Date& date, TextBuffer& out) {
  const std::int64_t shown = date.year > 0 ? date.year : 1 - date.year;
  out.end_at(
      fmt::format_to(out.room(32), FMT_COMPILE("{:04}-{:02}-{:02}"), shown, date.month, date.day));
}

void append_era(const Date& date, TextBuffer& out) {
  if (date.year <= 0) out += " BC";
}

/// `.5` of 500000; nothing of 0.
void append_fraction(std::int64_t micros, TextBuffer& out) {
  if (micros == 0) return;
  char* end = fmt::format_to(out.room(7), FMT_COMPILE(".{:06}"), micros);
  while (end[-1] == '0') --end;
  out.end_at(end);
}

void append_clock(std::int64_t micros, TextBuffer& out) {
  out.end_at(fmt::format_to(out.room(32), FMT_COMPILE("{:02}:{:02}:{:02}"), micros / kHour,
                            micros / kMinute % 60, micros / kSecond % 60));
  append_fraction(micros % kSecond, out);
}

/// True where the value stands for no time; then it is written.
template <typename Number>
bool append_infinity(Number value, TextBuffer& out) {
  if (value == std::numeric_limits<Number>::max()) {
    out += "infinity";
  } else if (value == std::numeric_limits<Number>::min()) {
    out += "-infinity";
  } else {
    return false;
  }
  return true;
}

void append_timestamp(std::int64_t micros, std::string_view zone, TextBuffer& out) {
  if (append_infinity(micros, out)) return;
  const std::int64_t days = floor_divide(micros, kDay);
  const Date date = to_date(days);
  append_day(date, out);
  out.push_back(' ');
  append_clock(micros - days * kDay, out);
  out += zone;
  append_era(date, out);
}

void append_part(std::int64_t value, char unit, TextBuffer& out) {
  if (value == 0) return;
  out.end_at(fmt::format_to(out.room(21), FMT_COMPILE("{}{}"), value, unit));
}

struct Interval {
  std::int64_t micros;
  std::int64_t days;
  std::int64_t months;
};

Interval read_interval(ByteReader& in) {
  Interval interval{};
  interval.micros = in.i64();
  interval.days = in.i32();
  interval.months = in.i32();
  return interval;
}

/// Every part carries a sign of its own.
void append_duration(const Interval& interval, TextBuffer& out) {
  const auto& [micros, days, months] = interval;
  if (micros == 0 && days == 0 && months == 0) return out.append("PT0S");
  out.push_back('P');
  append_part(months / 12, 'Y', out);
  append_part(months % 12, 'M', out);
  append_part(days, 'D', out);
  if (micros == 0) return;
  out.push_back('T');
  append_part(micros / kHour, 'H', out);
  append_part(micros / kMinute % 60, 'M', out);
  const std::int64_t seconds = micros % kMinute;
  if (seconds == 0) return;
  if (seconds < 0) out.push_back('-');
  out.end_at(fmt::format_to(out.room(2), FMT_COMPILE("{}"), std::abs(seconds / kSecond)));
  append_fraction(std::abs(seconds % kSecond), out);
  out.push_back('S');
}

}  // namespace

void append_date(ByteReader& in, TextBuffer& out) {
  const std::int32_t days = in.i32();
  if (append_infinity(days, out)) return;
  const Date date = to_date(days);
  append_day(date, out);
  append_era(date, out);
}

void append_time(ByteReader& in, TextBuffer& out) {
  const std::int64_t micros = in.i64();
  if (micros < 0 || micros > kDay) return in.fail();
  append_clock(micros, out);
}

void append_timetz(ByteReader& in, TextBuffer& out) {
  append_time(in, out);
  const std::int32_t west = in.i32();
  if (west <= -kZoneLimit || west >= kZoneLimit) return in.fail();
  const int zone = std::abs(west);
  out.push_back(west <= 0 ? '+' : '-');
  out.end_at(fmt::format_to(out.room(2), FMT_COMPILE("{:02}"), zone / 3600));
  if (zone % 3600 == 0) return;
  out.end_at(fmt::format_to(out.room(3), FMT_COMPILE(":{:02}"), zone / 60 % 60));
  if (zone % 60 == 0) return;
  out.end_at(fmt::format_to(out.room(3), FMT_COMPILE(":{:02}"), zone % 60));
}

void append_timestamp(ByteReader& in, TextBuffer& out) {
  append_timestamp(in.i64(), "", out);
}

void append_timestamptz(ByteReader& in, TextBuffer& out) {
  append_timestamp(in.i64(), "+00", out);
}

void append_interval(ByteReader& in, TextBuffer& out) {
  append_duration(read_interval(in), out);
}

void append_interval_or_infinity(ByteReader& in, TextBuffer& out) {
  using Micros = std::numeric_limits<std::int64_t>;
  using Whole = std::numeric_limits<std::int32_t>;
  const Interval interval = read_interval(in);
  const auto& [micros, days, months] = interval;
  if (micros == Micros::max() && days == Whole::max() && months == Whole::max()) {
    return out.append("infinity");
  }
  if (micros == Micros::min() && days == Whole::min() && months == Whole::min()) {
    return out.append("-infinity");
  }
  append_duration(interval, out);
}

}  // namespace cdc::postgres
