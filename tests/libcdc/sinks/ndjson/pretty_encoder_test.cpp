#include "libcdc/sinks/ndjson/pretty_encoder.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/libcdc/sinks/ndjson/rows.hpp"

namespace cdc::ndjson {
namespace {

using namespace cdc::test;

std::string indented(std::string_view compact) {
  TextBuffer out;
  append_indented(out, compact);
  return std::string(out.view());
}

TEST_CASE("objects and arrays are indented by two blanks") {
  CHECK(indented(R"({"a":1,"b":[1,{"c":null}]})") ==
        "{\n  \"a\": 1,\n  \"b\": [\n    1,\n    {\n      \"c\": null\n    }\n  ]\n}");
}

TEST_CASE("empty ones stay on their line, strings as they are") {
  CHECK(indented(R"({"a":{},"b":[]})") == "{\n  \"a\": {},\n  \"b\": []\n}");
  CHECK(indented(R"({"a":"{[,:\"\\"})") == "{\n  \"a\": \"{[,:\\\"\\\\\"\n}");
}

TEST_CASE("records stand one after another and end with the lone brace") {
  const Table table = orders({"id"});
  Changes changes;
  changes.insert(table, {number("1.50")});
  changes.insert(table, {json("{\"a\":{}}")});
  const auto encoder = make_encoder({.source = "s", .layout = Layout::pretty});
  TextBuffer text;
  encoder->encode(changes.batch(), text);
  const std::string_view out = text.view();
  CHECK(out.starts_with("{\n  \"v\": 1,\n  \"op\": \"insert\",\n"));
  CHECK(out.find("    \"id\": 1.50\n") != std::string::npos);
  const std::size_t first = out.find(encoder->record_end());
  CHECK(out.substr(first, 8) == "\n}\n{\n  \"");
  CHECK(out.find(encoder->record_end(), first + 1) == out.size() - 3);
}

}  // namespace
}  // namespace cdc::ndjson
