#include "libcdc/sinks/ndjson/native_encoder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "libcdc/base/clock.hpp"
#include "tests/libcdc/sinks/ndjson/count_allocations.hpp"
#include "tests/libcdc/sinks/ndjson/rows.hpp"
#include "tests/libcdc/sinks/ndjson/scratch.hpp"

namespace cdc::ndjson {
namespace {

using namespace cdc::test;

std::string encode(Changes& changes, EncoderOptions options = {.source = "shop-pg"}) {
  NativeEncoder encoder(std::move(options));
  TextBuffer out;
  encoder.encode(changes.batch(), out);
  return std::string(out.view());
}

/// The line of an insert of one column `v` beside the key, without what all lines share.
std::string value_line(Changes& changes, const Value& value, EncoderOptions options = {}) {
  const Table table = orders({"id", "v"});
  changes.insert(table, {number("1"), value});
  const std::string line = encode(changes, std::move(options));
  const std::string before = R"("after":{"id":1,"v":)";
  const std::size_t from = line.find(before) + before.size();
  return line.substr(from, line.find(R"(,"pos":)") - from);
}

std::string value_line(const Value& value, EncoderOptions options = {}) {
  Changes changes;
  return value_line(changes, value, std::move(options));
}

TEST_CASE("an insert is the line of the contract, byte by byte") {
  const Table table = orders({"id", "status", "total"});
  Changes changes;
  changes.insert(table, {number("42"), text("new"), decimal("9.90")});
  CHECK(encode(changes) ==
        R"({"v":1,"op":"insert","source":"shop-pg","db":"shop","schema":"public",)"
        R"("table":"orders","key":{"id":42},"after":{"id":42,"status":"new","total":"9.90"},)"
        R"("pos":"0/1A2B3C8#1","ts":"2026-11-20T08:00:00.123456Z","tx":{"id":"731"}})"
        "\n");
}

TEST_CASE("an update shows the old key, the old row, the new row and what was not sent") {
  const Table table = orders({"id", "status", "note"});
  Changes changes;
  Change change;
  change.op = Op::update;
  change.table = &table;
  change.key = changes.row({number("42"), absent(), absent()});
  change.before = changes.row({number("42"), text("new"), absent()});
  change.after = changes.row({number("43"), text("paid"), unchanged()});
  changes.add(change);
  CHECK(encode(changes) ==
        R"({"v":1,"op":"update","source":"shop-pg","db":"shop","schema":"public",)"
        R"("table":"orders","key":{"id":42},"before":{"id":42,"status":"new"},)"
        R"("after":{"id":43,"status":"paid"},"unchanged":["note"],)"
        R"("pos":"0/1A2B3C8#1","ts":"2026-11-20T08:00:00.123456Z","tx":{"id":"731"}})"
        "\n");
}

TEST_CASE("a delete has its key and no after") {
  const Table table = orders({"id", "status"});
  Changes changes;
  Change change;
  change.op = Op::remove;
  change.table = &table;
  change.key = changes.row({number("42"), absent()});
  changes.add(change);
  CHECK(encode(changes) ==
        R"({"v":1,"op":"delete","source":"shop-pg","db":"shop","schema":"public",)"
        R"("table":"orders","key":{"id":42},)"
        R"("pos":"0/1A2B3C8#1","ts":"2026-11-20T08:00:00.123456Z","tx":{"id":"731"}})"
        "\n");
}

TEST_CASE("a table without a key, a database or a schema leaves these members out") {
  Table table = orders({"id"});
  table.key.clear();
  table.database.clear();
  table.schema.clear();
  Changes changes;
  changes.insert(table, {number("1")});
  CHECK(encode(changes).starts_with(
      R"({"v":1,"op":"insert","source":"shop-pg","table":"orders","after":{"id":1},"pos")"));
}

TEST_CASE("a key of several columns stands in the key's order") {
  Table table = orders({"a", "b", "c"});
  table.key = {2, 0};
  Changes changes;
  changes.insert(table, {number("1"), number("2"), number("3")});
  CHECK(encode(changes).find(R"("key":{"c":3,"a":1},"after":{"a":1,"b":2,"c":3})") !=
        std::string::npos);
}

TEST_CASE("truncate names its options where they are true") {
  const Table table = orders({"id"});
  Changes changes;
  Change change;
  change.op = Op::truncate;
  change.table = &table;
  changes.add(change);
  change.cascade = change.restart_identity = true;
  changes.add(change);
  CHECK(encode(changes) ==
        R"({"v":1,"op":"truncate","source":"shop-pg","db":"shop","schema":"public",)"
        R"("table":"orders",)"
        R"("pos":"0/1A2B3C8#1","ts":"2026-11-20T08:00:00.123456Z","tx":{"id":"731"}})"
        "\n"
        R"({"v":1,"op":"truncate","source":"shop-pg","db":"shop","schema":"public",)"
        R"("table":"orders","cascade":true,"restart_identity":true,)"
        R"("pos":"0/1A2B3C8#2","ts":"2026-11-20T08:00:00.123456Z","tx":{"id":"731"}})"
        "\n");
}

TEST_CASE("begin is ordinal 0, commit carries the resume position and the number of events") {
  Changes changes;
  Change change;
  change.op = Op::begin;
  changes.add(change);
  change.op = Op::commit;
  change.resume = "0/1A2B400";
  change.events = 3;
  changes.add(change);
  CHECK(encode(changes) ==
        R"({"v":1,"op":"begin","source":"shop-pg","pos":"0/1A2B3C8#0",)"
        R"("ts":"2026-11-20T08:00:00.123456Z","tx":{"id":"731"}})"
        "\n"
        R"({"v":1,"op":"commit","source":"shop-pg","events":3,"pos":"0/1A2B400",)"
        R"("ts":"2026-11-20T08:00:00.123456Z","tx":{"id":"731"}})"
        "\n");
}

TEST_CASE("prepare ends the rows of a prepared transaction, and its outcome names it") {
  Changes changes;
  changes.begin("0/1A2B3C8", "731", {}, "pay \"1\"");
  Change change;
  change.op = Op::prepare;
  change.resume = "0/1A2B400";
  change.events = 3;
  changes.add(change);
  change.op = Op::commit_prepared;
  changes.add(change);
  change.op = Op::rollback_prepared;
  changes.add(change);
  const std::string rest =
      R"("pos":"0/1A2B400","ts":"2026-11-20T08:00:00.123456Z","tx":{"id":"731","gid":"pay \"1\""}})"
      "\n";
  CHECK(encode(changes) == R"({"v":1,"op":"prepare","source":"shop-pg","events":3,)" + rest +
                               R"({"v":1,"op":"commit_prepared","source":"shop-pg",)" + rest +
                               R"({"v":1,"op":"rollback_prepared","source":"shop-pg",)" + rest);
}

