#include "libcdc/sources/mysql/sent_value.hpp"

#include <algorithm>

#include "libcdc/sources/mysql/charset.hpp"
#include "libcdc/sources/mysql/temporal.hpp"
#include "libcdc/sources/mysql/values.hpp"

namespace cdc::mysql {
namespace {

constexpr std::uint16_t kUnsignedFlag = 0x20;
constexpr std::size_t kTailSize = 13;  ///< the part of a definition that has a fixed size

Value as_stored(ColumnType type, const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  ColumnFormat same;
  same.type = type;
  same.meta = format.meta;
  same.is_unsigned = format.is_unsigned;
  return read_value(same, reader, arena);
}

/// Of a ZEROFILL column the server sends leading zeros, which are not in the log.
Value decimal_of(std::string_view digits, Arena& arena) {
  const bool negative = digits.starts_with('-');
  std::size_t zeros = negative ? 1 : 0;
  while (zeros + 1 < digits.size() && digits[zeros] == '0' && digits[zeros + 1] != '.') ++zeros;
  if (!negative) return {ValueKind::decimal, digits.substr(zeros)};
  if (zeros == 1) return {ValueKind::decimal, digits};
  std::string text = "-";
  text += digits.substr(zeros);
  return {ValueKind::decimal, arena.copy(text)};
}

Value label_of(const ColumnFormat& format, std::string_view bytes, Arena& arena) {
  if (format.charset == nullptr) return {ValueKind::text, bytes};
  return {ValueKind::text, format.charset->read(bytes, arena).text()};
}

bool is_text_of_server(Refinement refinement) {
  return refinement == Refinement::uuid || refinement == Refinement::inet4 ||
         refinement == Refinement::inet6;
}

Value bytes_value(const ColumnFormat& format, std::string_view bytes, LittleReader& reader,
                  Arena& arena) {
  switch (format.type) {
    case ColumnType::new_decimal:
      return decimal_of(bytes, arena);
    case ColumnType::bit: {
      LittleReader bits(bytes);
      const Value value = as_stored(ColumnType::bit, format, bits, arena);
      if (!bits.ok()) reader.fail();
      return value;
    }
    case ColumnType::enumeration:
    case ColumnType::set:
      return label_of(format, bytes, arena);
    case ColumnType::json:
      return {ValueKind::json, bytes};
    default:
      break;
  }
  if (is_text_of_server(format.refinement)) return {ValueKind::text, bytes};
  return value_of_bytes(format, bytes, arena);
}

/// The type codes that stand for values of a fixed form; all others are bytes behind their length.
bool has_fixed_form(std::uint8_t type) {
  return type <= static_cast<std::uint8_t>(ColumnType::new_date) &&
         type != static_cast<std::uint8_t>(ColumnType::decimal);
}

/// The code under which a statement's answer has the type.
ColumnType sent_type(ColumnType type) {
  switch (type) {
    case ColumnType::timestamp2:
      return ColumnType::timestamp;
    case ColumnType::datetime2:
      return ColumnType::datetime;
    case ColumnType::time2:
      return ColumnType::time;
    case ColumnType::new_date:
      return ColumnType::date;
    default:
      return type;
  }
}

bool is_integer(ColumnType type) {
  return type == ColumnType::tiny || type == ColumnType::small || type == ColumnType::medium ||
         type == ColumnType::integer || type == ColumnType::big;
}

}  // namespace

Value read_sent_value(const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  switch (format.type) {
    case ColumnType::tiny:
    case ColumnType::small:
    case ColumnType::integer:
    case ColumnType::big:
    case ColumnType::real:
    case ColumnType::double_real:
      return as_stored(format.type, format, reader, arena);
    case ColumnType::medium:
      return as_stored(ColumnType::integer, format, reader, arena);
    case ColumnType::year: {
      ColumnFormat year;
      year.is_unsigned = true;
      return as_stored(ColumnType::small, year, reader, arena);
    }
    case ColumnType::date:
    case ColumnType::new_date:
      return read_sent_date(reader, arena);
    case ColumnType::datetime:
    case ColumnType::datetime2:
      return read_sent_datetime(reader, format.meta, arena);
    case ColumnType::timestamp:
    case ColumnType::timestamp2:
      return read_sent_timestamp(reader, format.meta, arena);
    case ColumnType::time:
    case ColumnType::time2:
      return read_sent_time(reader, format.meta, arena);
    default:
      return bytes_value(format, reader.length_encoded_bytes(), reader, arena);
  }
}

SentColumn read_sent_column(std::string_view definition) {
  const std::size_t size = std::min(definition.size(), kTailSize);
  LittleReader tail(definition.substr(definition.size() - size));
  tail.bytes(1 + 2 + 4);
  SentColumn column;
  column.type = tail.u8();
  column.is_unsigned = (tail.u16() & kUnsignedFlag) != 0;
  return column;
}

bool fits(const SentColumn& sent, const ColumnFormat& format) {
  const ColumnType wanted = sent_type(format.type);
  const bool fixed = has_fixed_form(static_cast<std::uint8_t>(wanted));
  if (fixed != has_fixed_form(sent.type)) return false;
  if (!fixed) return true;
  if (sent.type != static_cast<std::uint8_t>(wanted)) return false;
  return !is_integer(wanted) || sent.is_unsigned == format.is_unsigned;
}

}  // namespace cdc::mysql
