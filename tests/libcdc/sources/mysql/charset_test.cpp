#include "libcdc/sources/mysql/charset.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::mysql;
using namespace std::literals;

namespace {

std::string utf8(std::string_view charset, std::string_view bytes) {
  Arena arena;
  const Value value = find_charset(charset)->read(bytes, arena);
  if (value.kind() == ValueKind::undecodable) {
    CHECK(value.text() == bytes);
    return "undecodable";
  }
  CHECK(value.kind() == ValueKind::text);
  return std::string(value.text());
}

/// FNV-1a.
struct Hash {
  std::uint64_t value = 0xcbf29ce484222325;
  void add(std::string_view bytes) {
    for (const char byte : bytes) {
      value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    }
  }
};

struct Whole {
  std::string_view charset;
  std::size_t characters;
  std::uint64_t hash;  ///< over each code and its character, by length of the code and its bytes
};

/// What the servers' CONVERT says of every code.
constexpr Whole kWhole[] = {
    {"gbk", 21919, 0x3664DCE63B17277C},     {"gb2312", 7573, 0x3B04D5BC0FE82F2C},
    {"gb18030", 63487, 0xA8FF5E839D155910}, {"big5", 13838, 0xA1E0C6F48D2B60A8},
    {"sjis", 7070, 0xD07C5FC454219809},     {"cp932", 9795, 0xCABB5FE096DC9439},
    {"ujis", 15017, 0x79FAFFA0061D3ABD},    {"eucjpms", 15206, 0xF1B9AF8333338DBE},
    {"euckr", 17176, 0xB790F87D49D9862A},
};

class Walk {
 public:
  explicit Walk(std::string_view charset) : charset_(*find_charset(charset)) {}

  void add(std::string_view code) {
    Arena arena;
    const Value value = charset_.read(code, arena);
    if (value.kind() != ValueKind::text || characters_in(value.text()) != 1) return;
    ++count;
    hash.add(code);
    hash.add(value.text());
  }

  std::size_t count = 0;
  Hash hash;

 private:
  static std::size_t characters_in(std::string_view text) {
    std::size_t count = 0;
    for (const char byte : text)
      count += (static_cast<unsigned char>(byte) & 0xC0U) != 0x80 ? 1 : 0;
    return count;
  }

  const Charset& charset_;
};

std::string code(std::uint32_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = size; i > 0; --i) bytes += static_cast<char>(value >> (8 * (i - 1)));
  return bytes;
}

/// The codes of the basic plane in four bytes.
void add_fours(Walk& walk) {
  for (std::uint32_t i = 0; i < 39420; ++i) {
    std::string bytes;
    bytes += static_cast<char>(0x81 + i / 12600);
    bytes += static_cast<char>(0x30 + i / 1260 % 10);
    bytes += static_cast<char>(0x81 + i / 10 % 126);
    bytes += static_cast<char>(0x30 + i % 10);
    walk.add(bytes);
  }
}

}  // namespace

TEST_CASE("every character of the multi-byte sets is the server's") {
  for (const Whole& whole : kWhole) {
    CAPTURE(whole.charset);
    Walk walk(whole.charset);
    for (std::uint32_t i = 0; i < 0x100; ++i) walk.add(code(i, 1));
    for (std::uint32_t i = 0x8000; i < 0x10000; ++i) {
      if ((i & 0xFFU) >= 0x30) walk.add(code(i, 2));
    }
    if (whole.charset == "ujis" || whole.charset == "eucjpms") {
      for (std::uint32_t i = 0xA1A1; i < 0xFEFF; ++i) {
        if ((i & 0xFFU) >= 0xA1 && (i & 0xFFU) != 0xFF) walk.add(code(0x8F0000U | i, 3));
      }
    }
    if (whole.charset == "gb18030") add_fours(walk);
    CHECK(walk.count == whole.characters);
    CHECK(walk.hash.value == whole.hash);
  }
}

TEST_CASE("latin1 is Windows-1252 with five control characters") {
  CHECK(utf8("latin1", "caf\xe9 \x80") == "café €");
  CHECK(utf8("latin1", "\x81\x8d\x8f\x90\x9d") == "\u0081\u008d\u008f\u0090\u009d");
}

