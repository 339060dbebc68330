#include "libcdc/sources/postgres/types.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/libcdc/sources/postgres/type_cases.hpp"

using namespace cdc;
using namespace cdc::postgres;
using namespace cdc::postgres::type_cases;

namespace {

std::string_view copy_into(Arena& arena, std::string_view text, char*& start) {
  start = arena.allocate(text.size() + 1);
  return {start, text.copy(start, text.size())};
}

Value decode(const TypeMapping& mapping, std::string_view text, Arena& arena,
             const TextEncoding& encoding = TextEncoding("UTF8")) {
  char* start = nullptr;
  const auto copy = copy_into(arena, text, start);
  return decode_text(mapping, start, copy.size(), encoding, arena);
}

void check_case(const Case& each) {
  INFO(each.place);
  const auto mapping = builtin_mapping(std::string_view(each.maps));
  REQUIRE(mapping.has_value());
  Arena arena;
  const TextEncoding encoding(each.encoding);
  const Value value = each.copy == "\\N"
                          ? Value(ValueKind::null)
                          : decode(*mapping, unescape_copy(each.copy), arena, encoding);
  const std::string flag = each.undecodable ? R"(,"undecodable":["v"])" : "";
  CHECK(line_part(value) == R"("after":{"v":)" + each.json + "}" + flag);
}

/// A text of no form at all must come through as it is, whatever the type.
void check_passed_on(Mapping mapping, std::string_view text) {
  Arena arena;
  const Value value = decode({mapping, Mapping::number}, text, arena);
  CAPTURE(static_cast<int>(mapping));
  CHECK(value.kind() == ValueKind::text);
  CHECK(value.text() == text);
}

}  // namespace

TEST_CASE("every case of the data becomes the JSON that it says") {
  std::size_t count = 0;
  for (const auto& file : case_files()) {
    const auto cases = read_cases(file);
    CHECK_MESSAGE(!cases.empty(), file);
    for (const Case& each : cases) check_case(each);
    count += cases.size();
  }
  CHECK(count > 200);
}

TEST_CASE("TYPES.md names every case file and no other") {
  std::ifstream file(kCases / "../../../../libcdc/sources/postgres/TYPES.md");
  REQUIRE(file.good());
  std::set<std::string> named;
  for (std::string line; std::getline(file, line);) {
    const auto last_cell = line.rfind("| ", line.size() - 2);
    if (!line.starts_with("| ") || last_cell == std::string::npos) continue;
    std::istringstream words(line.substr(last_cell + 1));
    for (std::string word; words >> word;) {
      if (word.starts_with('`')) named.insert(word.substr(1, word.find('`', 1) - 1));
    }
  }
  std::set<std::string> present;
  for (const auto& path : case_files()) present.insert(path.stem());
  CHECK(named == present);
}

TEST_CASE("the built-in types are those of the server's catalog") {
  const auto rows = read_tsv("builtin_types.tsv");
  REQUIRE(rows.size() > 170);
  for (const auto& row : rows) {
    INFO(row.at(1));
    const auto by_oid = builtin_mapping(to_oid(row[0]));
    REQUIRE(by_oid.has_value());
    CHECK(by_oid == builtin_mapping(std::string_view(row[1])));
    CHECK(format_type(to_oid(row[0]), -1) == row[4]);
    const bool is_array = row[2] != "0";
    CHECK((by_oid->mapping == Mapping::array) == is_array);
    if (!is_array) continue;
    CHECK(by_oid->delimiter == row[3].front());
    CHECK(by_oid->element == builtin_mapping(to_oid(row[2])).value().mapping);
  }
}

TEST_CASE("type names carry their modifiers as the server writes them") {
  const auto rows = read_tsv("type_modifiers.tsv");
  REQUIRE(rows.size() > 40);
  for (const auto& row : rows) CHECK(format_type(to_oid(row[0]), std::stoi(row[1])) == row[2]);
}

TEST_CASE("unknown types have no mapping and no name") {
  CHECK_FALSE(builtin_mapping(std::uint32_t{0}).has_value());
  CHECK_FALSE(builtin_mapping(16384).has_value());
  CHECK_FALSE(builtin_mapping("mood").has_value());
  CHECK_FALSE(builtin_mapping("_mood").has_value());
  CHECK_FALSE(builtin_mapping("").has_value());
  CHECK(format_type(16384, -1).empty());
  CHECK(format_type(0, -1).empty());
}

TEST_CASE("a text without the form of its type is passed on as text") {
  const Mapping all[] = {Mapping::boolean, Mapping::number,     Mapping::real,
                         Mapping::numeric, Mapping::bytea,      Mapping::timestamp,
                         Mapping::array,   Mapping::timestamptz};
  const std::string_view texts[] = {
      "",
      "-",
      "--1",
      "01",
      "1.",
      ".5",
      "1e",
      "1e+",
      "+1",
      "1x",
      "true",
      "T",
      "{1,2",
      "\\",
      "\\x0",
      "\\x0g",
      "\\xZZ",
      "x00",
      "2026-11-20",
      "infinity",
      "2026-11-20T08:00:00",
      "2026-11-20 08:00:00 BC",
      "2026-11-20 08:00:00.5x",
      "2026-11-20 08:00:00+05:30",
      "12026-11-20 08:00:00",
      "é",
  };
  for (const Mapping mapping : all) {
    for (const std::string_view text : texts) check_passed_on(mapping, text);
  }
}

TEST_CASE("bytes that are not valid in their encoding come out as they are") {
  Arena arena;
  for (const Mapping mapping : {Mapping::text, Mapping::number, Mapping::json, Mapping::bytea,
                                Mapping::boolean, Mapping::timestamp, Mapping::timestamptz}) {
    const Value value = decode({mapping}, "2026-11-20 08:00:00\xff+00", arena);
    CHECK(value.kind() == ValueKind::undecodable);
    CHECK(value.text() == "2026-11-20 08:00:00\xff+00");
  }
}

TEST_CASE("bytea takes both cases of hex and every byte") {
  Arena arena;
  std::string hex = "\\x";
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    const char digits[] = "0123456789abcdef";
    hex += {digits[i / 16], digits[i % 16]};
    bytes += static_cast<char>(i);
  }
  CHECK(decode({Mapping::bytea}, hex, arena).text() == bytes);
  CHECK(decode({Mapping::bytea}, "\\xABcd", arena).text() == "\xab\xcd");
}

TEST_CASE("an element that is an array itself stays text") {
  Arena arena;
  const TypeMapping mapping{Mapping::array, Mapping::array};
  const Value value = decode(mapping, R"({"{1,2}"})", arena);
  REQUIRE(value.kind() == ValueKind::array);
  CHECK(value.items()[0].kind() == ValueKind::text);
  CHECK(value.items()[0].text() == "{1,2}");
}
