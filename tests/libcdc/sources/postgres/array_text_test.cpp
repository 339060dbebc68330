#include "libcdc/sources/postgres/array_text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace cdc;
using namespace cdc::postgres;

namespace {

/// The array as a drawing: elements between `<` and `>`, `~` for null, brackets for nesting.
std::string draw(const Value& value) {
  if (value.kind() == ValueKind::null) return "~";
  if (value.kind() != ValueKind::array) return "<" + std::string(value.text()) + ">";
  std::string out = "[";
  for (std::size_t i = 0; i < value.size(); ++i) out += draw(value.items()[i]);
  return out + "]";
}

std::string read(std::string text, char delimiter = ',') {
  Arena arena;
  const auto array = read_array(text.data(), text.size(), delimiter, arena);
  return array ? draw(array->value) : "nothing";
}

void check_refused(const std::string& text) {
  INFO(text);
  std::string copy = text;
  Arena arena;
  CHECK_FALSE(read_array(copy.data(), copy.size(), ',', arena).has_value());
  CHECK(copy == text);
  CHECK(arena.capacity() == 0);
}

}  // namespace

TEST_CASE("elements, nulls and quotes") {
  CHECK(read("{}") == "[]");
  CHECK(read("{1}") == "[<1>]");
  CHECK(read("{1,NULL,3}") == "[<1>~<3>]");
  CHECK(read(R"({"NULL","",a b})") == "[<NULL><><a b>]");
  CHECK(read(R"({"a,b","{c}","say \"hi\"","back\\slash"})") ==
        R"([<a,b><{c}><say "hi"><back\slash>])");
  CHECK(read("{null,NULLS,xNULL}") == "[<null><NULLS><xNULL>]");
}

TEST_CASE("dimensions") {
  CHECK(read("{{1,2},{3,4}}") == "[[<1><2>][<3><4>]]");
  CHECK(read("{{{1},{2}},{{3},{NULL}},{{5},{6}}}") == "[[[<1>][<2>]][[<3>][~]][[<5>][<6>]]]");
  CHECK(read("{{{{{{1}}}}}}") == "[[[[[[<1>]]]]]]");
}

TEST_CASE("a delimiter of the type's own") {
  CHECK(read("{(3,4),(1,2);(7,8),(5,6)}", ';') == "[<(3,4),(1,2)><(7,8),(5,6)>]");
  CHECK(read("{{a;b};{c;d}}", ';') == "[[<a><b>][<c><d>]]");
}

TEST_CASE("the elements of all dimensions stand in one row") {
  Arena arena;
  std::string text = "{{1,2},{NULL,4}}";
  const auto array = read_array(text.data(), text.size(), ',', arena);
  REQUIRE(array.has_value());
  REQUIRE(array->elements.size() == 4);
  CHECK(array->elements[2].kind() == ValueKind::null);
  array->elements[3] = Value(ValueKind::text, "four");
  CHECK(draw(array->value) == "[[<1><2>][~<four>]]");
}

TEST_CASE("what a server does not write is refused and left as it was") {
  for (const char* text : {"",
                           "1",
                           "{",
                           "}",
                           "{1",
                           "{1,",
                           "{1,}",
                           "{,1}",
                           "{,}",
                           "{1}}",
                           "{{1}",
                           "{1}x",
                           "x{1}",
                           "{{}}",
                           "{{},{}}",
                           "{{1,2},{3}}",
                           "{{1},{2,3}}",
                           "{1,{2}}",
                           "{{1},2}",
                           "{{1},{{2}}}",
                           "{{{1}},{2}}",
                           "{\"a}",
                           "{\"a\\",
                           "{\"a\\\"}",
                           "{\"a\"b}",
                           "{a\"b}",
                           "{a\\b}",
                           "{a{b}",
                           "{\"a\"\"b\"}",
                           "{{{{{{{1}}}}}}}",
                           "[0:2]={1,2,3}",
                           "[1:1]={1}",
                           " {1}",
                           "{1} "}) {
    check_refused(text);
  }
}

TEST_CASE("a hostile depth costs nothing") {
  check_refused(std::string(1'000'000, '{'));
  check_refused(std::string(1'000'000, '{') + std::string(1'000'000, '}'));
}

TEST_CASE("many elements") {
  std::string text = "{0";
  for (int i = 1; i < 100'000; ++i) text += "," + std::to_string(i);
  text += "}";
  Arena arena;
  const auto array = read_array(text.data(), text.size(), ',', arena);
  REQUIRE(array.has_value());
  REQUIRE(array->value.size() == 100'000);
  CHECK(array->value.items()[99'999].text() == "99999");
}