TEST_CASE("bytes that are no character leave the text undecodable") {
  CHECK(utf8("utf8mb4", "\xff") == "undecodable");
  CHECK(utf8("ascii", "\x80") == "undecodable");
  CHECK(utf8("cp1250", "a\x81") == "undecodable");
  CHECK(utf8("swe7", "\x7f") == "undecodable");
  CHECK(utf8("gbk", "\x80") == "undecodable");
  CHECK(utf8("gbk", "a\x81") == "undecodable");
  CHECK(utf8("ujis", "\x8f\xa2") == "undecodable");
  CHECK(utf8("gb18030", "\x81\x30\x81") == "undecodable");
  CHECK(utf8("gb18030", "\xe3\x32\x9a\x36") == "undecodable");
  CHECK(utf8("gb18030", "\x85\x30\x81\x30") == "undecodable");
  CHECK(utf8("utf16", "\x00"sv) == "undecodable");
  CHECK(utf8("utf16", "\xd8\x3d"sv) == "undecodable");
  CHECK(utf8("utf16", "\xde\x00\xd8\x3d"sv) == "undecodable");
  CHECK(utf8("utf16", "\xd8\x3d\x00\x41"sv) == "undecodable");
  CHECK(utf8("ucs2", "\xd8\x3d\xde\x00"sv) == "undecodable");
  CHECK(utf8("utf32", "\x00\x11\x00\x00"sv) == "undecodable");
  CHECK(utf8("utf32", "\x00\x00\x41"sv) == "undecodable");
}

TEST_CASE("characters beyond the basic plane") {
  CHECK(utf8("utf16", "\xd8\x3d\xde\x00"sv) == "😀");
  CHECK(utf8("utf16le", "\x3d\xd8\x00\xde"sv) == "😀");
  CHECK(utf8("utf32", "\x00\x01\xf6\x00"sv) == "😀");
  CHECK(utf8("gb18030", "\x94\x39\xfc\x36") == "😀");
  CHECK(utf8("gb18030", "\xe3\x32\x9a\x35") == "\U0010FFFF");
  CHECK(utf8("gb18030", "\x90\x30\x81\x30") == "\U00010000");
}

TEST_CASE("a text of ASCII or UTF-8 is not copied") {
  Arena arena;
  const std::string_view plain = "plain";
  for (const char* name : {"utf8mb4", "utf8mb3", "ascii", "latin1", "gbk", "sjis"}) {
    CHECK(find_charset(name)->read(plain, arena).text().data() == plain.data());
  }
  CHECK(find_charset("utf8mb4")->read("é"sv, arena).kind() == ValueKind::text);
  CHECK(arena.capacity() == 0);
}

TEST_CASE("an empty text is a text in every character set") {
  for (const char* name : {"utf8mb4", "latin1", "swe7", "utf16", "utf32", "gb18030"}) {
    CHECK(utf8(name, "") == "");
  }
}

TEST_CASE("find_charset") {
  CHECK(find_charset("binary") == nullptr);
  CHECK(find_charset("latin1") == find_charset("latin1"));
  CHECK(find_charset("gbk")->name() == "gbk");
  try {
    find_charset("klingon");
    FAIL("it was found");
  } catch (const Error& e) {
    CHECK(e.fault() == Fault::refused);
    CHECK(e.message().find("klingon") != std::string::npos);
    CHECK_FALSE(e.hint().empty());
  }
}

TEST_CASE("charset_of_collation") {
  CHECK(charset_of_collation(0) == "");
  CHECK(charset_of_collation(1) == "big5");
  CHECK(charset_of_collation(8) == "latin1");
  CHECK(charset_of_collation(17) == "");
  CHECK(charset_of_collation(33) == "utf8mb3");
  CHECK(charset_of_collation(45) == "utf8mb4");
  CHECK(charset_of_collation(63) == "binary");
  CHECK(charset_of_collation(223) == "utf8mb3");
  CHECK(charset_of_collation(248) == "gb18030");
  CHECK(charset_of_collation(255) == "utf8mb4");
  CHECK(charset_of_collation(323) == "utf8mb4");
  CHECK(charset_of_collation(324) == "");
  CHECK(charset_of_collation(1032) == "latin1");
  CHECK(charset_of_collation(1270) == "utf8mb4");
  CHECK(charset_of_collation(2048) == "utf8mb3");
  CHECK(charset_of_collation(2304) == "utf8mb4");
  CHECK(charset_of_collation(3271) == "utf32");
  CHECK(charset_of_collation(0xFFFFFFFF) == "");
}

TEST_CASE("every character set of a collation can be converted") {
  std::set<std::string_view> names;
  for (std::uint32_t id = 0; id < 4096; ++id) names.insert(charset_of_collation(id));
  names.erase("");
  CHECK(names.size() == 41);
  for (const std::string_view name : names) {
    CAPTURE(name);
    CHECK((find_charset(name) == nullptr) == (name == "binary"));
  }
}
