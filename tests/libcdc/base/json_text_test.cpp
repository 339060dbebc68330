#include "libcdc/base/json_text.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

using namespace std::string_literals;

namespace {

std::string json_string(std::string_view text) {
  cdc::TextBuffer out("<");
  cdc::append_json_string(out, text);
  return std::string(out.view().substr(1));
}

std::string in_quotes(std::string_view text) {
  std::string out(1, '"');
  out.append(text);
  out.push_back('"');
  return out;
}

std::string compact(std::string_view json) {
  cdc::TextBuffer out("<");
  cdc::append_json_compact(out, json);
  return std::string(out.view().substr(1));
}

std::string base64(std::string_view bytes) {
  cdc::TextBuffer out("<");
  cdc::append_base64(out, bytes);
  return std::string(out.view().substr(1));
}

std::string hex(std::string_view bytes) {
  cdc::TextBuffer out("<");
  cdc::append_hex(out, bytes);
  return std::string(out.view().substr(1));
}

/// UTF-8 by the definition: decodes, and asks whether the code point belongs to the sequence.
bool is_utf8_by_definition(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80           ? 1
                             : (lead >> 5) == 0x06 ? 2
                             : (lead >> 4) == 0x0E ? 3
                             : (lead >> 3) == 0x1E ? 4
                                                   : 0;
    if (size == 0 || i + size > text.size()) return false;
    std::uint32_t code = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if ((byte >> 6) != 2) return false;
      code = code << 6 | (byte & 0x3FU);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    i += size;
  }
  return true;
}

/// The same sequence of numbers on every run.
class Numbers {
 public:
  std::uint32_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33);
  }

 private:
  std::uint64_t state_ = 20261120;
};

}  // namespace

TEST_CASE("what JSON demands is escaped and nothing else") {
  CHECK(json_string("") == "\"\"");
  CHECK(json_string("plain text / 'quoted' <&>") == "\"plain text / 'quoted' <&>\"");
  CHECK(json_string("a\"b\\c") == R"("a\"b\\c")");
  CHECK(json_string("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(json_string("\0\x01\x1F\x7F"s) == "\"\\u0000\\u0001\\u001f\x7F\"");
  CHECK(json_string("Grüße 世界 🎉") == "\"Grüße 世界 🎉\"");
}

TEST_CASE("every byte at every place of a word, between plain and between special bytes") {
  for (int byte = 0; byte < 0x80; ++byte) {
    for (std::size_t place = 0; place < 24; ++place) {
      for (const char around : {'a', '~', '!', ' ', '"', '\n'}) {
        std::string text(24, around);
        text[place] = static_cast<char>(byte);
        CAPTURE(byte);
        CAPTURE(place);
        REQUIRE(json_string(text) == nlohmann::json(text).dump());
      }
    }
  }
}

TEST_CASE("bytes above ASCII are copied, whatever stands beside them") {
  for (int byte = 0x80; byte < 0x100; ++byte) {
    for (std::size_t place = 0; place < 16; ++place) {
      std::string text(16, '#');
      text[place] = static_cast<char>(byte);
      CHECK(json_string(text) == in_quotes(text));
      text[(place + 5) % 16] = '"';
      std::string expected = text;
      expected.insert((place + 5) % 16, 1, '\\');
      CHECK(json_string(text) == in_quotes(expected));
    }
  }
}

TEST_CASE("random ASCII of every length is as nlohmann writes it") {
  Numbers numbers;
  for (int round = 0; round < 3000; ++round) {
    std::string text(numbers.next() % 70, ' ');
    for (char& c : text) c = static_cast<char>(numbers.next() % 128);
    REQUIRE(json_string(text) == nlohmann::json(text).dump());
  }
}

TEST_CASE("white space between tokens goes, inside strings it stays") {
  CHECK(compact("") == "");
  CHECK(compact(" \n ") == "");
  CHECK(compact("{ \"a b\" : [ 1 ,\n\t2 ] ,\r\n \"c\" : \"x \\\" y \" }") ==
        R"({"a b":[1,2],"c":"x \" y "})");
  CHECK(compact(R"("ends with a backslash \\" , " b ")") == R"("ends with a backslash \\"," b ")");
  CHECK(compact("1e400") == "1e400");
  CHECK(compact(" 12.3400 ") == "12.3400");
  CHECK(compact("null") == "null");
}

TEST_CASE("text that is no JSON is copied without reading beyond it") {
  CHECK(compact("\" open ") == "\" open ");
  CHECK(compact("\" open \\") == "\" open \\");
  CHECK(compact(" \" ") == "\" ");
}

TEST_CASE("base64 has the values of RFC 4648") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xFF\xFE\xFD\xFC\x00"s) == "//79/AA=");
  CHECK(base64("\xFF") == "/w==");
  CHECK(base64("\xFF\xFF") == "//8=");
}

TEST_CASE("base64 of every byte") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  CHECK(base64(all).substr(0, 32) == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
  CHECK(base64(all).size() == 344);
  CHECK(base64(all).substr(328) == "9vf4+fr7/P3+/w==");
}

TEST_CASE("hex is lower case") {
  CHECK(hex("") == "");
  CHECK(hex("\x00\x0F\xA5\xFF"s) == "000fa5ff");
}

TEST_CASE("well-formed UTF-8") {
  CHECK(cdc::is_utf8(""));
  CHECK(cdc::is_utf8("plain ASCII that is longer than a word"));
  CHECK(cdc::is_utf8("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"));
  CHECK(cdc::is_utf8("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"));
  CHECK(cdc::is_utf8("a\0b"s));
}

TEST_CASE("what is not UTF-8") {
  for (const std::string_view text : {"\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xE0\x80\x80",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xF0\x80\x80\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFE",
                                      "\xFF",
                                      "\xC2",
                                      "\xC2\x41",
                                      "\xE1\x80",
                                      "\xE1\x80\x41",
                                      "\xF1\x80\x80",
                                      "\xF1\x80\x80\x41"}) {
    for (std::size_t before = 0; before < 17; ++before) {
      const std::string whole = std::string(before, 'a') + std::string(text);
      CAPTURE(before);
      CHECK_FALSE(cdc::is_utf8(whole));
      CHECK_FALSE(cdc::is_utf8(whole + "aaaaaaaaaaaaaaaaa"));
    }
  }
}

TEST_CASE("every sequence of a lead and two more bytes is judged by the definition") {
  std::string text(3, '\0');
  int wrong = 0;
  for (unsigned code = 0; code < 1U << 24; ++code) {
    // Three ASCII bytes are the fast path, tested above.
    if ((code & 0x800000U) == 0) continue;
    text[0] = static_cast<char>(code >> 16);
    text[1] = static_cast<char>(code >> 8);
    text[2] = static_cast<char>(code);
    if (cdc::is_utf8(text) != is_utf8_by_definition(text)) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("four-byte sequences are judged by the definition") {
  std::string text(4, '\0');
  int wrong = 0;
  for (unsigned lead = 0xEF; lead < 0x100; ++lead) {
    for (unsigned second = 0; second < 0x100; ++second) {
      for (unsigned third = 0x7E; third < 0xC2; ++third) {
        for (const unsigned fourth : {0x00U, 0x7FU, 0x80U, 0xBFU, 0xC0U, 0xFFU}) {
          text = {static_cast<char>(lead), static_cast<char>(second), static_cast<char>(third),
                  static_cast<char>(fourth)};
          if (cdc::is_utf8(text) != is_utf8_by_definition(text)) ++wrong;
        }
      }
    }
  }
  CHECK(wrong == 0);
}
