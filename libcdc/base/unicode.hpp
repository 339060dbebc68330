#pragma once

#include <string_view>

namespace cdc {

/// The bytes that one character takes at most.
inline constexpr int kMostUtf8 = 4;

/// True where no byte of `text` is beyond 127.
bool is_ascii(std::string_view text);

/// True where `code` is a character: at most U+10FFFF, and no half of a surrogate pair.
constexpr bool is_character(char32_t code) {
  return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

/// Writes a character as UTF-8, at most kMostUtf8 bytes, and returns where it ends.
inline char* put_utf8(char* to, char32_t code) {
  const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
  const auto following = [&](char32_t bits) { return byte(0x80U | (bits & 0x3FU)); };
  if (code < 0x80) {
    *to++ = byte(code);
    return to;
  }
  if (code < 0x800) {
    *to++ = byte(0xC0U | code >> 6U);
  } else {
    if (code < 0x10000) {
      *to++ = byte(0xE0U | code >> 12U);
    } else {
      *to++ = byte(0xF0U | code >> 18U);
      *to++ = following(code >> 12U);
    }
    *to++ = following(code >> 6U);
  }
  *to++ = following(code);
  return to;
}

}  // namespace cdc
