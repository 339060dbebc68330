#include "libcdc/change/change.hpp"

#include <doctest/doctest.h>

#include "libcdc/change/value.hpp"

using cdc::Op;
using cdc::OpSet;
using cdc::Value;
using cdc::ValueKind;

TEST_CASE("operations have the words of the change line") {
  CHECK(cdc::name(Op::insert) == "insert");
  CHECK(cdc::name(Op::update) == "update");
  CHECK(cdc::name(Op::remove) == "delete");
  CHECK(cdc::name(Op::truncate) == "truncate");
  CHECK(cdc::name(Op::read) == "read");
  CHECK(cdc::name(Op::begin) == "begin");
  CHECK(cdc::name(Op::commit) == "commit");
  CHECK(cdc::name(Op::schema) == "schema");
  CHECK(cdc::name(Op::message) == "message");
  CHECK(cdc::name(Op::progress) == "progress");
  CHECK(cdc::name(Op::prepare) == "prepare");
  CHECK(cdc::name(Op::commit_prepared) == "commit_prepared");
  CHECK(cdc::name(Op::rollback_prepared) == "rollback_prepared");
}

TEST_CASE("a set of operations") {
  constexpr OpSet kSet = OpSet().with(Op::insert).with(Op::progress);
  CHECK(kSet.has(Op::insert));
  CHECK(kSet.has(Op::progress));
  CHECK_FALSE(kSet.has(Op::update));
  CHECK_FALSE((kSet & ~OpSet().with(Op::insert)).has(Op::insert));
  CHECK((kSet & ~OpSet().with(Op::insert)) == OpSet().with(Op::progress));
  CHECK(OpSet::all().has(Op::truncate));
  CHECK_FALSE(OpSet().has(Op::insert));
}

TEST_CASE("what the server did not send is absent, never null") {
  CHECK(Value().kind() == ValueKind::absent);
  CHECK(Value().missing());
  CHECK(Value(ValueKind::unchanged).missing());
  CHECK_FALSE(Value(ValueKind::null).missing());
  CHECK_FALSE(Value(ValueKind::text, "").missing());
  CHECK(Value(ValueKind::number, "42").text() == "42");
}

TEST_CASE("an array value borrows its elements") {
  const Value items[] = {Value(ValueKind::number, "1"), Value(ValueKind::null)};
  const Value array(items, 2);
  CHECK(array.kind() == ValueKind::array);
  REQUIRE(array.size() == 2);
  CHECK(array.items()[0].text() == "1");
  CHECK(array.items()[1].kind() == ValueKind::null);
}