TEST_CASE("schema lists the visible columns and says where its facts come from") {
  Table table = orders({"id", "secret", "total"});
  table.columns[0] = {"id", "bigint", false, true, true};
  table.columns[1].visible = false;
  table.columns[2] = {"total", "numeric(10,2)", true, false, true};
  table.from_catalog = true;
  Changes changes;
  Change change;
  change.op = Op::schema;
  change.table = &table;
  changes.add(change);
  CHECK(encode(changes) ==
        R"({"v":1,"op":"schema","source":"shop-pg","db":"shop","schema":"public",)"
        R"("table":"orders","columns":[)"
        R"({"name":"id","type":"bigint","nullable":false,"key":true},)"
        R"~({"name":"total","type":"numeric(10,2)","nullable":true,"key":false}],)~"
        R"("catalog":"current",)"
        R"("pos":"0/1A2B3C8#1","ts":"2026-11-20T08:00:00.123456Z","tx":{"id":"731"}})"
        "\n");
}

TEST_CASE("schema leaves out what nobody knows") {
  const Table table = orders({"id"});
  Changes changes;
  Change change;
  change.op = Op::schema;
  change.table = &table;
  changes.add(change);
  CHECK(encode(changes).find(R"("columns":[{"name":"id","key":true}],"pos")") != std::string::npos);
}

