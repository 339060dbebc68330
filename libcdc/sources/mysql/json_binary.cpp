#include "libcdc/sources/mysql/json_binary.hpp"

#include <bit>
#include <charconv>
#include <cmath>

#include "libcdc/base/json_text.hpp"
#include "libcdc/sources/mysql/column_format.hpp"
#include "libcdc/sources/mysql/decimal.hpp"
#include "libcdc/sources/mysql/float_text.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"
#include "libcdc/sources/mysql/temporal.hpp"

namespace cdc::mysql {
namespace {

enum Type : std::uint8_t {
  small_object = 0,
  large_object = 1,
  small_array = 2,
  large_array = 3,
  literal = 4,
  int16 = 5,
  uint16 = 6,
  int32 = 7,
  uint32 = 8,
  int64 = 9,
  uint64 = 10,
  real = 11,
  string = 12,
  opaque = 15,
};

constexpr std::string_view kLiterals[] = {"null", "true", "false"};

/// A length in groups of seven bits, the low ones first.
std::size_t read_length(LittleReader& reader) {
  constexpr unsigned kGroups = 5;
  std::uint64_t length = 0;
  for (unsigned i = 0; i < kGroups; ++i) {
    const std::uint64_t byte = reader.u8();
    length |= (byte & 0x7FU) << (7 * i);
    if ((byte & 0x80U) == 0) return length;
  }
  reader.fail();
  return 0;
}

template <typename Number>
void append_integer(Number value, TextBuffer& out) {
  constexpr std::size_t kLongest = 20;
  char* const to = out.room(kLongest);
  out.end_at(std::to_chars(to, to + kLongest, value).ptr);
}

/// The server marks a double that looks like an integer.
void append_double(double value, TextBuffer& out) {
  char* const to = out.room(kMostFloatText);
  const char* const end = put_float(to, value);
  const std::string_view text(to, static_cast<std::size_t>(end - to));
  const bool marked = text.find_first_of(".e") != std::string_view::npos;
  out.end_at(end);
  if (!marked) out += ".0";
}

JsonOutcome outcome(bool valid) {
  return valid ? JsonOutcome::ok : JsonOutcome::malformed;
}

/// Appends what `put` writes, between quotes.
template <typename Put>
JsonOutcome append_temporal(Put put, std::string_view data, TextBuffer& out) {
  LittleReader reader(data);
  const auto packed = static_cast<std::int64_t>(reader.u64());
  char* const to = out.room(kMostTemporalText + 2);
  char* const end = put(to + 1, packed);
  if (!reader.ok() || end == nullptr) return JsonOutcome::malformed;
  *to = '"';
  *end = '"';
  out.end_at(end + 1);
  return JsonOutcome::ok;
}

JsonOutcome append_decimal(std::string_view data, TextBuffer& out) {
  LittleReader reader(data);
  DecimalShape shape;
  shape.precision = reader.u8();
  shape.scale = reader.u8();
  if (!shape.valid()) return JsonOutcome::malformed;
  const std::string_view bytes = reader.bytes(decimal_size(shape));
  if (!reader.ok()) return JsonOutcome::malformed;
  char* const to = out.room(kMostDecimalText);
  const char* const end = put_decimal(to, bytes, shape);
  if (end == nullptr) return JsonOutcome::malformed;
  out.end_at(end);
  return JsonOutcome::ok;
}

/// As the server writes it: lines of 76 digits, the breaks between them escaped.
void append_server_base64(std::string_view data, TextBuffer& out) {
  constexpr std::size_t kLine = 57;
  for (; data.size() > kLine; data.remove_prefix(kLine)) {
    append_base64(out, data.substr(0, kLine));
    out += "\\n";
  }
  append_base64(out, data);
}

JsonOutcome append_opaque(std::uint8_t type, std::string_view data, TextBuffer& out) {
  switch (static_cast<ColumnType>(type)) {
    case ColumnType::new_decimal:
      return append_decimal(data, out);
    case ColumnType::date:
      return append_temporal(put_packed_date, data, out);
    case ColumnType::datetime:
    case ColumnType::timestamp:
      return append_temporal(put_packed_datetime, data, out);
    case ColumnType::time:
      return append_temporal(put_packed_time, data, out);
    default:
      break;
  }
  out += "\"base64:type";
  append_integer(static_cast<unsigned>(type), out);
  out += ':';
  append_server_base64(data, out);
  out += '"';
  return JsonOutcome::ok;
}

JsonOutcome append_scalar(const JsonPart& part, JsonBudget& budget, TextBuffer& out) {
  LittleReader reader(part.body);
  switch (part.type) {
    case literal: {
      const std::uint8_t which = reader.u8();
      if (!reader.ok() || which >= std::size(kLiterals)) return JsonOutcome::malformed;
      out += kLiterals[which];
      break;
    }
    case int16:
      append_integer(static_cast<std::int16_t>(reader.u16()), out);
      break;
    case uint16:
      append_integer(reader.u16(), out);
      break;
    case int32:
      append_integer(static_cast<std::int32_t>(reader.u32()), out);
      break;
    case uint32:
      append_integer(reader.u32(), out);
      break;
    case int64:
      append_integer(static_cast<std::int64_t>(reader.u64()), out);
      break;
    case uint64:
      append_integer(reader.u64(), out);
      break;
    case real: {
      const auto value = std::bit_cast<double>(reader.u64());
      if (!std::isfinite(value)) return JsonOutcome::malformed;
      append_double(value, out);
      break;
    }
    case string: {
      const std::string_view text = reader.bytes(read_length(reader));
      if (!reader.ok() || !budget.take(reader.offset())) return JsonOutcome::malformed;
      return append_json_text(text, out);
    }
    case opaque: {
      const std::uint8_t type = reader.u8();
      const std::string_view data = reader.bytes(read_length(reader));
      if (!reader.ok() || !budget.take(reader.offset())) return JsonOutcome::malformed;
      return append_opaque(type, data, out);
    }
    default:
      return JsonOutcome::malformed;
  }
  return outcome(reader.ok());
}

JsonOutcome append_container(const JsonPart& part, JsonBudget& budget, int depth, TextBuffer& out) {
  const JsonContainer container(part, budget);
  if (!container.ok() || depth >= kMostJsonDepth) return JsonOutcome::malformed;
  const bool object = part.is_object();
  out += object ? '{' : '[';
  for (std::uint32_t i = 0; i < container.count(); ++i) {
    if (i > 0) out += ", ";
    if (object) {
      const std::string_view key = container.key(i);
      if (key.data() == nullptr || !budget.take(key.size())) return JsonOutcome::malformed;
      const JsonOutcome named = append_json_text(key, out);
      if (named != JsonOutcome::ok) return named;
      out += ": ";
    }
    const JsonOutcome inner = append_json(container.value(i), budget, depth + 1, out);
    if (inner != JsonOutcome::ok) return inner;
  }
  out += object ? '}' : ']';
  return JsonOutcome::ok;
}

bool is_inlined(std::uint8_t type, bool large) {
  if (type == literal || type == int16 || type == uint16) return true;
  return large && (type == int32 || type == uint32);
}

}  // namespace

bool JsonPart::is_container() const {
  return type <= large_array;
}

bool JsonPart::is_object() const {
  return type <= large_object;
}

JsonPart json_document(std::string_view document) {
  constexpr std::string_view kNull("\0", 1);
  if (document.empty()) return {literal, kNull};
  return {static_cast<std::uint8_t>(document.front()), document.substr(1)};
}

JsonContainer::JsonContainer(const JsonPart& part, JsonBudget& budget)
    : body_(part.body), large_(part.type == large_object || part.type == large_array) {
  const std::size_t header = 2 * width();
  if (!part.is_container() || body_.size() < header) return;
  const std::uint32_t count = number(0, width());
  const std::uint32_t size = number(width(), width());
  if (size > body_.size() || size < header) return;
  body_ = body_.substr(0, size);
  const std::size_t key_entry = part.is_object() ? width() + 2 : 0;
  const std::size_t value_entry = 1 + width();
  if (count > (size - header) / (key_entry + value_entry)) return;
  if (!budget.take(header + count * (key_entry + value_entry))) return;
  values_at_ = header + count * key_entry;
  count_ = count;
  ok_ = true;
}

std::uint32_t JsonContainer::number(std::size_t at, std::size_t width) const {
  return static_cast<std::uint32_t>(LittleReader(body_.substr(at)).number(width));
}

std::string_view JsonContainer::key(std::uint32_t i) const {
  const std::size_t entry = 2 * width() + i * (width() + 2);
  const std::size_t offset = number(entry, width());
  const std::size_t length = number(entry + width(), 2);
  if (offset > body_.size() || length > body_.size() - offset) return {};
  return {body_.data() + offset, length};
}

JsonPart JsonContainer::value(std::uint32_t i) const {
  const std::size_t entry = values_at_ + i * (1 + width());
  const auto type = static_cast<std::uint8_t>(body_[entry]);
  if (is_inlined(type, large_)) return {type, body_.substr(entry + 1, width())};
  const std::size_t offset = number(entry + 1, width());
  return {type, offset < body_.size() ? body_.substr(offset) : std::string_view()};
}

JsonOutcome append_json(const JsonPart& part, JsonBudget& budget, int depth, TextBuffer& out) {
  return part.is_container() ? append_container(part, budget, depth, out)
                             : append_scalar(part, budget, out);
}

JsonOutcome append_json_text(std::string_view text, TextBuffer& out) {
  if (!is_utf8(text)) return JsonOutcome::not_utf8;
  append_json_string(out, text);
  return JsonOutcome::ok;
}

Value read_json(std::string_view document, Arena& arena) {
  TextBuffer& out = json_scratch();
  JsonBudget budget(document.size());
  switch (append_json(json_document(document), budget, 0, out)) {
    case JsonOutcome::ok:
      return {ValueKind::json, arena.copy(out.view())};
    case JsonOutcome::not_utf8:
      return {ValueKind::undecodable, document};
    case JsonOutcome::malformed:
      break;
  }
  return Value(ValueKind::null);
}

TextBuffer& json_scratch() {
  constexpr std::size_t kKeep = std::size_t{1} << 20U;
  thread_local TextBuffer scratch;
  if (scratch.capacity() > kKeep) scratch = TextBuffer();
  scratch.clear();
  return scratch;
}

}  // namespace cdc::mysql
