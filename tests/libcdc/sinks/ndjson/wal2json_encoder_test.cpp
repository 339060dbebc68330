#include "libcdc/sinks/ndjson/wal2json_encoder.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/libcdc/sinks/ndjson/rows.hpp"

namespace cdc::ndjson {
namespace {

using namespace cdc::test;

std::string encode(Changes& changes) {
  TextBuffer out;
  make_encoder({.format = Format::wal2json})->encode(changes.batch(), out);
  return std::string(out.view());
}

Table typed_orders() {
  Table table = orders({"id", "total", "note"});
  table.columns[0].type = "bigint";
  table.columns[1].type = "numeric(10,2)";
  table.columns[2].type = "\"char\"";
  return table;
}

TEST_CASE("an insert names type and value of each column") {
  const Table table = typed_orders();
  Changes changes;
  changes.insert(table, {number("42"), decimal("9.90"), text("a\"\n")});
  CHECK(encode(changes) == R"({"action":"I","schema":"public","table":"orders","columns":[)"
                           R"({"name":"id","type":"bigint","value":42},)"
                           R"~({"name":"total","type":"numeric(10,2)","value":9.90},)~"
                           R"({"name":"note","type":"char","value":"a\"\n"}]})"
                           "\n");
}

TEST_CASE("an update shows the old key, and leaves out what was not sent") {
  const Table table = typed_orders();
  Changes changes;
  Change change;
  change.op = Op::update;
  change.table = &table;
  change.key = changes.row({number("42"), absent(), absent()});
  change.after = changes.row({number("43"), null(), unchanged()});
  changes.add(change);
  CHECK(encode(changes) == R"({"action":"U","schema":"public","table":"orders","columns":[)"
                           R"({"name":"id","type":"bigint","value":43},)"
                           R"~({"name":"total","type":"numeric(10,2)","value":null}],)~"
                           R"("identity":[{"name":"id","type":"bigint","value":42}]})"
                           "\n");
}

TEST_CASE("under a full identity the whole old row is the identity") {
  const Table table = typed_orders();
  Changes changes;
  Change change;
  change.op = Op::remove;
  change.table = &table;
  change.key = change.before = changes.row({number("42"), null(), text("x")});
  changes.add(change);
  CHECK(encode(changes) == R"({"action":"D","schema":"public","table":"orders","identity":[)"
                           R"({"name":"id","type":"bigint","value":42},)"
                           R"~({"name":"total","type":"numeric(10,2)","value":null},)~"
                           R"({"name":"note","type":"char","value":"x"}]})"
                           "\n");
}

TEST_CASE("a projection hides columns, but none of the identity's key") {
  Table table = typed_orders();
  table.columns[0].visible = false;
  Changes changes;
  Change change;
  change.op = Op::update;
  change.table = &table;
  change.key = change.after = changes.row({number("42"), null(), unchanged()});
  changes.add(change);
  const std::string line = encode(changes);
  CHECK(line.find(R"("columns":[{"name":"total")") != std::string::npos);
  CHECK(line.find(R"("identity":[{"name":"id","type":"bigint","value":42}])") != std::string::npos);
}

TEST_CASE("begin, commit, truncate and messages") {
  const Table table = typed_orders();
  const Message readable{"app", "deployed", true};
  const Message bytes{"app", "\xff\x01", false};
  Changes changes;
  Change change;
  for (const Op op : {Op::begin, Op::truncate, Op::message, Op::message, Op::commit}) {
    change.op = op;
    change.table = op == Op::truncate ? &table : nullptr;
    change.message = changes.batch().changes().size() == 2 ? &readable : &bytes;
    changes.add(change);
  }
  CHECK(encode(changes) ==
        "{\"action\":\"B\"}\n"
        "{\"action\":\"T\",\"schema\":\"public\",\"table\":\"orders\"}\n"
        R"({"action":"M","transactional":true,"prefix":"app","content":"deployed"})"
        "\n"
        R"({"action":"M","transactional":false,"prefix":"app","content":"/wE=",)"
        R"("encoding":"base64"})"
        "\n"
        "{\"action\":\"C\"}\n");
}

TEST_CASE("bytes are hex, a type that nobody knows is left out") {
  const Table table = orders({"id", "v"});
  Changes changes;
  changes.insert(table, {number("1"), bytes(std::string_view("\xca\xfe", 2))});
  CHECK(encode(changes).find(R"({"name":"v","value":"cafe"})") != std::string::npos);
}

TEST_CASE("types of the user: their quotes as the plugin writes them, where that is JSON") {
  const auto type_of = [](const char* name) {
    Table table = orders({"v"});
    table.columns[0].type = name;
    Changes changes;
    changes.insert(table, {text("x")});
    const std::string line = encode(changes);
    const std::size_t begin = line.find(R"("type":)") + 7;
    return line.substr(begin, line.find(R"(,"value")") - begin);
  };
  CHECK(type_of(R"("Mood")") == R"("Mood")");
  CHECK(type_of(R"("App"."Mood")") == R"("\"App\".\"Mood\"")");
  CHECK(type_of(R"("a""b")") == R"("\"a\"\"b\"")");
  CHECK(type_of(R"("c\d")") == R"("\"c\\d\"")");
  CHECK(type_of("\"e\nf\"") == R"("\"e\nf\"")");
  CHECK(type_of(R"(")") == R"("\"")");
  CHECK(type_of(R"("Mood"[])") == R"("\"Mood\"[]")");
  CHECK(type_of("public.mood[]") == R"("public.mood[]")");
}

}  // namespace
}  // namespace cdc::ndjson