TEST_CASE("a message is text, or base64 where it is not UTF-8") {
  const Message readable{"app", "hello \"you\"", true};
  const Message binary{"app", "\xff\x01", false};
  const Message unreadable{"\xff", "", false};
  Changes changes;
  for (const Message* message : {&readable, &binary, &unreadable}) {
    Change change;
    change.op = Op::message;
    change.message = message;
    changes.add(change);
  }
  const std::string tail = R"("ts":"2026-11-20T08:00:00.123456Z","tx":{"id":"731"}})"
                           "\n";
  const std::string head = R"({"v":1,"op":"message","source":"shop-pg","prefix":)";
  CHECK(encode(changes) ==
        head + R"("app","content":"hello \"you\"","transactional":true,"pos":"0/1A2B3C8#1",)" +
            tail + head + R"("app","content":"/wE=","encoding":"base64","transactional":false,)" +
            R"("pos":"0/1A2B3C8#2",)" + tail + head +
            R"("/w==","content":"","transactional":false,"undecodable":["prefix"],)" +
            R"("pos":"0/1A2B3C8#3",)" + tail);
}

TEST_CASE("progress carries position and time and nothing else") {
  Change change;
  change.op = Op::progress;
  change.resume = "0/1A2B500";
  change.time = kCommitTime + 1;
  Changes changes;
  changes.batch().add(change);
  CHECK(encode(changes) == R"({"v":1,"op":"progress","source":"shop-pg","pos":"0/1A2B500",)"
                           R"("ts":"2026-11-20T08:00:00.123457Z"})"
                           "\n");
}

TEST_CASE("a snapshot row stands at the position of its snapshot") {
  const Table table = orders({"id"});
  Changes changes;
  changes.begin("0/1A2B600", "");
  Change change;
  change.op = Op::read;
  change.table = &table;
  change.key = change.after = changes.row({number("1")});
  changes.add(change);
  CHECK(encode(changes) == R"({"v":1,"op":"read","source":"shop-pg","db":"shop","schema":"public",)"
                           R"("table":"orders","key":{"id":1},"after":{"id":1},"pos":"0/1A2B600",)"
                           R"("ts":"2026-11-20T08:00:00.123456Z"})"
                           "\n");
}

TEST_CASE("rows of a snapshot name it, and share what follows the row") {
  const Table table = orders({"id"});
  Changes changes;
  Change change;
  change.op = Op::read;
  change.table = &table;
  change.resume = "0/1A2B600";
  change.snapshot = "20261120T080000Z-0/1A2B600";
  change.time = 1795161600123456;
  change.key = change.after = changes.row({number("1")});
  changes.batch().add(change);
  change.key = change.after = changes.row({number("2")});
  changes.batch().add(change);
  const std::string tail = R"(,"pos":"0/1A2B600","snapshot":"20261120T080000Z-0/1A2B600",)"
                           R"("ts":"2026-11-20T08:00:00.123456Z"})"
                           "\n";
  const std::string head =
      R"({"v":1,"op":"read","source":"shop-pg","db":"shop","schema":"public","table":"orders",)";
  CHECK(encode(changes) == head + R"("key":{"id":1},"after":{"id":1})" + tail + head +
                               R"("key":{"id":2},"after":{"id":2})" + tail);
}

TEST_CASE("each transaction has its own position, time and origin") {
  const Table table = orders({"id"});
  Changes changes;
  changes.insert(table, {number("1")});
  changes.begin("0/2", "732", "node\"a");
  changes.insert(table, {number("2")});
  const std::string out = encode(changes);
  CHECK(out.find(R"("pos":"0/1A2B3C8#1",)") != std::string::npos);
  CHECK(out.find(R"("pos":"0/2#1","ts":"2026-11-20T08:00:00.123456Z",)"
                 R"("tx":{"id":"732","origin":"node\"a"}})"
                 "\n") != std::string::npos);
}

