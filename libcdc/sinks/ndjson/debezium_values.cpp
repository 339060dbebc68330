#include "libcdc/sinks/ndjson/debezium_values.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "libcdc/base/json_text.hpp"

namespace cdc::ndjson {
namespace {

using Time = DebeziumOptions::Time;
using Decimal = DebeziumOptions::Decimal;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86400 * kMicrosPerSecond;
/// Debezium's month is 365.25 / 12 days.
constexpr std::int64_t kSecondsPerMonth = 2'629'800;
/// What its documentation gives for infinite timestamps, in microseconds.
constexpr std::int64_t kInfinity = 9'223'372'036'825'200'000;
constexpr std::int64_t kMinusInfinity = -9'223'372'036'832'400'000;

constexpr std::string_view kUnavailable = "__debezium_unavailable_value";

/// Reads a text from left to right; what does not fit leaves it where it is.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool skip(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// A number without a sign, of at most 18 digits.
  std::optional<std::int64_t> number() {
    const std::string_view digits = rest_.substr(0, rest_.find_first_not_of("0123456789"));
    if (digits.empty() || digits.size() > 18) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    rest_.remove_prefix(digits.size());
    return value;
  }
  /// `.5` as 500000; 0 where there is no fraction.
  std::int64_t fraction() {
    if (!skip('.')) return 0;
    std::int64_t value = 0;
    int digits = 0;
    for (; digits < 6 && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; ++digits) {
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    for (; digits < 6; ++digits) value *= 10;
    return value;
  }
  char next() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// Days since 1970-01-01 in the Gregorian calendar, extended to all years; year 0 is 1 BC.
std::int64_t days_since_epoch(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

struct Date {
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t day = 0;
};

std::optional<Date> read_date(Scanner& in) {
  const auto year = in.number();
  if (!year || *year > 9'999'999 || !in.skip('-')) return std::nullopt;
  const auto month = in.number();
  if (!month || !in.skip('-')) return std::nullopt;
  const auto day = in.number();
  if (!day) return std::nullopt;
  return Date{*year, *month, *day};
}

/// `08:00:00.5` as microseconds.
std::optional<std::int64_t> read_time(Scanner& in) {
  const auto hour = in.number();
  if (!hour || *hour > 24 || !in.skip(':')) return std::nullopt;
  const auto minute = in.number();
  if (!minute || *minute > 59 || !in.skip(':')) return std::nullopt;
  const auto second = in.number();
  if (!second || *second > 60) return std::nullopt;
  return ((*hour * 60 + *minute) * 60 + *second) * kMicrosPerSecond + in.fraction();
}

std::int64_t days_of(Date date, bool before_christ) {
  return days_since_epoch(before_christ ? 1 - date.year : date.year, date.month, date.day);
}

std::optional<std::int64_t> read_days(std::string_view text) {
  Scanner in(text);
  const auto date = read_date(in);
  const bool before_christ = in.skip(" BC");
  if (!date || !in.done()) return std::nullopt;
  return days_of(*date, before_christ);
}

/// Adds `count` times so many microseconds; false where the sum does not fit.
bool add_part(std::int64_t count, std::int64_t micros_each, std::int64_t& sum) {
  std::int64_t part = 0;
  return !__builtin_mul_overflow(count, micros_each, &part) &&
         !__builtin_add_overflow(sum, part, &sum);
}

/// Microseconds since 1970 of the server's text or the change line's.
std::optional<std::int64_t> read_timestamp(std::string_view text) {
  if (text == "infinity") return kInfinity;
  if (text == "-infinity") return kMinusInfinity;
  Scanner in(text);
  const auto date = read_date(in);
  if (!date || !(in.skip('T') || in.skip(' '))) return std::nullopt;
  const auto time = read_time(in);
  const bool before_christ = in.skip(" BC");
  if (!time || !in.done()) return std::nullopt;
  // PostgreSQL counts from 2000: its last thirty years do not fit when counted from 1970.
  std::int64_t micros = *time;
  if (!add_part(days_of(*date, before_christ), kMicrosPerDay, micros)) return std::nullopt;
  return micros;
}

std::optional<std::int64_t> read_whole_time(std::string_view text) {
  Scanner in(text);
  const auto micros = read_time(in);
  return in.done() ? micros : std::nullopt;
}

/// Microseconds of one of the letters of a duration; 0 where it is none.
std::int64_t micros_of_unit(char unit, bool in_time) {
  switch (unit) {
    case 'Y':
      return 12 * kSecondsPerMonth * kMicrosPerSecond;
    case 'M':
      return (in_time ? 60 : kSecondsPerMonth) * kMicrosPerSecond;
    case 'D':
      return kMicrosPerDay;
    case 'H':
      return 3600 * kMicrosPerSecond;
    case 'S':
      return kMicrosPerSecond;
    default:
      return 0;
  }
}

/// `P1Y2M3DT4H5M6.78S` and `P-1Y...` as microseconds.
std::optional<std::int64_t> read_interval(std::string_view text) {
  Scanner in(text);
  std::int64_t sum = 0;
  bool in_time = false;
  if (!in.skip('P')) return std::nullopt;
  while (!in.done()) {
    if (in.skip('T')) in_time = true;
    const std::int64_t sign = in.skip('-') ? -1 : 1;
    const auto count = in.number();
    if (!count) return std::nullopt;
    const std::int64_t fraction = in.fraction();
    const char unit = in.next();
    const std::int64_t each = micros_of_unit(unit, in_time);
    if (each == 0 || !add_part(sign * *count, each, sum)) return std::nullopt;
    if (unit == 'S' && !add_part(sign, fraction, sum)) return std::nullopt;
    in.skip(unit);
  }
  return sum;
}

/// `+05:30` as seconds.
std::optional<std::int64_t> read_offset(Scanner& in) {
  const bool negative = in.skip('-');
  if (!negative && !in.skip('+')) return std::nullopt;
  std::int64_t seconds = 0;
  for (const std::int64_t unit : {3600, 60, 1}) {
    const auto part = in.number();
    if (!part) return std::nullopt;
    seconds += *part * unit;
    if (!in.skip(':')) break;
  }
  return negative ? -seconds : seconds;
}

void append_two_digits(std::int64_t number, TextBuffer& out) {
  out += static_cast<char>('0' + number / 10);
  out += static_cast<char>('0' + number % 10);
}

/// `08:00:00.5Z`.
void append_utc_time(std::int64_t micros, TextBuffer& out) {
  const std::int64_t seconds = micros / kMicrosPerSecond;
  append_two_digits(seconds / 3600, out);
  out += ':';
  append_two_digits(seconds / 60 % 60, out);
  out += ':';
  append_two_digits(seconds % 60, out);
  std::int64_t fraction = micros % kMicrosPerSecond;
  if (fraction != 0) out += '.';
  for (std::int64_t unit = kMicrosPerSecond / 10; fraction != 0; fraction %= unit, unit /= 10) {
    out += static_cast<char>('0' + fraction / unit);
  }
  out += 'Z';
}

/// `13:30:00+05:30` as `"08:00:00Z"`.
bool append_time_with_zone(std::string_view text, TextBuffer& out) {
  Scanner in(text);
  const auto local = read_time(in);
  const auto offset = read_offset(in);
  if (!local || !offset || !in.done()) return false;
  std::int64_t utc = *local - *offset * kMicrosPerSecond;
  if (utc != kMicrosPerDay) utc = (utc % kMicrosPerDay + kMicrosPerDay) % kMicrosPerDay;
  out += '"';
  append_utc_time(utc, out);
  out += '"';
  return true;
}

bool append_interval(std::string_view text, TextBuffer& out) {
  const auto micros = read_interval(text);
  if (micros) append_number(out, *micros);
  return micros.has_value();
}

std::int64_t floor_div(std::int64_t number, std::int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

/// One bit is a boolean; more are bytes, the lowest bits first.
bool append_bits(std::string_view text, std::int32_t length, TextBuffer& out) {
  if (text.find_first_not_of("01") != std::string_view::npos) return false;
  if (length == 1 && text.size() == 1) {
    out += text == "1" ? "true" : "false";
    return true;
  }
  std::string bytes((text.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t bit = text.size() - 1 - i;
    if (text[i] == '1') bytes[bit / 8] = static_cast<char>(bytes[bit / 8] | 1 << bit % 8);
  }
  append_base64_string(out, bytes);
  return true;
}

/// A number of the server, quoted where JSON has none.
void append_real(std::string_view text, TextBuffer& out) {
  const bool number = text.find_first_not_of("0123456789+-.e") == std::string_view::npos;
  if (number) {
    out += text;
  } else {
    append_json_string(out, text);
  }
}

/// `(1.5,2)`.
bool append_point(std::string_view text, TextBuffer& out) {
  const std::size_t comma = text.find(',');
  if (!text.starts_with('(') || !text.ends_with(')') || comma == std::string_view::npos)
    return false;
  out += R"({"x":)";
  append_real(text.substr(1, comma - 1), out);
  out += R"(,"y":)";
  append_real(text.substr(comma + 1, text.size() - comma - 2), out);
  out += '}';
  return true;
}

/// The quoted string of an hstore that begins at `at`; moves behind it.
std::optional<std::string> read_hstore_string(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '"') return std::nullopt;
  std::string string;
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    string += text[at];
  }
  if (at >= text.size()) return std::nullopt;
  ++at;
  return string;
}

/// `"a"=>"1", "b"=>NULL` as a string that holds a JSON object.
bool append_hstore(std::string_view text, TextBuffer& out) {
  TextBuffer object;
  object += '{';
  for (std::size_t at = 0; at < text.size();) {
    const auto key = read_hstore_string(text, at);
    if (!key || text.substr(at, 2) != "=>") return false;
    at += 2;
    if (object.size() > 1) object += ',';
    append_json_string(object, *key);
    object += ':';
    if (text.substr(at, 4) == "NULL") {
      object += "null";
      at += 4;
    } else if (const auto value = read_hstore_string(text, at)) {
      append_json_string(object, *value);
    } else {
      return false;
    }
    if (text.substr(at, 2) == ", ") at += 2;
  }
  object += '}';
  append_json_string(out, object.view());
  return true;
}

/// The nearest double; false where none is near.
bool append_double(std::string_view text, TextBuffer& out) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{}) return false;
  char digits[32];
  const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
  return true;
}

/// A string of the text with a Z behind it, where it is a plain one of the years 1 to 9999.
bool append_iso(std::string_view text, TextBuffer& out) {
  if (text.find_first_not_of("0123456789-:.T") != std::string_view::npos) return false;
  out += '"';
  out += text;
  out += "Z\"";
  return true;
}

}  // namespace

DebeziumValues::DebeziumValues(const EncoderOptions& options)
    : options_(options.debezium),
      binary_(options.binary),
      plain_(DecimalStyle::string, options.binary) {}

void DebeziumValues::append(const Value& value, const Column& column, TextBuffer& out) {
  switch (value.kind()) {
    case ValueKind::unchanged:
      return append_unavailable(column, out);
    case ValueKind::json:
      // The connector gives it as text.
      return append_json_string(out, value.text());
    case ValueKind::array:
      out += '[';
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) out += ',';
        append(value.items()[i], column, out);
      }
      out += ']';
      return;
    case ValueKind::text:
    case ValueKind::decimal:
      if (append_meaning(value.text(), column, out)) return;
      break;
    default:
      break;
  }
  plain_.append(value, out);
}

