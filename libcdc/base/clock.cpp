#include "libcdc/base/clock.hpp"

#include <fmt/format.h>

#include <charconv>

namespace cdc {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

/// A moment of UTC in its parts.
struct Civil {
  std::chrono::year_month_day date{};
  std::chrono::hh_mm_ss<std::chrono::microseconds> time;
};

Civil to_civil(std::int64_t micros) {
  const std::chrono::sys_time<std::chrono::microseconds> moment{std::chrono::microseconds(micros)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  return {std::chrono::year_month_day(day),
          std::chrono::hh_mm_ss<std::chrono::microseconds>(moment - day)};
}

std::string format(std::int64_t micros, fmt::string_view pattern) {
  const Civil civil = to_civil(micros);
  return fmt::format(fmt::runtime(pattern), static_cast<int>(civil.date.year()),
                     static_cast<unsigned>(civil.date.month()),
                     static_cast<unsigned>(civil.date.day()), civil.time.hours().count(),
                     civil.time.minutes().count(), civil.time.seconds().count(),
                     civil.time.subseconds().count());
}

/// Takes the parts of a time off the front of a text; fails sticky.
class TimeText {
 public:
  explicit TimeText(std::string_view text) : text_(text) {}

  /// A number of exactly `width` digits.
  int digits(std::size_t width) {
    int value = 0;
    const char* end = text_.data() + std::min(width, text_.size());
    const auto [stopped, error] = std::from_chars(text_.data(), end, value);
    ok_ = ok_ && text_.size() >= width && is_digit(text_.front()) && stopped == end;
    drop(width);
    return value;
  }

  bool next_is(std::string_view choices) const {
    return !text_.empty() && choices.find(text_.front()) != std::string_view::npos;
  }

  /// One character out of `choices`.
  char one_of(std::string_view choices) {
    if (!next_is(choices)) {
      ok_ = false;
      return 0;
    }
    const char taken = text_.front();
    drop(1);
    return taken;
  }

  /// The digits behind a decimal point as microseconds; finer digits are cut off.
  int fraction() {
    int value = 0;
    int place = static_cast<int>(kMicrosPerSecond / 10);
    ok_ = ok_ && next_is("0123456789");
    for (; next_is("0123456789"); drop(1), place /= 10) value += (text_.front() - '0') * place;
    return value;
  }

  bool at_end() const { return text_.empty(); }
  bool ok() const { return ok_; }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  void drop(std::size_t count) { text_.remove_prefix(std::min(count, text_.size())); }

  std::string_view text_;
  bool ok_ = true;
};

/// `Z`, `+02:00` or `-05:30`, as minutes east of UTC.
int parse_zone(TimeText& text, bool& in_range) {
  const char sign = text.one_of("Zz+-");
  if (sign != '+' && sign != '-') return 0;
  const int hours = text.digits(2);
  text.one_of(":");
  const int minutes = text.digits(2);
  in_range = in_range && hours < 24 && minutes < 60;
  return (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::int64_t unix_now() {
  using std::chrono::microseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<microseconds>(now).count();
}

std::string format_utc(std::int64_t micros) {
  return format(micros, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z");
}

std::string format_utc_seconds(std::int64_t micros) {
  return format(micros, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z");
}

std::string format_utc_compact(std::int64_t micros) {
  return format(micros, "{:04}{:02}{:02}T{:02}{:02}{:02}Z");
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  TimeText rest(text);
  const int year_number = rest.digits(4);
  rest.one_of("-");
  const int month_number = rest.digits(2);
  rest.one_of("-");
  const int day_number = rest.digits(2);
  rest.one_of("Tt ");
  const int hour = rest.digits(2);
  rest.one_of(":");
  const int minute = rest.digits(2);
  rest.one_of(":");
  const int second = rest.digits(2);
  int fraction = 0;
  if (rest.next_is(".")) {
    rest.one_of(".");
    fraction = rest.fraction();
  }
  // A leap second (60) is the first moment of the next minute, as POSIX time has it.
  bool in_range = hour < 24 && minute < 60 && second <= 60;
  const int zone = parse_zone(rest, in_range);
  const year_month_day date(year(year_number), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number)));
  if (!rest.ok() || !rest.at_end() || !in_range || !date.ok()) return std::nullopt;
  const seconds since_1970 =
      sys_days(date).time_since_epoch() + hours(hour) + minutes(minute - zone) + seconds(second);
  return since_1970.count() * kMicrosPerSecond + fraction;
}

}  // namespace cdc
