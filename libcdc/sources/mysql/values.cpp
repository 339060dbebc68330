#include "libcdc/sources/mysql/values.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "libcdc/base/json_text.hpp"
#include "libcdc/base/text_buffer.hpp"
#include "libcdc/sources/mysql/charset.hpp"
#include "libcdc/sources/mysql/column_compression.hpp"
#include "libcdc/sources/mysql/decimal.hpp"
#include "libcdc/sources/mysql/float_text.hpp"
#include "libcdc/sources/mysql/json_binary.hpp"
#include "libcdc/sources/mysql/json_check.hpp"
#include "libcdc/sources/mysql/mariadb_types.hpp"
#include "libcdc/sources/mysql/temporal.hpp"

namespace cdc::mysql {
namespace {

constexpr unsigned kMostDigits = 6;
constexpr std::size_t kShortLength = 255;
constexpr std::size_t kMostNumberBytes = 8;
constexpr std::size_t kMostIntegerText = 20;
constexpr std::size_t kFloatBytes = 4;

Value failed(LittleReader& reader) {
  reader.fail();
  return Value(ValueKind::null);
}

std::string_view view(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

template <typename Number>
Value number_text(Number value, Arena& arena) {
  char* const begin = arena.allocate(kMostIntegerText);
  return {ValueKind::number,
          view(begin, std::to_chars(begin, begin + kMostIntegerText, value).ptr)};
}

/// An integer of so many bytes, which the compiler is told: it makes one load of them.
template <std::size_t kWidth>
Value read_integer(const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  const std::uint64_t bits = reader.number(kWidth);
  if (format.is_unsigned) return number_text(bits, arena);
  constexpr auto kSpare = static_cast<unsigned>(8 * (kMostNumberBytes - kWidth));
  return number_text(static_cast<std::int64_t>(bits << kSpare) >> kSpare, arena);
}

/// NaN and infinities are no JSON numbers. No column keeps them, but a storage engine's bytes may.
template <typename Float>
Value float_value(Float value, Arena& arena) {
  if (std::isnan(value)) return {ValueKind::text, "NaN"};
  if (std::isinf(value)) return {ValueKind::text, value < 0 ? "-Infinity" : "Infinity"};
  char* const begin = arena.allocate(kMostFloatText);
  return {ValueKind::number, view(begin, put_float(begin, value))};
}

DecimalShape decimal_shape(const ColumnFormat& format) {
  return {static_cast<unsigned>(format.meta >> 8U), format.meta & 0xFFU};
}

Value read_decimal(const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  const DecimalShape shape = decimal_shape(format);
  if (!shape.valid()) return failed(reader);
  const std::string_view bytes = reader.bytes(decimal_size(shape));
  if (!reader.ok()) return Value(ValueKind::null);
  char* const begin = arena.allocate(kMostDecimalText);
  const char* const end = put_decimal(begin, bytes, shape);
  if (end == nullptr) return failed(reader);
  return {ValueKind::decimal, view(begin, end)};
}

std::size_t bit_bytes(const ColumnFormat& format) {
  return (std::size_t{format.meta} + 7) / 8;
}

Value read_bit(const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  const std::size_t size = bit_bytes(format);
  if (size > kMostNumberBytes) return failed(reader);
  return number_text(reader.big_endian(size), arena);
}

/// What the server prints, also of an index that no label has: index 0 is the empty string, which
/// stands for an invalid value.
Value read_enumeration(const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  if (format.meta > 2) return failed(reader);
  const std::uint64_t index = reader.number(format.meta);
  if (!format.labels) return number_text(index, arena);
  if (index == 0) return {ValueKind::text, ""};
  if (index > format.labels->size()) return failed(reader);
  return {ValueKind::text, arena.copy((*format.labels)[index - 1])};
}

Value read_set(const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  if (format.meta > kMostNumberBytes) return failed(reader);
  const std::uint64_t members = reader.number(format.meta);
  if (!format.labels) return number_text(members, arena);
  const std::vector<std::string>& labels = *format.labels;
  if (static_cast<std::size_t>(std::bit_width(members)) > labels.size()) return failed(reader);
  std::size_t size = 0;
  for (std::uint64_t left = members; left != 0; left &= left - 1) {
    size += labels[static_cast<std::size_t>(std::countr_zero(left))].size() + 1;
  }
  char* const begin = arena.allocate(size);
  char* to = begin;
  for (std::uint64_t left = members; left != 0; left &= left - 1) {
    if (to != begin) *to++ = ',';
    const std::string& label = labels[static_cast<std::size_t>(std::countr_zero(left))];
    copy_text(to, label.data(), label.size());
    to += label.size();
  }
  return {ValueKind::text, view(begin, to)};
}

/// The log leaves trailing zero bytes of fixed strings out.
std::string_view padded(std::string_view bytes, std::size_t size, Arena& arena) {
  if (bytes.size() >= size) return bytes;
  char* const begin = arena.allocate(size);
  copy_text(begin, bytes.data(), bytes.size());
  std::memset(begin + bytes.size(), 0, size - bytes.size());
  return {begin, size};
}

float float_at(std::string_view bytes, std::size_t index) {
  return std::bit_cast<float>(
      static_cast<std::uint32_t>(LittleReader(bytes.substr(index * kFloatBytes)).u32()));
}

/// `[1,0.5]`. Bytes that are no whole number of elements stay bytes.
Value vector_value(std::string_view bytes, Arena& arena) {
  if (bytes.size() % kFloatBytes != 0) return {ValueKind::bytes, bytes};
  const std::size_t count = bytes.size() / kFloatBytes;
  char* const begin = arena.allocate(2 + count * (kMostFloatText + 1));
  char* to = begin;
  *to++ = '[';
  for (std::size_t i = 0; i < count; ++i) {
    const float element = float_at(bytes, i);
    if (!std::isfinite(element)) return {ValueKind::bytes, bytes};
    if (i > 0) *to++ = ',';
    to = put_float(to, element);
  }
  *to++ = ']';
  return {ValueKind::json, view(begin, to)};
}

Value geometry_value(std::string_view bytes, Arena& arena) {
  constexpr std::size_t kSrid = 4;
  // What INSERT IGNORE leaves in a column that may not be null.
  if (bytes.size() < kSrid) return {ValueKind::bytes, bytes};
  TextBuffer& out = json_scratch();
  out += R"({"srid":)";
  char* const to = out.room(kMostIntegerText);
  out.end_at(std::to_chars(to, to + kMostIntegerText, LittleReader(bytes).u32()).ptr);
  out += R"(,"wkb":")";
  append_base64(out, bytes.substr(kSrid));
  out += R"("})";
  return {ValueKind::json, arena.copy(out.view())};
}