TEST_CASE("a batch reused with another transaction at the same address is not confused") {
  const Table table = orders({"id"});
  NativeEncoder encoder({.source = "s"});
  Transaction transaction{"0/1", "1", "", kCommitTime};
  const Value row = number("1");
  Change change;
  change.table = &table;
  change.transaction = &transaction;
  change.after = &row;
  TextBuffer out;
  encoder.append({&change, 1}, out);
  transaction = {"0/2", "2", "", kCommitTime};
  encoder.append({&change, 1}, out);
  CHECK(out.view().find(R"("pos":"0/2#0")") != std::string::npos);
}

TEST_CASE("times are those of format_utc, before 1970 and across seconds") {
  NativeEncoder encoder({.source = "s"});
  for (const std::int64_t time :
       {kCommitTime, kCommitTime + 900'000, std::int64_t{1}, std::int64_t{-1},
        std::int64_t{-62'135'596'800'000'000}, std::int64_t{-1'000'000}, std::int64_t{999'999}}) {
    Change change;
    change.op = Op::progress;
    change.time = time;
    TextBuffer out;
    encoder.append({&change, 1}, out);
    CHECK(out.view().find("\"ts\":\"" + format_utc(time) + "\"}") != std::string::npos);
  }
}

TEST_CASE("every kind of value has its JSON") {
  CHECK(value_line(number("-1e-07")) == "-1e-07}");
  CHECK(value_line(number("9223372036854775807")) == "9223372036854775807}");
  CHECK(value_line(boolean("true")) == "true}");
  CHECK(value_line(null()) == "null}");
  CHECK(value_line(text("a\"b\\c\nd\x01\xc3\xa4")) == "\"a\\\"b\\\\c\\nd\\u0001\xc3\xa4\"}");
  CHECK(value_line(text("")) == "\"\"}");
  CHECK(value_line(decimal("0.10")) == "\"0.10\"}");
  CHECK(value_line(decimal("0.10"), {.decimal = DecimalStyle::number}) == "0.10}");
  CHECK(value_line(text("NaN"), {.decimal = DecimalStyle::number}) == "\"NaN\"}");
  CHECK(value_line(bytes({"\0\xff", 2})) == "\"AP8=\"}");
  CHECK(value_line(bytes({"\0\xff", 2}), {.binary = BinaryStyle::hex}) == "\"00ff\"}");
  CHECK(value_line(bytes("")) == "\"\"}");
  CHECK(value_line(json("{ \"a\" :\n [1.0, 1e400], \"a\": \" \\n\" }")) ==
        R"({"a":[1.0,1e400],"a":" \n"}})");
}

TEST_CASE("arrays nest and map their elements") {
  Changes changes;
  const Value inner = changes.array({decimal("1.5"), null()});
  CHECK(value_line(changes, changes.array({inner, changes.array({}), text("x")})) ==
        R"([["1.5",null],[],"x"]})");
}

TEST_CASE("what cannot be decoded is base64, whatever --binary says, and listed") {
  CHECK(value_line(undecodable("\xff"), {.binary = BinaryStyle::hex}) ==
        R"("/w=="},"undecodable":["v"])");
  Changes changes;
  const Value inner = changes.array({text("a"), changes.array({undecodable("\xff")})});
  CHECK(value_line(changes, inner) == R"(["a",["/w=="]]},"undecodable":["v"])");
}

TEST_CASE("undecodable follows unchanged and names a column of any image once") {
  const Table table = orders({"id", "a", "b", "c"});
  Changes changes;
  Change change;
  change.op = Op::update;
  change.table = &table;
  change.key = changes.row({undecodable("\xff"), absent(), absent(), absent()});
  change.before = changes.row({undecodable("\xff"), undecodable("\xff"), text("b"), absent()});
  change.after = changes.row({undecodable("\xff"), text("a"), undecodable("\xff"), unchanged()});
  changes.add(change);
  changes.insert(table, {number("1"), text(""), text(""), text("")});
  const std::string out = encode(changes);
  CHECK(out.find(R"(},"unchanged":["c"],"undecodable":["id","a","b"],"pos")") != std::string::npos);
  CHECK(out.rfind("undecodable") < out.find('\n'));
}

TEST_CASE("a projection leaves columns out everywhere but in the key") {
  Table table = orders({"id", "a", "b"});
  table.columns[0].visible = false;
  table.columns[1].visible = false;
  Changes changes;
  Change change;
  change.op = Op::update;
  change.table = &table;
  change.key = changes.row({undecodable("\xff"), absent(), absent()});
  change.before = changes.row({undecodable("\xff"), undecodable("\xff"), text("x")});
  change.after = changes.row({undecodable("\xff"), unchanged(), text("y")});
  changes.add(change);
  CHECK(encode(changes).find(R"("key":{"id":"/w=="},"before":{"b":"x"},"after":{"b":"y"},)"
                             R"("undecodable":["id"],"pos")") != std::string::npos);
}

TEST_CASE("names are escaped") {
  Table table = orders({"i\"d"});
  table.name = "or\\ders";
  Changes changes;
  changes.insert(table, {number("1")});
  CHECK(encode(changes).find(R"("table":"or\\ders","key":{"i\"d":1},"after":{"i\"d":1})") !=
        std::string::npos);
}

TEST_CASE("a new version of a table has its own text") {
  const Table first = orders({"id", "a"});
  const Table second = orders({"id", "b"});
  Changes changes;
  changes.insert(first, {number("1"), number("2")});
  changes.insert(second, {number("1"), number("2")});
  changes.insert(first, {number("1"), number("2")});
  const std::string out = encode(changes);
  CHECK(out.find(R"("after":{"id":1,"b":2})") != std::string::npos);
  CHECK(out.find(R"("after":{"id":1,"a":2})") < out.rfind(R"("after":{"id":1,"a":2})"));
}

TEST_CASE("the text of table versions stays bounded") {
  NativeEncoder encoder({.source = "s"});
  TextBuffer out;
  for (int i = 0; i < 3000; ++i) {
    const Table table = orders({"id"});
    Changes changes;
    changes.insert(table, {number("1")});
    encoder.encode(changes.batch(), out);
    CHECK(encoder.cached_tables() <= 1024);
  }
  CHECK(std::ranges::count(out.view(), '\n') == 3000);
}

TEST_CASE("a row allocates nothing in steady state") {
  const Table orders_table = orders({"id", "status", "total", "blob", "doc"});
  const Table other = orders({"id"});
  Changes changes;
  for (int i = 0; i < 100; ++i) {
    changes.insert(orders_table, {number("42"), text("in \"preparation\""), decimal("9.90"),
                                  bytes("0123456789"), json("{\"a\": [1, 2]}")});
    changes.insert(other, {number("1")});
    changes.begin(i % 2 == 0 ? "0/1A2B3C8" : "FFFFFFFF/FFFFFFF8", "731");
  }
  NativeEncoder encoder({.source = "shop-pg"});
  TextBuffer out;
  encoder.encode(changes.batch(), out);
  out.clear();
  const std::uint64_t before = allocations;
  encoder.encode(changes.batch(), out);
  CHECK(allocations - before == 0);
  CHECK(std::ranges::count(out.view(), '\n') == 200);
}

TEST_CASE("jq -c of every line equals the line") {
  if (std::system("command -v jq >/dev/null 2>&1") != 0) {
    MESSAGE("skipped: jq is not installed");
    return;
  }
  const Table table = orders({"id", "a", "b"});
  Changes changes;
  changes.insert(table, {number("1"), text("\"\\\n\xc3\xa4"), json("{\"x\": [1, {}]}")});
  changes.insert(table, {number("2"), changes.array({null(), text("z")}), undecodable("\xff")});
  Change change;
  change.op = Op::schema;
  change.table = &table;
  changes.add(change);
  const std::string lines = encode(changes);
  const std::string pretty = [&] {
    TextBuffer out;
    make_encoder({.source = "shop-pg", .layout = Layout::pretty})->encode(changes.batch(), out);
    return std::string(out.view());
  }();

  const ScratchDirectory scratch;
  std::ofstream(scratch / "lines") << lines;
  const std::string run = "cd " + scratch.path() + " && jq -c . lines >compact && jq . lines >long";
  REQUIRE(std::system(run.c_str()) == 0);
  CHECK(content_of(scratch / "compact") == lines);
  CHECK(content_of(scratch / "long") == pretty);
}

}  // namespace
}  // namespace cdc::ndjson
