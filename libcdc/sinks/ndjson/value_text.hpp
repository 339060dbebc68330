#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

#include "libcdc/base/json_text.hpp"
#include "libcdc/base/text_buffer.hpp"
#include "libcdc/change/value.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"

/// JSON text that all formats are made of.
namespace cdc::ndjson {

/// `opening` as it is, for example `,"table":`, and `text` as a string.
inline void append_member(TextBuffer& out, std::string_view opening, std::string_view text) {
  out += opening;
  append_json_string(out, text);
}

/// The same, to be kept.
std::string member(std::string_view opening, std::string_view text);

void append_base64_string(TextBuffer& out, std::string_view bytes);

/// A string of either form.
void append_bytes(TextBuffer& out, std::string_view bytes, BinaryStyle style);

/// A string, and base64 where the bytes are not readable as one.
void append_text_or_base64(TextBuffer& out, std::string_view bytes, bool readable);

template <std::integral Number>
void append_number(TextBuffer& out, Number number) {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

/// True where both would be written alike.
bool same_value(const Value& a, const Value& b);

/// Values by their kind alone, as the table in FORMAT.md says. Inline: this is the hot path.
class ValueText {
 public:
  ValueText(DecimalStyle decimal, BinaryStyle binary) : decimal_(decimal), binary_(binary) {}

  void append(const Value& value, TextBuffer& out) {
    switch (value.kind()) {
      case ValueKind::absent:
      case ValueKind::unchanged:
      case ValueKind::null:
        out += "null";
        return;
      case ValueKind::number:
      case ValueKind::boolean:
        out += value.text();
        return;
      case ValueKind::decimal:
        if (decimal_ == DecimalStyle::string) return append_json_string(out, value.text());
        out += value.text();
        return;
      case ValueKind::text:
        return append_json_string(out, value.text());
      case ValueKind::bytes:
        return append_bytes(out, value.text(), binary_);
      case ValueKind::undecodable:
        undecodable_ = true;
        return append_base64_string(out, value.text());
      case ValueKind::json:
        return append_json_compact(out, value.text());
      case ValueKind::array:
        return append_array(value, out);
    }
  }

  /// True where a value since `clear_undecodable` was not valid in its encoding.
  bool undecodable() const { return undecodable_; }
  void clear_undecodable() { undecodable_ = false; }

 private:
  void append_array(const Value& value, TextBuffer& out);

  DecimalStyle decimal_;
  BinaryStyle binary_;
  bool undecodable_ = false;
};

}  // namespace cdc::ndjson
