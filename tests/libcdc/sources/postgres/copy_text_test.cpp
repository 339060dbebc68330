#include "libcdc/sources/postgres/copy_text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace cdc::postgres;

namespace {

/// The cells as a drawing: each in `<` and `>`, `~` for null.
std::string split(std::string row, std::size_t columns) {
  std::vector<CopyCell> cells(columns);
  if (!split_copy_row(row.data(), row.size(), cells)) return "refused";
  std::string out;
  for (const CopyCell& cell : cells) {
    out += cell.text == nullptr ? "~" : "<" + std::string(cell.text, cell.size) + ">";
  }
  return out;
}

}  // namespace

TEST_CASE("cells stand between tabs") {
  CHECK(split("1", 1) == "<1>");
  CHECK(split("1\tnew\t9.90", 3) == "<1><new><9.90>");
  CHECK(split("\t\t", 3) == "<><><>");
  CHECK(split("", 1) == "<>");
}

TEST_CASE("a table without columns has empty rows") {
  CHECK(split("", 0).empty());
  CHECK(split("1", 0) == "refused");
}

TEST_CASE("null is the escape alone, and not its text") {
  CHECK(split("\\N", 1) == "~");
  CHECK(split("\\N\t\\N\t", 3) == "~~<>");
  CHECK(split("\\\\N", 1) == "<\\N>");
  CHECK(split("N\tNULL", 2) == "<N><NULL>");
}

TEST_CASE("escapes") {
  CHECK(split(R"(\b\f\n\r\t\v\\)", 1) == "<\b\f\n\r\t\v\\>");
  CHECK(split(R"(a\tb	c\\)", 2) == "<a\tb><c\\>");
  CHECK(split(R"(\\x00ff)", 1) == "<\\x00ff>");
  CHECK(split(R"({"a\\\\b"}	plain	\n)", 3) == "<{\"a\\\\b\"}><plain><\n>");
  CHECK(split(R"(\\\\\\)", 1) == "<\\\\\\>");
}

TEST_CASE("what COPY TO does not write is refused") {
  CHECK(split("1\t2", 1) == "refused");
  CHECK(split("1", 2) == "refused");
  CHECK(split("\\", 1) == "refused");
  CHECK(split("a\\", 1) == "refused");
  CHECK(split("\\x41", 1) == "refused");
  CHECK(split("\\Na", 1) == "refused");
  CHECK(split("a\\N", 1) == "refused");
  CHECK(split("\\.", 1) == "refused");
}
