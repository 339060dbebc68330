#include "libcdc/sinks/ndjson/debezium_encoder.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>

#include "tests/libcdc/sinks/ndjson/rows.hpp"

namespace cdc::ndjson {
namespace {

using namespace cdc::test;

constexpr std::int64_t kNow = 1'800'000'000'123'456;
constexpr std::string_view kStamp =
    R"("ts_ms":1800000000123,"ts_us":1800000000123456,"ts_ns":1800000000123456000)";

EncoderOptions options(DebeziumOptions debezium = {}) {
  EncoderOptions all;
  all.source = "shop-pg";
  all.format = Format::debezium;
  all.debezium = debezium;
  all.version = "1.0";
  all.now = [] { return kNow; };
  return all;
}

std::string encode(Changes& changes, DebeziumOptions debezium = {}) {
  TextBuffer out;
  make_encoder(options(debezium))->encode(changes.batch(), out);
  return std::string(out.view());
}

/// The source block of a change of transaction 731, which committed at 0/1A2B3C8 = 27440072.
std::string source(std::string_view lsn = "27440016") {
  return R"("source":{"version":"1.0","connector":"postgresql","name":"shop-pg",)"
         R"("ts_ms":1795161600123,"snapshot":"false","db":"shop",)"
         R"("sequence":"[\"27440072\",\")" +
         std::string(lsn) +
         R"(\"]","ts_us":1795161600123456,"ts_ns":1795161600123456000,)"
         R"("schema":"public","table":"orders","txId":731,"lsn":)" +
         std::string(lsn) + R"(,"xmin":null})";
}

std::string record(std::string_view before, std::string_view after, std::string_view op,
                   std::string_view transaction = "null") {
  return R"({"before":)" + std::string(before) + R"(,"after":)" + std::string(after) + "," +
         source() + R"(,"transaction":)" + std::string(transaction) + R"(,"op":")" +
         std::string(op) + R"(",)" + std::string(kStamp) + "}";
}

Change at(Op op, const Table& table) {
  Change change;
  change.op = op;
  change.table = &table;
  change.lsn = 27440016;
  return change;
}

TEST_CASE("an insert is the envelope, field by field") {
  const Table table = orders({"id", "status"});
  Changes changes;
  Change change = at(Op::insert, table);
  change.key = change.after = changes.row({number("42"), text("new")});
  changes.add(change);
  CHECK(encode(changes) == record("null", R"({"id":42,"status":"new"})", "c") + "\n");
}

TEST_CASE("a change of a binlog has its place there, and a GTID where there is one") {
  Table table = orders({"id"});
  table.schema.clear();
  Transaction transaction;
  transaction.position = "binlog.000001:343";
  transaction.commit_time = 1'795'161'600'123'456;
  const auto line = [&](const char* id) {
    transaction.id = id;
    Changes changes;
    Change change = at(Op::insert, table);
    change.transaction = &transaction;
    change.ordinal = 2;
    change.key = change.after = changes.row({number("42")});
    EncoderOptions binlog = options();
    binlog.connector = "mysql";
    TextBuffer out;
    make_encoder(binlog)->append(std::span(&change, 1), out);
    return std::string(out.view());
  };
  const std::string head =
      R"("source":{"version":"1.0","connector":"mysql","name":"shop-pg","ts_ms":1795161600123,)"
      R"("snapshot":"false","db":"shop","sequence":null,"ts_us":1795161600123456,)"
      R"("ts_ns":1795161600123456000,"table":"orders","server_id":null,"gtid":)";
  const std::string tail =
      R"(,"file":"binlog.000001","pos":343,"row":1,"thread":null,"query":null})";
  CHECK(line("3e11:7").find(head + R"("3e11:7")" + tail) != std::string::npos);
  CHECK(line("binlog.000001:343").find(head + "null" + tail) != std::string::npos);
}

TEST_CASE("an update has the old row only under a full identity") {
  const Table table = orders({"id", "status"});
  Changes changes;
  Change change = at(Op::update, table);
  change.key = change.after = changes.row({number("42"), unchanged()});
  changes.add(change);
  change.before = change.key = changes.row({number("42"), text("new")});
  change.after = changes.row({number("42"), text("paid")});
  changes.add(change);
  CHECK(encode(changes) ==
        record("null", R"({"id":42,"status":"__debezium_unavailable_value"})", "u") + "\n" +
            record(R"({"id":42,"status":"new"})", R"({"id":42,"status":"paid"})", "u") + "\n");
}