/// MariaDB's JSON: embedded where it is JSON, which nothing but a constraint demands.
Value json_text_value(const ColumnFormat& format, std::string_view bytes, Arena& arena) {
  if (format.charset == nullptr) return {ValueKind::bytes, bytes};
  const Value text = format.charset->read(bytes, arena);
  if (text.kind() != ValueKind::text || !is_json(text.text())) return text;
  return {ValueKind::json, text.text()};
}

Value refined_value(const ColumnFormat& format, std::string_view bytes, Arena& arena) {
  constexpr std::size_t kLong = 16;
  constexpr std::size_t kInet4 = 4;
  switch (format.refinement) {
    case Refinement::json:
      return json_text_value(format, bytes, arena);
    case Refinement::vector:
      return vector_value(bytes, arena);
    case Refinement::uuid:
      if (bytes.size() > kLong) break;
      return {ValueKind::text, uuid_text(padded(bytes, kLong, arena), arena)};
    case Refinement::inet6:
      if (bytes.size() > kLong) break;
      return {ValueKind::text, inet6_text(padded(bytes, kLong, arena), arena)};
    case Refinement::inet4:
      if (bytes.size() > kInet4) break;
      return {ValueKind::text, inet4_text(padded(bytes, kInet4, arena), arena)};
    case Refinement::none:
      break;
  }
  return {ValueKind::bytes, bytes};
}