bool DebeziumValues::append_meaning(std::string_view text, const Column& column, TextBuffer& out) {
  switch (column.meaning) {
    case Meaning::date:
      return append_date(text, out);
    case Meaning::time:
      return append_time(text, column.length, out);
    case Meaning::timestamp:
      return append_timestamp(text, column.length, out);
    case Meaning::time_with_zone:
      return append_time_with_zone(text, out);
    case Meaning::interval:
      return append_interval(text, out);
    case Meaning::decimal:
      return append_decimal(text, column, out);
    case Meaning::bits:
      return append_bits(text, column.length, out);
    case Meaning::point:
      return append_point(text, out);
    case Meaning::hstore:
      return append_hstore(text, out);
    case Meaning::other:
    case Meaning::timestamp_with_zone:
      break;
  }
  return false;
}

bool DebeziumValues::append_date(std::string_view text, TextBuffer& out) const {
  if (options_.time == Time::isostring) return append_iso(text, out);
  const auto days = read_days(text);
  if (days) append_number(out, *days);
  return days.has_value();
}

bool DebeziumValues::append_time(std::string_view text, std::int32_t digits,
                                 TextBuffer& out) const {
  if (options_.time == Time::isostring) return append_iso(text, out);
  const auto micros = read_whole_time(text);
  if (!micros) return false;
  const bool short_column = digits >= 0 && digits <= 3;
  const bool millis =
      options_.time == Time::connect || (options_.time == Time::adaptive && short_column);
  const bool nanos = options_.time == Time::nanoseconds;
  append_number(out, millis ? *micros / 1000 : nanos ? *micros * 1000 : *micros);
  return true;
}

