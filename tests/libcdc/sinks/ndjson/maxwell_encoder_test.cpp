#include "libcdc/sinks/ndjson/maxwell_encoder.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/libcdc/sinks/ndjson/rows.hpp"

namespace cdc::ndjson {
namespace {

using namespace cdc::test;

constexpr std::int64_t kNow = 1'800'000'000'500'000;

EncoderOptions options() {
  return {.format = Format::maxwell, .now = [] { return kNow; }};
}

/// What the encoder writes for one more batch.
std::string encode(Encoder& encoder, const Batch& batch) {
  TextBuffer out;
  encoder.encode(batch, out);
  return std::string(out.view());
}

std::string line(std::string_view place, std::string_view data, std::string_view type = "insert",
                 std::string_view xid = "731") {
  return R"({"database":"public","table":"orders","type":")" + std::string(type) +
         R"(","ts":1795161600,"xid":)" + std::string(xid) + "," + std::string(place) +
         R"(,"data":)" + std::string(data) + "}\n";
}

TEST_CASE("the last row of a transaction says commit, the others their offset") {
  const Table table = orders({"id", "total"});
  Changes changes;
  changes.insert(table, {number("1"), decimal("9.90")});
  changes.insert(table, {number("2"), null()});
  changes.batch().mark("0/2", kCommitTime);
  const auto encoder = make_encoder(options());
  CHECK(encode(*encoder, changes.batch()) ==
        line(R"("xoffset":0)", R"({"id":1,"total":9.90})") +
            line(R"("commit":true)", R"({"id":2,"total":null})"));
}

TEST_CASE("transactions of one batch end where the next one begins") {
  const Table table = orders({"id"});
  Changes changes;
  changes.insert(table, {number("1")});
  changes.begin("0/1A2B400", "732");
  changes.insert(table, {number("2")});
  changes.batch().mark("0/1A2B500", kCommitTime);
  const auto encoder = make_encoder(options());
  CHECK(encode(*encoder, changes.batch()) ==
        line(R"("commit":true)", R"({"id":1})") +
            line(R"("commit":true)", R"({"id":2})", "insert", "732"));
}

TEST_CASE("the last row of a batch waits for what the next one brings") {
  const Table table = orders({"id"});
  Changes first;
  first.insert(table, {number("1")});
  first.insert(table, {number("2")});
  const auto encoder = make_encoder(options());
  CHECK(encode(*encoder, first.batch()) == line(R"("xoffset":0)", R"({"id":1})"));

  SUBCASE("its commit") {
    Changes next;
    next.batch().mark("0/2", kCommitTime);
    CHECK(encode(*encoder, next.batch()) == line(R"("commit":true)", R"({"id":2})"));
  }
  SUBCASE("another row") {
    Changes next;
    Change change;
    change.table = &table;
    change.key = change.after = next.row({number("3")});
    change.ordinal = 3;
    change.transaction = next.transaction();
    next.batch().add(change);
    next.batch().mark("0/2", kCommitTime);
    CHECK(encode(*encoder, next.batch()) ==
          line(R"("xoffset":1)", R"({"id":2})") + line(R"("commit":true)", R"({"id":3})"));
  }
  SUBCASE("the end") {
    TextBuffer out;
    encoder->finish(out);
    CHECK(out.view() == line(R"("xoffset":1)", R"({"id":2})"));
    encoder->finish(out);
    CHECK(out.view() == line(R"("xoffset":1)", R"({"id":2})"));
  }
}

TEST_CASE("an update shows the old values of what changed") {
  const Table table = orders({"id", "status", "total", "note"});
  Changes changes;
  Change change;
  change.op = Op::update;
  change.table = &table;
  change.after = changes.row({number("1"), text("paid"), null(), unchanged()});
  const auto expect = [&](std::string_view rest) {
    changes.add(change);
    changes.batch().mark("0/2", kCommitTime);
    const std::string made = encode(*make_encoder(options()), changes.batch());
    CHECK(made == line(R"("commit":true)",
                       R"({"id":1,"status":"paid","total":null})" + std::string(rest), "update"));
  };
  SUBCASE("all of them under a full identity") {
    change.key = change.before = changes.row({number("1"), text("new"), decimal("1"), text("x")});
    change.after = changes.row({number("1"), text("paid"), null(), text("x")});
    changes.add(change);
    changes.batch().mark("0/2", kCommitTime);
    CHECK(
        encode(*make_encoder(options()), changes.batch()) ==
        line(R"("commit":true)",
             R"({"id":1,"status":"paid","total":null,"note":"x"},"old":{"status":"new","total":1})",
             "update"));
  }
  SUBCASE("the key where it changed") {
    change.key = changes.row({number("7"), absent(), absent(), absent()});
    expect(R"(,"old":{"id":7})");
  }
  SUBCASE("nothing where nothing is known of the old row") {
    change.key = change.after;
    expect("");
  }
}

TEST_CASE("a delete shows the old row, or the key where that is all there is") {
  const Table table = orders({"id", "status"});
  Changes changes;
  Change change;
  change.op = Op::remove;
  change.table = &table;
  change.key = changes.row({number("1"), absent()});
  changes.add(change);
  change.key = change.before = changes.row({number("2"), text("new")});
  changes.add(change);
  changes.batch().mark("0/2", kCommitTime);
  CHECK(encode(*make_encoder(options()), changes.batch()) ==
        line(R"("xoffset":0)", R"({"id":1})", "delete") +
            line(R"("commit":true)", R"({"id":2,"status":"new"})", "delete"));
}

TEST_CASE("a snapshot row is a bootstrap-insert without a transaction") {
  const Table table = orders({"id"});
  Changes changes;
  Change change;
  change.op = Op::read;
  change.table = &table;
  change.key = change.after = changes.row({number("1")});
  changes.batch().add(change);
  CHECK(encode(*make_encoder(options()), changes.batch()) ==
        R"({"database":"public","table":"orders","type":"bootstrap-insert","ts":1800000000,)"
        R"("data":{"id":1}})"
        "\n");
}

TEST_CASE("timestamps are written as MySQL writes them") {
  Table table = orders({"id", "a", "b", "c"});
  for (const std::size_t i : {1U, 2U, 3U}) table.columns[i].meaning = Meaning::timestamp;
  Changes changes;
  changes.insert(table, {number("1"), text("2026-11-20T08:00:00.5"), text("2026-11-20T08:00:00Z"),
                         text("infinity")});
  changes.batch().mark("0/2", kCommitTime);
  CHECK(encode(*make_encoder(options()), changes.batch()) ==
        line(R"("commit":true)",
             R"({"id":1,"a":"2026-11-20 08:00:00.5","b":"2026-11-20 08:00:00","c":"infinity"})"));
}

TEST_CASE("--decimal string and --pretty hold here too") {
  const Table table = orders({"id", "total"});
  Changes changes;
  changes.insert(table, {number("1"), decimal("9.90")});
  EncoderOptions chosen = options();
  chosen.decimal = DecimalStyle::string;
  chosen.layout = Layout::pretty;
  const auto encoder = make_encoder(chosen);
  TextBuffer out;
  encoder->encode(changes.batch(), out);
  CHECK(out.empty());
  encoder->end_transactions(out);
  CHECK(out.view().find("\n    \"total\": \"9.90\"\n  }\n}\n") != std::string_view::npos);
}

}  // namespace
}  // namespace cdc::ndjson
