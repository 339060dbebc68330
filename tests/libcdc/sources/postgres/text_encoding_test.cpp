#include "libcdc/sources/postgres/text_encoding.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace cdc;
using namespace cdc::postgres;

namespace {

/// In UTF-8, or "undecodable".
std::string decoded(std::string_view encoding, std::string_view raw) {
  Arena arena;
  const auto utf8 = TextEncoding(encoding).to_utf8(raw, arena);
  return utf8 ? std::string(*utf8) : "undecodable";
}

}  // namespace

TEST_CASE("the server is asked for its own encoding") {
  for (const char* name : {"UTF8", "SQL_ASCII", "LATIN1", "EUC_JP", "MULE_INTERNAL"}) {
    CHECK(TextEncoding(name).client_encoding() == name);
  }
}

TEST_CASE("UTF8 and SQL_ASCII are checked, not trusted, and not copied") {
  for (const char* name : {"UTF8", "SQL_ASCII"}) {
    CHECK(decoded(name, "plain") == "plain");
    CHECK(decoded(name, "grüße 日本 😀") == "grüße 日本 😀");
    CHECK(decoded(name, "\xe9") == "undecodable");
    CHECK(decoded(name, "long enough for words \xc3") == "undecodable");
    CHECK(decoded(name, "\xed\xa0\x80") == "undecodable");
    Arena arena;
    const std::string_view raw = "é";
    CHECK(TextEncoding(name).to_utf8(raw, arena)->data() == raw.data());
    CHECK(arena.capacity() == 0);
  }
}

TEST_CASE("every encoding that a server can have decodes, but one") {
  for (const char* name :
       {"UTF8",         "SQL_ASCII",  "LATIN1",     "LATIN2",     "LATIN3",  "LATIN4",
        "LATIN5",       "LATIN6",     "LATIN7",     "LATIN8",     "LATIN9",  "LATIN10",
        "ISO_8859_5",   "ISO_8859_6", "ISO_8859_7", "ISO_8859_8", "WIN866",  "WIN874",
        "WIN1250",      "WIN1251",    "WIN1252",    "WIN1253",    "WIN1254", "WIN1255",
        "WIN1256",      "WIN1257",    "WIN1258",    "KOI8R",      "KOI8U",   "EUC_JP",
        "EUC_JIS_2004", "EUC_CN",     "EUC_KR",     "EUC_TW"}) {
    INFO(name);
    CHECK(TextEncoding(name).decodes());
    CHECK(decoded(name, "plain ASCII, longer than a word") == "plain ASCII, longer than a word");
  }
  CHECK_FALSE(TextEncoding("MULE_INTERNAL").decodes());
}

TEST_CASE("one byte a character") {
  CHECK(decoded("LATIN1", "M\xfcller") == "Müller");
  CHECK(decoded("LATIN9", "\xa4") == "€");
  CHECK(decoded("WIN1252", "\x80 \x93quoted\x94") == "€ “quoted”");
  CHECK(decoded("WIN1252", "a\x81") == "undecodable");
  CHECK(decoded("WIN1251", "\xcf\xf0\xe8\xe2\xe5\xf2") == "Привет");
  CHECK(decoded("KOI8U", "\xf0\xa4") == "Пє");
  CHECK(decoded("WIN874", "\xa1") == "ก");
  CHECK(decoded("ISO_8859_8", "\xe0") == "א");
}

TEST_CASE("combining characters stay apart, as the server has them") {
  CHECK(decoded("WIN1258", "e\xec") == "e\u0301");
  CHECK(decoded("WIN1255", "\xe9\xc4") == "\u05d9\u05b4");
}

TEST_CASE("many bytes a character") {
  CHECK(decoded("EUC_JP", "\xc6\xfc\xcb\xdc \x8e\xb1 \xad\xa1 \x8f\xb0\xa1") == "日本 ｱ ① 丂");
  CHECK(decoded("EUC_JP", "\xa1\xc1") == "～");
  CHECK(decoded("EUC_JP", "\xc6") == "undecodable");
  CHECK(decoded("EUC_JP", "ab\xc6 cd") == "undecodable");
  CHECK(decoded("EUC_KR", "\xc7\xd1\xb1\xdb") == "한글");
  CHECK(decoded("EUC_CN", "\xd6\xd0\xce\xc4") == "中文");
  CHECK(decoded("EUC_TW", "\xc4\xe3\x8e\xa1\xc4\xe3") == "中中");
  CHECK(decoded("EUC_JIS_2004", "\xa4\xf7 \xa4\xab") == "か\u309a か");
}

TEST_CASE("a conversion leaves nothing behind for the next one") {
  const TextEncoding encoding("EUC_JIS_2004");
  Arena arena;
  CHECK_FALSE(encoding.to_utf8("\xa4\xab\xc6", arena).has_value());
  CHECK(*encoding.to_utf8("\xc6\xfc", arena) == "日");
  CHECK(*encoding.to_utf8("\xa4\xab", arena) == "か");
}

TEST_CASE("an encoding without a conversion passes on ASCII only") {
  for (const char* name : {"MULE_INTERNAL", "NOT_YET_KNOWN"}) {
    CHECK(decoded(name, "plain") == "plain");
    CHECK(decoded(name, "\x81\xe9") == "undecodable");
    CHECK_FALSE(TextEncoding(name).decodes());
  }
}

TEST_CASE("names show the bytes that do not decode") {
  CHECK(TextEncoding("UTF8").name_to_utf8("größe") == "größe");
  CHECK(TextEncoding("SQL_ASCII")
            .name_to_utf8("gr\xf6\xdf"
                          "e é\xc3") == R"(gr\xF6\xDFe é\xC3)");
  CHECK(TextEncoding("LATIN1").name_to_utf8("gr\xf6\xdf"
                                            "e") == "größe");
  CHECK(TextEncoding("WIN1252").name_to_utf8("\x80\x81") == R"(€\x81)");
  CHECK(TextEncoding("EUC_JP").name_to_utf8("\xc6\xfc\xc6") == R"(日\xC6)");
  CHECK(TextEncoding("MULE_INTERNAL").name_to_utf8("a\x81") == R"(a\x81)");
  CHECK(TextEncoding("UTF8").name_to_utf8("").empty());
}