bool DebeziumValues::append_timestamp(std::string_view text, std::int32_t digits,
                                      TextBuffer& out) const {
  if (options_.time == Time::isostring) return append_iso(text, out);
  const auto micros = read_timestamp(text);
  if (!micros) return false;
  const bool adaptive =
      options_.time == Time::adaptive || options_.time == Time::adaptive_time_microseconds;
  const bool short_column = digits >= 0 && digits <= 3;
  if (options_.time == Time::connect || (adaptive && short_column)) {
    append_number(out, floor_div(*micros, 1000));
    return true;
  }
  if (options_.time != Time::nanoseconds) {
    append_number(out, *micros);
    return true;
  }
  std::int64_t nanos = 0;
  if (*micros == kInfinity || *micros == kMinusInfinity) {
    nanos = *micros > 0 ? INT64_MAX : INT64_MIN;
  } else if (__builtin_mul_overflow(*micros, 1000, &nanos)) {
    return false;
  }
  append_number(out, nanos);
  return true;
}

bool DebeziumValues::append_decimal(std::string_view text, const Column& column, TextBuffer& out) {
  if (text.find_first_not_of("0123456789-.") != std::string_view::npos) return false;
  if (options_.decimal == Decimal::string) return false;
  if (options_.decimal == Decimal::double_number) return append_double(text, out);
  const bool negative = text.starts_with('-');
  const bool fixed = column.length >= 0;
  const std::int32_t wanted = fixed ? column.scale : 0;
  const std::int32_t scale = split_decimal(text.substr(negative ? 1 : 0), wanted);
  if (!fixed) {
    out += R"({"scale":)";
    append_number(out, scale);
    out += R"(,"value":)";
    append_unscaled(negative, out);
    out += '}';
    return true;
  }
  const bool zero = digits_.find_first_not_of('0') == std::string::npos;
  if (scale != wanted && !zero) return false;
  append_unscaled(negative, out);
  return true;
}

