#include "libcdc/sinks/ndjson/sink.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "libcdc/sinks/ndjson/file_output.hpp"
#include "tests/libcdc/sinks/ndjson/rows.hpp"
#include "tests/libcdc/sinks/ndjson/scratch.hpp"

namespace cdc::ndjson {
namespace {

using namespace cdc::test;
using namespace std::chrono_literals;
using nlohmann::json;

NdjsonSink file_sink(const std::string& path, const json& remembered = json::object()) {
  auto encoder = make_encoder({.source = "s"});
  const std::string_view end = encoder->record_end();
  return {std::move(encoder),
          std::make_unique<FileOutput>(FileOutputOptions{path}, end, remembered, Log())};
}

/// One whole transaction that ends at 0/2, and the first row of the next one.
void fill(Changes& changes, const Table& table) {
  changes.begin("0/1", "1");
  changes.insert(table, {number("1")});
  changes.insert(table, {number("2")});
  changes.batch().mark("0/2", kCommitTime);
  changes.begin("0/3", "2");
  changes.insert(table, {number("3")});
}

TEST_CASE("put encodes into memory, drain moves it out") {
  const ScratchDirectory scratch;
  const Table table = orders({"id"});
  Changes changes;
  fill(changes, table);
  NdjsonSink sink = file_sink(scratch / "out");
  sink.put(changes.batch());
  TextBuffer expected;
  make_encoder({.source = "s"})->encode(changes.batch(), expected);
  CHECK(sink.pending() == expected.size());
  CHECK(content_of(scratch / "out").empty());
  CHECK(sink.drain(1s));
  CHECK(sink.pending() == 0);
  CHECK(sink.bytes_written() == expected.size());
  CHECK(content_of(scratch / "out") == expected.view());
  CHECK_FALSE(sink.closed());
  CHECK(sink.watch_fd() == -1);
}

TEST_CASE("a boundary in the middle of a batch is remembered with the size up to it") {
  const ScratchDirectory scratch;
  const Table table = orders({"id"});
  Changes changes;
  fill(changes, table);
  json remembered;
  {
    NdjsonSink sink = file_sink(scratch / "out");
    sink.put(changes.batch());
    sink.drain(1s);
    sink.sync();
    remembered = sink.remembered({"0/2", {}});
    CHECK(sink.remembered({"0/2", {}}) == remembered);
    CHECK(sink.remembered({"0/2", ChangePosition{"0/3", 1}})["size"] == sink.bytes_written());
  }
  NdjsonSink again = file_sink(scratch / "out", remembered);
  const std::string content = content_of(scratch / "out");
  CHECK(content.ends_with("\n"));
  CHECK(content.find("\"pos\":\"0/1#2\"") != std::string::npos);
  CHECK(content.find("\"pos\":\"0/3#1\"") == std::string::npos);
}

TEST_CASE("a position that no batch ended with never remembers less than was written") {
  const ScratchDirectory scratch;
  const Table table = orders({"id"});
  Changes changes;
  fill(changes, table);
  NdjsonSink sink = file_sink(scratch / "out");
  sink.put(changes.batch());
  sink.drain(1s);
  CHECK(sink.remembered({"0/9", {}})["size"] == sink.bytes_written());
}

TEST_CASE("what was not taken yet is not remembered") {
  const ScratchDirectory scratch;
  const Table table = orders({"id"});
  Changes changes;
  fill(changes, table);
  NdjsonSink sink = file_sink(scratch / "out");
  sink.put(changes.batch());
  CHECK(sink.remembered({"0/2", {}})["size"] == 0);
}

TEST_CASE("a batch of boundaries alone marks the place where it came") {
  const ScratchDirectory scratch;
  const Table table = orders({"id"});
  Changes changes;
  fill(changes, table);
  NdjsonSink sink = file_sink(scratch / "out");
  Batch idle;
  idle.mark("0/0", 0);
  sink.put(idle);
  sink.put(changes.batch());
  sink.drain(1s);
  CHECK(sink.remembered({"0/0", {}})["size"] == 0);
}

TEST_CASE("reopen reaches the file") {
  const ScratchDirectory scratch;
  const Table table = orders({"id"});
  Changes changes;
  fill(changes, table);
  NdjsonSink sink = file_sink(scratch / "out");
  std::filesystem::rename(scratch / "out", scratch / "out.1");
  sink.reopen();
  sink.put(changes.batch());
  sink.drain(1s);
  CHECK(content_of(scratch / "out.1").empty());
  CHECK_FALSE(content_of(scratch / "out").empty());
}

}  // namespace
}  // namespace cdc::ndjson
