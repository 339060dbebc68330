#include "libcdc/sources/mysql/json_check.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace cdc::mysql;

TEST_CASE("JSON") {
  for (const char* text :
       {"null", "true", "false", " 0 ", "-0", "10", "-1.5e+10", "1E5", "0.0", "\"\"", "[]", "{}",
        "[1, [2], {\"a\":\n3}]", "{\"a\":1,\"a\":2}", R"("\"\\\/\b\f\n\r\té\u12aF")", "1e400"}) {
    CAPTURE(text);
    CHECK(is_json(text));
  }
}

TEST_CASE("no JSON") {
  for (const char* text :
       {"",           " ",   "nul",  "nullx", "+1",     "01",      "1.",          ".5",
        "1e",         "-",   "\"",   "\"a",   "\"\n\"", "\"\\x\"", "\"\\u12g4\"", "\"\\",
        "[",          "[1",  "[1,]", "[,1]",  "{",      "{\"a\"}", "{\"a\":}",    "{a:1}",
        "{\"a\":1,}", "[1}", "{]",   "1 2",   "NaN",    "'a'",     "// \n1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_json(text));
  }
}

TEST_CASE("nesting has an end") {
  CHECK(is_json(std::string(128, '[') + std::string(128, ']')));
  CHECK_FALSE(is_json(std::string(129, '[') + std::string(129, ']')));
  CHECK_FALSE(is_json(std::string(1'000'000, '[')));
}