/// Puts all digits into `digits_`, with as many behind the point as `wanted`, or more where they
/// are not zeros. Returns how many those are.
std::int32_t DebeziumValues::split_decimal(std::string_view text, std::int32_t wanted) {
  const std::size_t point = std::min(text.find('.'), text.size());
  digits_.assign(text.substr(0, point));
  if (point < text.size()) digits_.append(text.substr(point + 1));
  auto scale = static_cast<std::int32_t>(digits_.size() - point);
  for (; scale < wanted; ++scale) digits_ += '0';
  while (scale > wanted && digits_.size() > 1 && digits_.back() == '0') {
    digits_.pop_back();
    --scale;
  }
  return scale;
}

/// Makes of `digits_` a number of 32-bit words, the lowest first, with room for the sign.
void DebeziumValues::make_words(bool negative) {
  words_.clear();
  std::string_view digits = digits_;
  while (!digits.empty()) {
    const std::string_view chunk = digits.substr(0, 9);
    digits.remove_prefix(chunk.size());
    std::uint64_t factor = 1;
    std::uint64_t carry = 0;
    for (const char c : chunk) {
      carry = carry * 10 + static_cast<std::uint64_t>(c - '0');
      factor *= 10;
    }
    for (std::uint32_t& word : words_) {
      carry += word * factor;
      word = static_cast<std::uint32_t>(carry);
      carry >>= 32U;
    }
    if (carry != 0) words_.push_back(static_cast<std::uint32_t>(carry));
  }
  words_.push_back(0);
  if (!negative) return;
  std::uint64_t carry = 1;
  for (std::uint32_t& word : words_) {
    carry += static_cast<std::uint32_t>(~word);
    word = static_cast<std::uint32_t>(carry);
    carry >>= 32U;
  }
}

/// `digits_` as base64 of the shortest two's complement, highest byte first.
void DebeziumValues::append_unscaled(bool negative, TextBuffer& out) {
  make_words(negative);
  std::string bytes;
  for (std::size_t i = words_.size(); i-- > 0;) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(words_[i] >> shift);
  }
  const auto is_high = [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; };
  const char filler = is_high(bytes[0]) ? '\xff' : '\0';
  std::size_t first = 0;
  while (first + 1 < bytes.size() && bytes[first] == filler &&
         is_high(bytes[first + 1]) == is_high(filler)) {
    ++first;
  }
  append_base64_string(out, std::string_view(bytes).substr(first));
}

/// What the connector writes for a value that the server did not send.
void DebeziumValues::append_unavailable(const Column& column, TextBuffer& out) const {
  if (column.type == "bytea") return append_bytes(out, kUnavailable, binary_);
  const bool array = column.type.ends_with("[]");
  if (array) out += '[';
  append_json_string(out, kUnavailable);
  if (array) out += ']';
}

}  // namespace cdc::ndjson
