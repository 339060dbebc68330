#include "cli/config_file.hpp"

#include <doctest/doctest.h>

#include "libcdc/base/error.hpp"

namespace cdcctl {
namespace {

std::optional<std::string> environment(const std::string& name) {
  if (name == "HOME_DB") return "db1";
  if (name == "EMPTY") return "";
  return {};
}

std::vector<ConfigEntry> parse(const std::string& text) {
  return parse_config(text, "c.toml", environment);
}

std::string value_of(const std::string& written) {
  const auto entries = parse("key = " + written + "\n");
  REQUIRE(entries.size() == 1);
  REQUIRE(entries[0].values.size() == 1);
  return entries[0].values[0];
}

std::string failure_of(const std::string& text) {
  try {
    parse(text);
  } catch (const cdc::Error& error) {
    CHECK(error.fault() == cdc::Fault::usage);
    return error.message();
  }
  return "";
}

}  // namespace

TEST_CASE("values are bare, quoted or literal") {
  CHECK(value_of("10s") == "10s");
  CHECK(value_of("two words  # comment") == "two words");
  CHECK(value_of("a#b") == "a#b");
  CHECK(value_of("\"a # b\"") == "a # b");
  CHECK(value_of("\"say \\\"hi\\\"\\n\"") == "say \"hi\"\n");
  CHECK(value_of("'C:\\dir ${HOME_DB}'") == "C:\\dir ${HOME_DB}");
  CHECK(value_of("public.*,shop.orders") == "public.*,shop.orders");
  CHECK(value_of("") == "");
}

TEST_CASE("arrays may span lines") {
  const auto entries = parse("tables = [a, 'b,c', # first\n  \"d\",\n]\nnext = 1\n");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].values == std::vector<std::string>{"a", "b,c", "d"});
  CHECK(entries[1].line == 4);
}

TEST_CASE("sections name commands; underscores are dashes; a name alone is a switch") {
  const auto entries = parse("; ini\nlog_format = json\n[tail.postgres] # x\npretty\n");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].section == "");
  CHECK(entries[0].key == "log-format");
  CHECK(entries[1].section == "tail postgres");
  CHECK(entries[1].key == "pretty");
  CHECK(entries[1].values == std::vector<std::string>{"true"});
}

TEST_CASE("variables are expanded") {
  CHECK(value_of("host=${HOME_DB} dbname=x") == "host=db1 dbname=x");
  CHECK(value_of("\"${NONE:-a:b}/${EMPTY:-c}\"") == "a:b/c");
  CHECK(value_of("${EMPTY}") == "");
  CHECK(value_of("$5") == "$5");
}

TEST_CASE("a mistake names the file and the line") {
  CHECK(failure_of("a = 1\nb = \"x\n") == "c.toml:2: the text has no closing \"");
  CHECK(failure_of("a = 'x") == "c.toml:1: the text has no closing '");
  CHECK(failure_of("\n\n[tail") == "c.toml:3: the section has no closing ]");
  CHECK(failure_of("[[tail]]") != "");
  CHECK(failure_of("a = [1, 2") != "");
  CHECK(failure_of("a = [1 2]") == "");
  CHECK(failure_of("a = \"x\" y") != "");
  CHECK(failure_of("= 3") == "c.toml:1: there is no name before =");
  CHECK(failure_of("a = ${NONE}") == "c.toml:1: the environment variable NONE is not set");
  CHECK(failure_of("a = ${NONE") == "c.toml:1: ${ has no closing }");
}

TEST_CASE("quoting gives back what was read") {
  const std::string odd = "a \"b\" \\ c\nd";
  CHECK(value_of(config_quoted(odd)) == odd);
}

}  // namespace cdcctl
