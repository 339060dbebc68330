#include "libcdc/change/selection.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "tests/libcdc/base/thrown.hpp"

using cdc::ColumnRule;
using cdc::Fault;
using cdc::Selection;
using cdc::TableGlob;
using cdc::test::thrown_by;

namespace {

bool matches(const char* pattern, const char* schema, const char* table) {
  return TableGlob(pattern).matches(schema, table);
}

}  // namespace

TEST_CASE("a pattern without a wildcard is the name itself") {
  CHECK(matches("public.orders", "public", "orders"));
  CHECK_FALSE(matches("public.orders", "public", "orders2"));
  CHECK_FALSE(matches("public.orders", "public", "order"));
  CHECK_FALSE(matches("public.orders", "sales", "orders"));
  CHECK_FALSE(matches("public.Orders", "public", "orders"));
}

TEST_CASE("a pattern without a dot is a table of any schema") {
  CHECK(matches("orders", "public", "orders"));
  CHECK(matches("orders", "", "orders"));
  CHECK(matches("ord*", "sales", "orders"));
  CHECK_FALSE(matches("public", "public", "orders"));
}

TEST_CASE("a star stands for any characters but a dot") {
  CHECK(matches("*.*", "public", "orders"));
  CHECK(matches("public.*", "public", "orders"));
  CHECK(matches("*.orders", "public", "orders"));
  CHECK(matches("p*c.o*r*s", "public", "orders"));
  CHECK(matches("*public*.*orders*", "public", "orders"));
  CHECK(matches("public.*ab", "public", "aabaab"));
  CHECK(matches("public.a*b*c*d", "public", "axbxbcxcd"));
  CHECK(matches("public.**", "public", "orders"));
  CHECK_FALSE(matches("public.*ab", "public", "aabaa"));
  CHECK_FALSE(matches("pub*orders.x", "public", "orders"));
  CHECK_FALSE(matches("*", "public", "with.dot"));
  CHECK_FALSE(matches("public.*", "public", "with.dot"));
  CHECK(matches("public.*.*", "public", "with.dot"));
  CHECK(matches("*", "public", "orders"));
}

TEST_CASE("a question mark stands for one character but a dot") {
  CHECK(matches("public.order?", "public", "orders"));
  CHECK_FALSE(matches("public.order?", "public", "order"));
  CHECK_FALSE(matches("public.order?", "public", "orderss"));
  CHECK(matches("?.?", "a", "b"));
  CHECK_FALSE(matches("a?b", "x", "a.b"));
  CHECK(matches("public.?*?", "public", "ab"));
  CHECK_FALSE(matches("public.?*?", "public", "a"));
}

TEST_CASE("a pattern made to be slow is not") {
  const std::string name(3000, 'a');
  std::string pattern;
  for (int i = 0; i < 300; ++i) pattern += "a*";
  pattern += "b";
  CHECK_FALSE(TableGlob(pattern).matches("public", name));
}

TEST_CASE("a malformed pattern is a usage error that shows it") {
  for (const std::string pattern : {"", ".", "public.", ".orders", "a..b", "a.b.c.d"}) {
    CAPTURE(pattern);
    const cdc::Error error = thrown_by([&] { TableGlob{pattern}; });
    CHECK(error.fault() == Fault::usage);
    CHECK(error.message() == "'" + pattern + "' is not a table pattern");
    CHECK_FALSE(error.hint().empty());
  }
  CHECK(TableGlob("a.b.c").pattern() == "a.b.c");
}

TEST_CASE("an exact pattern names one table only") {
  CHECK(TableGlob("public.orders").is_exact());
  CHECK_FALSE(TableGlob("orders").is_exact());
  CHECK_FALSE(TableGlob("public.order?").is_exact());
  CHECK_FALSE(TableGlob("public.*").is_exact());
}

TEST_CASE("without tables all are wanted, exclusion wins") {
  Selection selection;
  CHECK(selection.wants_table("public", "orders"));
  selection.exclude_tables.emplace_back("public.audit*");
  CHECK(selection.wants_table("public", "orders"));
  CHECK_FALSE(selection.wants_table("public", "audit_log"));
  selection.tables.emplace_back("public.*");
  selection.tables.emplace_back("sales.orders");
  CHECK(selection.wants_table("public", "orders"));
  CHECK(selection.wants_table("sales", "orders"));
  CHECK_FALSE(selection.wants_table("sales", "items"));
  CHECK_FALSE(selection.wants_table("public", "audit_log"));
}

TEST_CASE("columns are chosen for the tables of a rule only") {
  Selection selection;
  CHECK(selection.wants_column("public", "orders", "id"));
  selection.columns.push_back(cdc::parse_column_rule("public.orders:id,total"));
  CHECK(selection.wants_column("public", "orders", "id"));
  CHECK(selection.wants_column("public", "orders", "total"));
  CHECK_FALSE(selection.wants_column("public", "orders", "note"));
  CHECK(selection.wants_column("public", "items", "note"));
  selection.columns.push_back(cdc::parse_column_rule("orders:note"));
  CHECK(selection.wants_column("public", "orders", "note"));
}

TEST_CASE("excluded columns are left out, also of those that are chosen") {
  Selection selection;
  selection.exclude_columns.push_back(cdc::parse_column_rule("*:secret"));
  CHECK_FALSE(selection.wants_column("public", "orders", "secret"));
  CHECK(selection.wants_column("public", "orders", "id"));
  selection.columns.push_back(cdc::parse_column_rule("public.orders:id,secret"));
  CHECK_FALSE(selection.wants_column("public", "orders", "secret"));
  CHECK(selection.wants_column("public", "orders", "id"));
}

TEST_CASE("a column rule is a pattern, a colon and names") {
  const ColumnRule rule = cdc::parse_column_rule("public.orders:id,Total amount");
  CHECK(rule.tables.pattern() == "public.orders");
  CHECK(rule.columns == std::vector<std::string>{"id", "Total amount"});
  for (const char* text :
       {"", "orders", "orders:", "orders:id,", "orders:,id", "orders:id,,x", ":id", "a..b:id"}) {
    CAPTURE(text);
    CHECK(thrown_by([&] { cdc::parse_column_rule(text); }).fault() == Fault::usage);
  }
}