/// A string of any type, as what the column says it is.
Value string_value(const ColumnFormat& format, std::string_view bytes, Arena& arena) {
  if (format.refinement != Refinement::none) return refined_value(format, bytes, arena);
  if (format.charset != nullptr) return format.charset->read(bytes, arena);
  return {ValueKind::bytes, bytes};
}

/// CHAR comes without its trailing blanks, as the server prints it.
Value read_fixed_string(const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  const std::string_view bytes =
      reader.bytes(format.meta > kShortLength ? reader.u16() : reader.u8());
  const bool binary = format.charset == nullptr && format.refinement == Refinement::none;
  return string_value(format, binary ? padded(bytes, format.meta, arena) : bytes, arena);
}

std::string_view read_varchar(const ColumnFormat& format, LittleReader& reader) {
  return reader.bytes(format.meta > kShortLength ? reader.u16() : reader.u8());
}

/// Bytes behind their length, which has as many bytes as the format says.
std::string_view read_blob(const ColumnFormat& format, LittleReader& reader) {
  constexpr std::size_t kMostLengthBytes = 4;
  if (format.meta < 1 || format.meta > kMostLengthBytes) {
    reader.fail();
    return {};
  }
  return reader.bytes(static_cast<std::size_t>(reader.number(format.meta)));
}

Value read_compressed(const ColumnFormat& format, std::string_view stored, LittleReader& reader,
                      Arena& arena) {
  const std::optional<std::string_view> bytes = uncompress_column(stored, arena);
  return bytes ? string_value(format, *bytes, arena) : failed(reader);
}

Value read_json_column(const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  const std::string_view document = read_blob(format, reader);
  if (!reader.ok()) return Value(ValueKind::null);
  const Value value = read_json(document, arena);
  return value.kind() == ValueKind::null ? failed(reader) : value;
}

Value read_temporal(const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  const unsigned digits = format.meta;
  if (digits > kMostDigits) return failed(reader);
  switch (format.type) {
    case ColumnType::timestamp2:
      return read_timestamp(reader, digits, arena);
    case ColumnType::datetime2:
      return read_datetime(reader, digits, arena);
    case ColumnType::time2:
      return read_time(reader, digits, arena);
    case ColumnType::timestamp:
      return read_old_timestamp(reader, digits, arena);
    case ColumnType::datetime:
      return read_old_datetime(reader, digits, arena);
    default:
      return read_old_time(reader, digits, arena);
  }
}

void skip_temporal(const ColumnFormat& format, LittleReader& reader) {
  const unsigned digits = format.meta;
  if (digits > kMostDigits) return reader.fail();
  switch (format.type) {
    case ColumnType::timestamp2:
      reader.bytes(timestamp_size(digits));
      break;
    case ColumnType::datetime2:
      reader.bytes(datetime_size(digits));
      break;
    case ColumnType::time2:
      reader.bytes(time_size(digits));
      break;
    case ColumnType::timestamp:
      reader.bytes(old_timestamp_size(digits));
      break;
    case ColumnType::datetime:
      reader.bytes(old_datetime_size(digits));
      break;
    default:
      reader.bytes(old_time_size(digits));
  }
}

}  // namespace

