#include "libcdc/sources/mysql/json_diff.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/libcdc/sources/mysql/json_encoder.hpp"
#include "tests/libcdc/sources/mysql/type_cases.hpp"

using namespace cdc;
using namespace cdc::mysql;
using namespace cdc::mysql::json_encoder;

namespace {

std::string text_of(const JsonDiffResult& result) {
  if (result.fault == JsonDiffFault::malformed) return "malformed";
  if (result.fault == JsonDiffFault::does_not_apply) return "does not apply";
  if (result.value.kind() == ValueKind::undecodable) return "undecodable";
  return std::string(result.value.text());
}

std::string applied(std::string_view document, std::string_view diffs) {
  Arena arena;
  return text_of(apply_json_diffs(document, diffs, arena));
}

std::string rendered(std::string_view diffs) {
  Arena arena;
  return text_of(render_json_diffs(diffs, arena));
}

/// Paths and values shorter than 251 bytes.
std::string prefixed(const std::string& bytes) {
  return static_cast<char>(bytes.size()) + bytes;
}

std::string replaced(const std::string& path, const Encoded& value) {
  return std::string(1, '\0') + prefixed(path) + prefixed(document(value));
}

std::string inserted(const std::string& path, const Encoded& value) {
  return '\x01' + prefixed(path) + prefixed(document(value));
}

std::string removed(const std::string& path) {
  return '\x02' + prefixed(path);
}

const std::string kDocument = document(
    container({{"a", integer(1)},
               {"list", container({{"", integer(1)}, {"", integer(2)}, {"", integer(3)}}, false)},
               {"inner", container({{"x", string("y")}}, true)}},
              true));

}  // namespace

TEST_CASE("diffs that a server wrote give the document that it printed") {
  std::ifstream file(type_cases::kCases / "../json_diffs.tsv");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    std::istringstream fields(line);
    std::string before;
    std::string diffs;
    std::string after;
    std::getline(fields, before, '\t');
    std::getline(fields, diffs, '\t');
    std::getline(fields, after, '\t');
    CAPTURE(count);
    const std::string bytes = type_cases::from_hex(diffs);
    CHECK(applied(type_cases::from_hex(before), bytes) == after);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      // A cut between two diffs leaves whole ones.
      CHECK(applied(type_cases::from_hex(before), bytes.substr(0, size)) != after);
    }
  }
  CHECK(count >= 30);
}

TEST_CASE("without diffs the document is unchanged") {
  CHECK(applied(kDocument, "") == R"({"a": 1, "list": [1, 2, 3], "inner": {"x": "y"}})");
  CHECK(applied("", "") == "null");
}

TEST_CASE("replace, insert and remove") {
  CHECK(applied(kDocument, replaced("$", literal(1))) == "true");
  CHECK(applied(kDocument, replaced("$.list[1]", string("two"))) ==
        R"({"a": 1, "list": [1, "two", 3], "inner": {"x": "y"}})");
  CHECK(applied(kDocument, inserted("$.list[1]", literal(0))) ==
        R"({"a": 1, "list": [1, null, 2, 3], "inner": {"x": "y"}})");
  CHECK(applied(kDocument, inserted("$.list[3]", literal(0))) ==
        R"({"a": 1, "list": [1, 2, 3, null], "inner": {"x": "y"}})");
  CHECK(applied(kDocument, removed("$.list[last]") + removed("$.list[last-1]")) ==
        R"({"a": 1, "list": [2], "inner": {"x": "y"}})");
  CHECK(applied(kDocument, removed("$.inner.x") + inserted("$.inner.z", integer(7))) ==
        R"({"a": 1, "list": [1, 2, 3], "inner": {"z": 7}})");
}

TEST_CASE("a new member stands where the server keeps it: by length, then by bytes") {
  CHECK(applied(kDocument, inserted("$.b", integer(2)) + inserted(R"($."a b")", integer(3))) ==
        R"({"a": 1, "b": 2, "a b": 3, "list": [1, 2, 3], "inner": {"x": "y"}})");
}

TEST_CASE("a later diff sees what an earlier one made") {
  const Encoded list = container({}, false);
  CHECK(applied(kDocument, replaced("$.a", list) + inserted("$.a[0]", integer(5))) ==
        R"({"a": [5], "list": [1, 2, 3], "inner": {"x": "y"}})");
}

TEST_CASE("names are quoted in paths as in JSON") {
  CHECK(applied(kDocument, inserted(R"($."\"\\\n\u00e9\ud83d\ude00")", integer(2))) ==
        R"({"a": 1, "list": [1, 2, 3], "inner": {"x": "y"}, "\"\\\né😀": 2})");
}

TEST_CASE("a path that leads nowhere does not apply") {
  for (const char* path : {"$.b", "$.a.b", "$.list[3]", "$.list.x", "$.a[0]", "$.list[last-3]"}) {
    CAPTURE(path);
    CHECK(applied(kDocument, replaced(path, literal(0))) == "does not apply");
    CHECK(applied(kDocument, removed(path)) == "does not apply");
  }
  CHECK(applied(kDocument, inserted("$.a", literal(0))) == "does not apply");
  CHECK(applied(kDocument, removed("$")) == "does not apply");
}

TEST_CASE("what is no diff is malformed") {
  for (const char* path : {"", "a", "$x", "$.", "$[", "$[x]", "$[1", "$.\"a", "$.\"\\ud83d\""}) {
    CAPTURE(path);
    CHECK(applied(kDocument, removed(path)) == "malformed");
  }
  CHECK(applied(kDocument, "\x03\x01$") == "malformed");
  CHECK(applied(kDocument, '\x02' + prefixed("$.a") + '\x02') == "malformed");
  CHECK(applied("\x02", removed("$[0]")) == "malformed");
}

TEST_CASE("without a document the diffs are told as they are") {
  CHECK(rendered("") == "[]");
  CHECK(rendered(replaced("$.a", integer(1)) + inserted("$.b[0]", string("x")) +
                 removed("$.\"c d\"")) == R"([{"op": "replace", "path": "$.a", "value": 1}, )"
                                          R"({"op": "insert", "path": "$.b[0]", "value": "x"}, )"
                                          R"({"op": "remove", "path": "$.\"c d\""}])");
  CHECK(rendered("\x02\x05$") == "malformed");
  CHECK(rendered(replaced("$.a", string("\xff"))) == "undecodable");
}
