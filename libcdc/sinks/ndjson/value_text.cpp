#include "libcdc/sinks/ndjson/value_text.hpp"

#include <algorithm>

namespace cdc::ndjson {

std::string member(std::string_view opening, std::string_view text) {
  TextBuffer out;
  append_member(out, opening, text);
  return std::string(out.view());
}

void append_base64_string(TextBuffer& out, std::string_view bytes) {
  out += '"';
  append_base64(out, bytes);
  out += '"';
}

void append_bytes(TextBuffer& out, std::string_view bytes, BinaryStyle style) {
  if (style == BinaryStyle::base64) return append_base64_string(out, bytes);
  out += '"';
  append_hex(out, bytes);
  out += '"';
}

void append_text_or_base64(TextBuffer& out, std::string_view bytes, bool readable) {
  if (readable) return append_json_string(out, bytes);
  append_base64_string(out, bytes);
}

bool same_value(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  if (a.kind() == ValueKind::null || a.missing()) return true;
  if (a.kind() != ValueKind::array) return a.text() == b.text();
  return std::equal(a.items(), a.items() + a.size(), b.items(), b.items() + b.size(), same_value);
}

void ValueText::append_array(const Value& value, TextBuffer& out) {
  out += '[';
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i > 0) out += ',';
    append(value.items()[i], out);
  }
  out += ']';
}

}  // namespace cdc::ndjson