Value read_value(const ColumnFormat& format, LittleReader& reader, Arena& arena) {
  switch (format.type) {
    case ColumnType::tiny:
      return read_integer<1>(format, reader, arena);
    case ColumnType::small:
      return read_integer<2>(format, reader, arena);
    case ColumnType::medium:
      return read_integer<3>(format, reader, arena);
    case ColumnType::integer:
      return read_integer<4>(format, reader, arena);
    case ColumnType::big:
      return read_integer<8>(format, reader, arena);
    case ColumnType::real:
      return float_value(std::bit_cast<float>(reader.u32()), arena);
    case ColumnType::double_real:
      return float_value(std::bit_cast<double>(reader.u64()), arena);
    case ColumnType::new_decimal:
      return read_decimal(format, reader, arena);
    case ColumnType::date:
    case ColumnType::new_date:
      return read_date(reader, arena);
    case ColumnType::year:
      return read_year(reader, arena);
    case ColumnType::timestamp:
    case ColumnType::timestamp2:
    case ColumnType::datetime:
    case ColumnType::datetime2:
    case ColumnType::time:
    case ColumnType::time2:
      return read_temporal(format, reader, arena);
    case ColumnType::bit:
      return read_bit(format, reader, arena);
    case ColumnType::enumeration:
      return read_enumeration(format, reader, arena);
    case ColumnType::set:
      return read_set(format, reader, arena);
    case ColumnType::varchar:
    case ColumnType::var_string:
      return string_value(format, read_varchar(format, reader), arena);
    case ColumnType::string:
      return read_fixed_string(format, reader, arena);
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
      return string_value(format, read_blob(format, reader), arena);
    case ColumnType::compressed_varchar:
      return read_compressed(format, read_varchar(format, reader), reader, arena);
    case ColumnType::compressed_blob:
      return read_compressed(format, read_blob(format, reader), reader, arena);
    case ColumnType::json:
      return read_json_column(format, reader, arena);
    case ColumnType::geometry:
      return geometry_value(read_blob(format, reader), arena);
    case ColumnType::vector:
      return vector_value(read_blob(format, reader), arena);
    case ColumnType::null:
      return Value(ValueKind::null);
    case ColumnType::decimal:
      break;
  }
  return failed(reader);
}

Value value_of_bytes(const ColumnFormat& format, std::string_view bytes, Arena& arena) {
  if (format.type == ColumnType::geometry) return geometry_value(bytes, arena);
  if (format.type == ColumnType::vector) return vector_value(bytes, arena);
  return string_value(format, bytes, arena);
}

void skip_value(const ColumnFormat& format, LittleReader& reader) {
  switch (format.type) {
    case ColumnType::tiny:
    case ColumnType::year:
      reader.bytes(1);
      return;
    case ColumnType::small:
      reader.bytes(2);
      return;
    case ColumnType::medium:
    case ColumnType::date:
    case ColumnType::new_date:
      reader.bytes(3);
      return;
    case ColumnType::integer:
    case ColumnType::real:
      reader.bytes(4);
      return;
    case ColumnType::big:
    case ColumnType::double_real:
      reader.bytes(8);
      return;
    case ColumnType::new_decimal:
      if (!decimal_shape(format).valid()) return reader.fail();
      reader.bytes(decimal_size(decimal_shape(format)));
      return;
    case ColumnType::timestamp:
    case ColumnType::timestamp2:
    case ColumnType::datetime:
    case ColumnType::datetime2:
    case ColumnType::time:
    case ColumnType::time2:
      return skip_temporal(format, reader);
    case ColumnType::bit:
      reader.bytes(bit_bytes(format));
      return;
    case ColumnType::enumeration:
    case ColumnType::set:
      reader.bytes(format.meta);
      return;
    case ColumnType::varchar:
    case ColumnType::var_string:
    case ColumnType::string:
    case ColumnType::compressed_varchar:
      read_varchar(format, reader);
      return;
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::compressed_blob:
    case ColumnType::json:
    case ColumnType::geometry:
    case ColumnType::vector:
      read_blob(format, reader);
      return;
    case ColumnType::null:
      return;
    case ColumnType::decimal:
      break;
  }
  reader.fail();
}

}  // namespace cdc::mysql
