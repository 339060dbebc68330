#include "libcdc/base/unicode.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "libcdc/base/json_text.hpp"

using namespace cdc;

TEST_CASE("every character becomes UTF-8") {
  std::string all;
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (!is_character(code)) continue;
    char bytes[kMostUtf8];
    all.append(bytes, put_utf8(bytes, code));
  }
  CHECK(is_utf8(all));
  CHECK(all.size() == 0x80 + 2 * 0x780 + 3 * (0xF800 - 0x800) + 4 * 0x100000);
}

TEST_CASE("characters at the ends of their lengths") {
  const auto utf8 = [](char32_t code) {
    char bytes[kMostUtf8];
    return std::string(bytes, put_utf8(bytes, code));
  };
  CHECK(utf8(0x7F) == "\x7F");
  CHECK(utf8(0x80) == "\xC2\x80");
  CHECK(utf8(0x7FF) == "\xDF\xBF");
  CHECK(utf8(0x800) == "\xE0\xA0\x80");
  CHECK(utf8(0xFFFF) == "\xEF\xBF\xBF");
  CHECK(utf8(0x10000) == "\xF0\x90\x80\x80");
  CHECK(utf8(0x10FFFF) == "\xF4\x8F\xBF\xBF");
}

TEST_CASE("surrogates and what lies beyond are no characters") {
  CHECK(is_character(0xD7FF));
  CHECK_FALSE(is_character(0xD800));
  CHECK_FALSE(is_character(0xDFFF));
  CHECK(is_character(0xE000));
  CHECK_FALSE(is_character(0x110000));
}

TEST_CASE("is_ascii") {
  CHECK(is_ascii(""));
  CHECK(is_ascii("plain text of more than eight bytes\x7F"));
  for (std::size_t place = 0; place < 20; ++place) {
    std::string text(20, 'a');
    text[place] = '\x80';
    CHECK_FALSE(is_ascii(text));
  }
}
