#include "libcdc/change/table.hpp"

#include <doctest/doctest.h>

TEST_CASE("every version of a table has a number of its own") {
  const auto first = cdc::next_table_version();
  const auto second = cdc::next_table_version();
  CHECK(first > 0);
  CHECK(second > first);
}

TEST_CASE("a table is named with its schema where it has one") {
  cdc::Table table;
  table.name = "orders";
  CHECK(cdc::qualified_name(table) == "orders");
  table.schema = "public";
  CHECK(cdc::qualified_name(table) == "public.orders");
}