TEST_CASE("an update of the key is a delete and a create") {
  const Table table = orders({"id", "status"});
  Changes changes;
  Change change = at(Op::update, table);
  change.key = changes.row({number("42"), absent()});
  change.after = changes.row({number("43"), text("new")});
  changes.add(change);
  CHECK(encode(changes) == record(R"({"id":42})", "null", "d") + "\n" +
                               record("null", R"({"id":43,"status":"new"})", "c") + "\n");
}

TEST_CASE("key and tombstone by flag") {
  const Table table = orders({"id", "status"});
  Changes changes;
  Change change = at(Op::remove, table);
  change.key = changes.row({number("42"), absent()});
  changes.add(change);
  const std::string key = R"({"key":{"id":42},"value":)";
  const std::string value = record(R"({"id":42})", "null", "d");
  CHECK(encode(changes) == value + "\n");
  CHECK(encode(changes, {.key = true}) == key + value + "}\n");
  CHECK(encode(changes, {.key = true, .tombstones = true}) ==
        key + value + "}\n" + key + "null}\n");
}

TEST_CASE("a truncate has neither row nor key, a table without key has the key null") {
  Table table = orders({"id"});
  Changes changes;
  changes.add(at(Op::truncate, table));
  CHECK(encode(changes) == record("null", "null", "t") + "\n");
  CHECK(encode(changes, {.key = true}) ==
        R"({"key":null,"value":)" + record("null", "null", "t") + "}\n");
}

TEST_CASE("a snapshot row says so, and takes its place from the snapshot") {
  const Table table = orders({"id"});
  Changes changes;
  Change change;
  change.op = Op::read;
  change.table = &table;
  change.key = change.after = changes.row({number("42")});
  change.resume = "0/1A2B3C8";
  changes.batch().add(change);
  const std::string line = encode(changes);
  CHECK(line.find(R"("snapshot":"true","db":"shop","sequence":"[\"27440072\",\"27440072\"]")") !=
        std::string::npos);
  CHECK(line.find(R"("txId":null,"lsn":27440072)") != std::string::npos);
  CHECK(line.find(R"("source":{"version":"1.0","connector":"postgresql","name":"shop-pg",)"
                  R"("ts_ms":1800000000123)") != std::string::npos);
  CHECK(line.find(R"("op":"r")") != std::string::npos);
}

TEST_CASE("a message has prefix and base64 content") {
  const Message message{"foo", "bar", true, "shop"};
  Changes changes;
  Change change;
  change.op = Op::message;
  change.message = &message;
  change.lsn = 27440016;
  changes.add(change);
  const std::string line = encode(changes, {.key = true});
  CHECK(line.starts_with(R"({"key":{"prefix":"foo"},"value":{"source":{)"));
  CHECK(line.find(R"("db":"shop")") != std::string::npos);
  CHECK(line.find(R"("schema":"","table":"","txId":731,"lsn":27440016)") != std::string::npos);
  CHECK(line.ends_with(R"("op":"m",)" + std::string(kStamp) +
                       R"(,"message":{"prefix":"foo","content":"YmFy"}}})"
                       "\n"));
}

TEST_CASE("the transaction block counts over batches, and its records frame it") {
  const Table table = orders({"id"});
  const auto encoder = make_encoder(options({.transaction = true}));
  TextBuffer out;
  for (int batch = 0; batch < 2; ++batch) {
    Changes changes;
    Change change = at(Op::begin, table);
    change.table = nullptr;
    if (batch == 0) changes.add(change);
    change = at(Op::insert, table);
    change.key = change.after = changes.row({number("42")});
    changes.add(change);
    change = at(Op::commit, table);
    if (batch == 1) changes.add(change);
    encoder->encode(changes.batch(), out);
  }
  const auto block = [](int n) {
    return R"({"id":"731:27440072","total_order":)" + std::to_string(n) +
           R"(,"data_collection_order":)" + std::to_string(n) + "}";
  };
  CHECK(out.view() ==
        R"({"status":"BEGIN","id":"731:27440072","ts_ms":1795161600123,"event_count":null,)"
        R"("data_collections":null})"
        "\n" +
            record("null", R"({"id":42})", "c", block(1)) + "\n" +
            record("null", R"({"id":42})", "c", block(2)) + "\n" +
            R"({"status":"END","id":"731:27440072","ts_ms":1795161600123,"event_count":2,)"
            R"("data_collections":[{"data_collection":"public.orders","event_count":2}]})"
            "\n");
}

}  // namespace
}  // namespace cdc::ndjson
