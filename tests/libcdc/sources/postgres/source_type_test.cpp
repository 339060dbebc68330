#include "libcdc/sources/source_type.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "libcdc/sources/postgres/source.hpp"

using namespace cdc;
using nlohmann::json;

namespace {

const SourceType& type() {
  const SourceType* found = find_source_type("postgres");
  REQUIRE(found != nullptr);
  return *found;
}

std::optional<Fault> fault_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    CHECK_FALSE(error.hint().empty());
    return error.fault();
  }
  return std::nullopt;
}

OptionValues with_slot(const std::string& slot) {
  OptionValues values;
  values.set("slot", slot);
  return values;
}

}  // namespace

TEST_CASE("positions are read in both notations and written in one") {
  CHECK(type().parse_position("0/1634FA0") == "0/1634FA0");
  CHECK(type().parse_position("0/01634fa0") == "0/1634FA0");
  CHECK(type().parse_position("23285664") == "0/1634FA0");
  CHECK(type().parse_position("0") == "0/0");
  CHECK(type().parse_position("18446744073709551615") == "FFFFFFFF/FFFFFFFF");
  for (const char* bad : {"", "x", "-1", "0/", "1.5", "18446744073709551616", "0/1#2", "12 "}) {
    CAPTURE(bad);
    CHECK(fault_of([&] { type().parse_position(bad); }) == Fault::usage);
  }
}

TEST_CASE("positions are ordered as numbers, not as text") {
  CHECK(std::is_lt(type().compare("0/9", "0/10")));
  CHECK(std::is_lt(type().compare("9/FFFFFFFF", "10/0")));
  CHECK(std::is_eq(type().compare("0/a", "0/0A")));
  CHECK(std::is_gt(type().compare("1/0", "0/FFFFFFFF")));
}

TEST_CASE("a gap in words") {
  CHECK(type().describe_gap("0/100", "0/100") == "no gap");
  CHECK(type().describe_gap("0/100", "0/138") == "56 bytes (56 B) of WAL forward");
  CHECK(type().describe_gap("0/200000", "0/100000") == "1048576 bytes (1.00 MiB) of WAL back");
}

TEST_CASE(
    "an offset holds the number, the slot, and the place in a transaction where there is one") {
  const json plain = type().to_offset({"0/1634FA0", std::nullopt}, with_slot("orders"));
  CHECK(plain == json{{"lsn", 23285664}, {"slot_name", "orders"}});

  const ResumePoint inside{"0/1634FA0", ChangePosition{"0/1634FF0", 3}};
  const json offset = type().to_offset(inside, with_slot("orders"));
  CHECK(offset["in_transaction"] == json{{"position", "0/1634FF0"}, {"ordinal", 3}});
  CHECK(type().from_offset(json::parse(offset.dump()), "file") == inside);
  CHECK(type().from_offset(json::parse(plain.dump()), "file") ==
        ResumePoint{"0/1634FA0", std::nullopt});
}

TEST_CASE("the largest position survives an offset") {
  const ResumePoint last{"FFFFFFFF/FFFFFFFF", std::nullopt};
  const std::string text = type().to_offset(last, with_slot("s")).dump();
  CHECK(type().from_offset(json::parse(text), "file") == last);
}

TEST_CASE("an offset that is not one is an error of state that names the file") {
  for (const char* bad :
       {R"({})", R"({"lsn":1})", R"({"lsn":1,"slot_name":""})", R"({"lsn":1,"slot_name":2})",
        R"({"lsn":-1,"slot_name":"s"})", R"({"lsn":"0/1","slot_name":"s"})",
        R"({"lsn":1.5,"slot_name":"s"})", R"({"lsn":1,"slot_name":"s","in_transaction":1})",
        R"({"lsn":1,"slot_name":"s","in_transaction":{}})",
        R"({"lsn":1,"slot_name":"s","in_transaction":{"position":"x","ordinal":1}})",
        R"({"lsn":1,"slot_name":"s","in_transaction":{"position":"0/1","ordinal":-1}})",
        R"({"lsn":1,"slot_name":"s","in_transaction":{"position":1,"ordinal":1}})"}) {
    CAPTURE(bad);
    CHECK(fault_of([&] { type().from_offset(json::parse(bad), "DIR/checkpoint_postgres.json"); }) ==
          Fault::state);
  }
  try {
    type().from_offset(json::object(), "DIR/checkpoint_postgres.json");
  } catch (const Error& error) {
    CHECK(error.message().find("DIR/checkpoint_postgres.json") != std::string::npos);
  }
}

