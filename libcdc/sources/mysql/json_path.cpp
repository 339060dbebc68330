#include "libcdc/sources/mysql/json_path.hpp"

#include <charconv>

#include "libcdc/base/unicode.hpp"

namespace cdc::mysql {

JsonPath::JsonPath(std::string_view text) : left_(text) {
  if (left_.starts_with('$')) {
    left_.remove_prefix(1);
  } else {
    fail();
  }
}

JsonLeg JsonPath::fail() {
  ok_ = false;
  left_ = {};
  return {};
}

JsonLeg JsonPath::next(Arena& arena) {
  const char mark = left_.front();
  left_.remove_prefix(1);
  if (mark == '.') return member(arena);
  if (mark == '[') return cell();
  return fail();
}

JsonLeg JsonPath::member(Arena& arena) {
  if (left_.starts_with('"')) return {JsonLeg::Kind::member, quoted(arena), 0};
  const std::string_view name = left_.substr(0, left_.find_first_of(".["));
  if (name.empty()) return fail();
  left_.remove_prefix(name.size());
  return {JsonLeg::Kind::member, name, 0};
}

JsonLeg JsonPath::cell() {
  constexpr std::string_view kLast = "last";
  JsonLeg leg{JsonLeg::Kind::cell, {}, 0};
  bool number = true;
  if (left_.starts_with(kLast)) {
    leg.kind = JsonLeg::Kind::from_end;
    left_.remove_prefix(kLast.size());
    number = left_.starts_with('-');
    if (number) left_.remove_prefix(1);
  }
  if (number) {
    const char* const end = left_.data() + left_.size();
    const auto [at, error] = std::from_chars(left_.data(), end, leg.index);
    if (error != std::errc()) return fail();
    left_.remove_prefix(static_cast<std::size_t>(at - left_.data()));
  }
  if (!left_.starts_with(']')) return fail();
  left_.remove_prefix(1);
  return leg;
}

std::string_view JsonPath::quoted(Arena& arena) {
  left_.remove_prefix(1);
  char* const begin = arena.allocate(left_.size());
  char* to = begin;
  while (!left_.empty() && left_.front() != '"') {
    const char c = left_.front();
    left_.remove_prefix(1);
    if (c == '\\') {
      to = put_escape(to);
    } else {
      *to++ = c;
    }
  }
  if (left_.empty()) {
    fail();
    return {};
  }
  left_.remove_prefix(1);
  return {begin, static_cast<std::size_t>(to - begin)};
}

/// What stands behind a backslash; it is never shorter than the character.
char* JsonPath::put_escape(char* to) {
  if (left_.empty()) return to;
  const char c = left_.front();
  left_.remove_prefix(1);
  constexpr std::string_view kEscapes = "bfnrt";
  constexpr std::string_view kMeanings = "\b\f\n\r\t";
  if (c != 'u') {
    const std::size_t which = kEscapes.find(c);
    *to = which == std::string_view::npos ? c : kMeanings[which];
    return to + 1;
  }
  char32_t code = 0;
  if (!read_hex(code)) return to;
  if (code >= 0xD800 && code < 0xDC00 && left_.starts_with("\\u")) {
    left_.remove_prefix(2);
    char32_t second = 0;
    if (!read_hex(second)) return to;
    if (second < 0xDC00 || second > 0xDFFF) {
      fail();
      return to;
    }
    code = 0x10000 + ((code - 0xD800) << 10U) + (second - 0xDC00);
  }
  if (!is_character(code)) {
    fail();
    return to;
  }
  return put_utf8(to, code);
}

bool JsonPath::read_hex(char32_t& code) {
  constexpr std::size_t kDigits = 4;
  std::uint32_t value = 0;
  const std::string_view digits = left_.substr(0, kDigits);
  const char* const end = digits.data() + digits.size();
  if (digits.size() < kDigits || std::from_chars(digits.data(), end, value, 16).ptr != end) {
    fail();
    return false;
  }
  left_.remove_prefix(kDigits);
  code = value;
  return true;
}

}  // namespace cdc::mysql