TEST_CASE("an offset for people has both notations") {
  const json offset = json::parse(
      R"({"lsn":23285664,"slot_name":"s","in_transaction":{"position":"0/1634FF0","ordinal":2}})");
  using Lines = std::vector<std::pair<std::string, std::string>>;
  CHECK(type().describe_offset(offset) == Lines{{"slot", "s"},
                                                {"lsn", "0/1634FA0"},
                                                {"lsn as a number", "23285664"},
                                                {"in transaction", "0/1634FF0#2"}});
}

TEST_CASE("the checkpoint's slot is taken where none is given, and no other") {
  const json offset = {{"lsn", 1}, {"slot_name", "orders"}};
  OptionValues none;
  type().complete_options(offset, none);
  CHECK(none.text("slot") == "orders");
  OptionValues same = with_slot("orders");
  CHECK_NOTHROW(type().complete_options(offset, same));
  OptionValues other = with_slot("items");
  CHECK(fault_of([&] { type().complete_options(offset, other); }) == Fault::refused);
}

TEST_CASE("a checkpoint belongs to one kind of two-phase") {
  OptionValues at_prepare;
  at_prepare.set("slot", "s");
  at_prepare.set("two-phase", "at-prepare");
  const nlohmann::json offset = type().to_offset({"0/10", std::nullopt}, at_prepare);
  CHECK(offset["two_phase"] == "at-prepare");
  CHECK_NOTHROW(type().complete_options(offset, at_prepare));
  OptionValues none;
  type().complete_options(offset, none);
  CHECK(none.text("two-phase") == "at-prepare");
  OptionValues at_commit;
  at_commit.set("two-phase", "at-commit");
  CHECK(fault_of([&] { type().complete_options(offset, at_commit); }) == Fault::refused);
  const nlohmann::json ordinary = type().to_offset({"0/10", std::nullopt}, at_commit);
  CHECK_FALSE(ordinary.contains("two_phase"));
  const nlohmann::json of_slot = {{"lsn", 16}, {"slot_name", "s"}};
  CHECK(fault_of([&] { type().complete_options(of_slot, at_prepare); }) == Fault::refused);
}

TEST_CASE("every option has a name of its own and a help") {
  std::set<std::string> names;
  for (const OptionSpec& option : type().options()) {
    CHECK(names.insert(option.name).second);
    CHECK_FALSE(option.help.empty());
  }
  CHECK(names.contains("slot"));
  CHECK(names.contains("publication"));
}

TEST_CASE("options are checked before anything is connected to") {
  SourceRequest request;
  OptionValues values;
  const auto read = [&] { return postgres::read_options(values, request); };

  SUBCASE("without a slot it is a temporary one with a name of its own") {
    const auto options = read();
    CHECK(options.temporary);
    CHECK(options.slot.starts_with("cdcctl_temporary_"));
    CHECK(options.slot != read().slot);
    CHECK_FALSE(options.local_only);
  }
  SUBCASE("what is given is taken") {
    values.set("slot", "orders");
    values.set("create-slot", "true");
    values.set("failover", "true");
    values.set("publication", "a,b");
    values.set("origin", "none");
    const auto options = read();
    CHECK(options.slot == "orders");
    CHECK_FALSE(options.temporary);
    CHECK(options.create_slot);
    CHECK(options.failover);
    CHECK(options.publications == std::vector<std::string>{"a", "b"});
    CHECK(options.local_only);
  }
  SUBCASE("a remembered position needs a slot that stays") {
    request.keeps_position = true;
    CHECK(fault_of(read) == Fault::usage);
    values.set("slot", "orders");
    CHECK_NOTHROW(read());
    values.set("temporary-slot", "true");
    CHECK(fault_of(read) == Fault::usage);
  }
  SUBCASE("a failover slot cannot be a temporary one") {
    values.set("failover", "true");
    CHECK(fault_of(read) == Fault::usage);
    values.set("slot", "orders");
    CHECK_NOTHROW(read());
  }
  SUBCASE("a publication is made for named tables only") {
    values.set("create-publication", "true");
    CHECK(fault_of(read) == Fault::usage);
    request.selection.tables.emplace_back("public.orders");
    CHECK_NOTHROW(read());
    values.set("publication", "a,b");
    CHECK_THROWS_AS(read(), Error);
  }
}
