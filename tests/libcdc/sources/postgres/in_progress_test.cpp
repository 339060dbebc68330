#include "libcdc/sources/postgres/in_progress.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "libcdc/base/error.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"
#include "tests/libcdc/sources/postgres/messages.hpp"

using namespace cdc;
using namespace cdc::postgres;

namespace {

constexpr std::uint32_t kOrders = 16384;
constexpr std::int64_t kMinute = 60'000'000;

struct EmptyCatalog : Catalog {
  std::optional<CatalogTable> table(std::uint32_t) override { return std::nullopt; }
  std::optional<ArrayType> array(std::uint32_t) override { return std::nullopt; }
};

/// What the source does with messages, and the lines that come of them.
struct Stream {
  explicit Stream(TwoPhase two_phase = TwoPhase::at_commit, std::size_t memory = 1 << 20)
      : in_progress(builder, {memory, "/tmp"}, two_phase) {
    start({"0/1", std::nullopt});
  }

  void start(const ResumePoint& after, Lsn delivered = 0) {
    builder.restart(after, "shop", encoding);
    builder.leave_out_before(delivered);
    in_progress.restart(delivered);
  }

  /// Message by message the place in the log moves on by one.
  void add(const std::string& message) {
    ++lsn;
    if (in_progress.concerns(message)) {
      in_progress.take(message, lsn, batch);
    } else {
      builder.at(lsn);
      char* bytes = batch.arena().allocate(message.size());
      std::memcpy(bytes, message.data(), message.size());
      builder.add(bytes, message.size(), batch);
    }
    finish_replay();
  }
  void add(std::initializer_list<std::string> messages) {
    for (const std::string& message : messages) add(message);
  }
  /// A batch for every held message: transactions may be cut anywhere.
  void finish_replay() {
    while (in_progress.replaying()) {
      in_progress.replay(batch);
      write();
    }
    write();
  }
  void write() {
    builder.leave_batch();
    encoder->encode(batch, lines);
    for (const Boundary& boundary : batch.boundaries()) boundaries.emplace_back(boundary.resume);
    for (const Change& change : batch.changes()) {
      std::string place(name(change.op));
      if (change.transaction != nullptr) {
        place +=
            " " + std::string(change.transaction->position) + "#" + std::to_string(change.ordinal);
      }
      places.push_back(place);
      lsns.push_back(change.lsn);
    }
    batch.reset();
  }
  std::string text() const { return std::string(lines.view()); }

  Selection selection;
  EmptyCatalog catalog;
  TextEncoding encoding{"UTF8"};
  ChangeBuilder builder{selection, catalog};
  InProgress in_progress;
  Batch batch;
  std::unique_ptr<ndjson::Encoder> encoder = ndjson::make_encoder({});
  TextBuffer lines;
  std::vector<std::string> boundaries;
  std::vector<std::string> places;
  std::vector<Lsn> lsns;  ///< of these
  Lsn lsn = 0;
};

std::string file(const std::string& name) {
  std::ifstream in(std::string(CDC_TEST_DATA) + "/postgres/pgoutput/" + name + ".ndjson");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string lines_of(const std::string& name, TwoPhase two_phase, std::size_t memory) {
  Stream stream(two_phase, memory);
  for (const std::string& message : wire::captured(name)) stream.add(message);
  CHECK(stream.in_progress.stats().transactions == 0);
  CHECK(stream.in_progress.stats().memory == 0);
  return stream.text();
}

std::string start(std::uint32_t xid, bool first = true) {
  return "S" + wire::number(xid, 4) + wire::number(first ? 1 : 0, 1);
}
const std::string kStop = "E";

std::string stream_commit(std::uint32_t xid, Lsn commit, Lsn end) {
  return "c" + wire::number(xid, 4) + wire::number(0, 1) + wire::number(commit, 8) +
         wire::number(end, 8) + wire::number(0, 8);
}
std::string abort_of(std::uint32_t xid, std::uint32_t subxid) {
  return "A" + wire::number(xid, 4) + wire::number(subxid, 4);
}
/// The message as it is inside a block.
std::string in(std::uint32_t xid, const std::string& message) {
  return message.substr(0, 1) + wire::number(xid, 4) + message.substr(1);
}
std::string facts(Lsn prepare, Lsn end, std::uint32_t xid, std::string_view gid) {
  return wire::number(prepare, 8) + wire::number(end, 8) + wire::number(0, 8) +
         wire::number(xid, 4) + wire::text(gid);
}
std::string begin_prepare(Lsn prepare, Lsn end, std::uint32_t xid) {
  return "b" + facts(prepare, end, xid, "g");
}
std::string prepare(Lsn prepare, Lsn end, std::uint32_t xid) {
  return "P" + wire::number(0, 1) + facts(prepare, end, xid, "g");
}
std::string commit_prepared(Lsn commit, Lsn end, std::uint32_t xid) {
  return "K" + wire::number(0, 1) + facts(commit, end, xid, "g");
}
std::string rollback_prepared(Lsn prepare_end, Lsn end, std::uint32_t xid) {
  return "r" + wire::number(0, 1) + wire::number(prepare_end, 8) + wire::number(end, 8) +
         wire::number(0, 8) + wire::number(0, 8) + wire::number(xid, 4) + wire::text("g");
}

std::string orders(std::string_view name = "orders") {
  return wire::relation(kOrders, name, 'd', {{"id", 23, true}});
}
std::string row(const char* id) {
  return wire::insert(kOrders, {id});
}

Fault fault_of(Stream& stream, const std::string& message) {
  try {
    stream.add(message);
  } catch (const Error& error) {
    return error.fault();
  }
  return Fault::internal;
}

}  // namespace

TEST_CASE("captured: what came before it committed gives the bytes that protocol 1 gives") {
  for (const char* name : {"streamed", "parallel"}) {
    for (const std::size_t memory : {std::size_t{0}, std::size_t{20000}, std::size_t{1} << 20}) {
      CAPTURE(name);
      CAPTURE(memory);
      const std::string found = lines_of(name, TwoPhase::at_commit, memory);
      CHECK(found == file(std::string(name) + "_v1"));
    }
  }
}

TEST_CASE("captured: prepared transactions, at their commit and at their prepare") {
  for (const char* name : {"prepared", "prepared_streamed"}) {
    for (const std::size_t memory : {std::size_t{0}, std::size_t{1} << 20}) {
      CAPTURE(name);
      CHECK(lines_of(name, TwoPhase::at_commit, memory) == file(std::string(name) + ".at_commit"));
      CHECK(lines_of(name, TwoPhase::at_prepare, memory) ==
            file(std::string(name) + ".at_prepare"));
    }
  }
}

TEST_CASE("interleaved transactions come in the order of their commits, nothing before") {
  Stream stream;
  stream.add({start(7), in(7, orders()), in(7, row("1")), kStop});
  stream.add({start(8), in(8, orders()), in(8, row("2")), kStop});
  stream.add({start(7, false), in(7, row("3")), kStop});
  CHECK(stream.text().empty());
  CHECK(stream.in_progress.stats().transactions == 2);
  stream.add(stream_commit(8, 100, 110));
  stream.add(stream_commit(7, 200, 210));
  CHECK(stream.places == std::vector<std::string>{"begin 0/64#0", "schema 0/64#0", "insert 0/64#1",
                                                  "commit 0/64#1", "begin 0/C8#0", "insert 0/C8#1",
                                                  "insert 0/C8#2", "commit 0/C8#2"});
  CHECK(stream.boundaries == std::vector<std::string>{"0/6E", "0/D2"});
}

TEST_CASE("every change has the place of its own message, however long that was held") {
  for (const std::size_t memory : {std::size_t{0}, std::size_t{1} << 20}) {
    CAPTURE(memory);
    Stream stream(TwoPhase::at_commit, memory);
    stream.add({start(7), in(7, orders()), in(7, row("1")), kStop});           // 1 to 4
    stream.add({wire::begin(50), orders(), row("2"), wire::commit(50, 60)});   // 5 to 8
    stream.add({start(7, false), in(7, row("3")), kStop});                     // 9 to 11
    stream.add(stream_commit(7, 100, 110));                                    // 12
    stream.add({begin_prepare(120, 125, 8), row("4"), prepare(120, 125, 8)});  // 13 to 15
    stream.add({wire::begin(130), row("5"), wire::commit(130, 135)});          // 16 to 18
    stream.add(commit_prepared(140, 145, 8));                                  // 19
    // begin and schema have that of the row which they stand before.
    CHECK(stream.lsns == std::vector<Lsn>{7, 7, 7, 8, 3, 3, 10, 12, 17, 17, 18, 14, 14, 19});
  }
  Stream at_prepare(TwoPhase::at_prepare);
  at_prepare.add({begin_prepare(50, 55, 7), orders(), row("1"), prepare(50, 55, 7)});
  at_prepare.add(commit_prepared(60, 65, 7));
  CHECK(at_prepare.lsns == std::vector<Lsn>{3, 3, 3, 4, 5});
}

TEST_CASE("subtransactions that were aborted are left out, their relations too") {
  Stream stream;
  stream.add({start(7), in(7, orders()), in(7, row("1")), in(8, row("2")), in(9, row("3")),
              in(10, row("4")), in(8, row("5")), kStop});
  stream.add({abort_of(7, 10), abort_of(7, 8)});
  stream.add(
      {start(7, false), in(11, orders("renamed")), in(11, row("6")), kStop, abort_of(7, 11)});
  stream.add(stream_commit(7, 100, 110));
  CHECK(stream.text().find("renamed") == std::string::npos);
  CHECK(stream.places == std::vector<std::string>{"begin 0/64#0", "schema 0/64#0", "insert 0/64#1",
                                                  "insert 0/64#2", "commit 0/64#2"});
}

TEST_CASE("a transaction that was aborted is gone, and its memory too") {
  Stream stream;
  stream.add({start(7), in(7, orders()), in(7, row("1")), kStop});
  CHECK(stream.in_progress.stats().memory > 0);
  stream.add("A" + wire::number(7, 4) + wire::number(7, 4) + wire::number(500, 8) +
             wire::number(0, 8));
  CHECK(stream.in_progress.stats().transactions == 0);
  CHECK(stream.in_progress.stats().memory == 0);
  // Of one that aborts before anything of it was sent there is nothing to forget.
  stream.add(abort_of(9, 9));
  CHECK(stream.text().empty());
}

TEST_CASE("memory is bounded: the largest goes to a file") {
  Stream stream(TwoPhase::at_commit, 100000);
  stream.add({start(8), in(8, orders()), in(8, row("1")), kStop, start(7), in(7, orders())});
  for (int i = 0; i < 20000; ++i) {
    stream.add(in(7, row("123456789")));
    REQUIRE(stream.in_progress.stats().memory <= 100000);
  }
  CHECK(stream.in_progress.stats().spilled > 500000);
  stream.add({kStop, stream_commit(7, 100, 110)});
  CHECK(stream.places.size() == 20003);
  CHECK(stream.in_progress.stats().spilled == 0);
  CHECK(stream.in_progress.stats().transactions == 1);
}

TEST_CASE("what is remembered of aborted subtransactions counts") {
  Stream stream(TwoPhase::at_commit, 100000);
  stream.add({start(7), in(7, orders()), in(7, row("1")), kStop});
  const std::size_t before = stream.in_progress.stats().memory;
  for (std::uint32_t i = 0; i < 5000; ++i) stream.add(abort_of(7, 100 + i));
  CHECK(stream.in_progress.stats().memory >= before + 20000);
  stream.add(start(7, false));
  for (int i = 0; i < 10000; ++i) {
    stream.add(in(7, row("123456789")));
    REQUIRE(stream.in_progress.stats().memory <= 100000);
  }
  stream.add({kStop, abort_of(7, 7)});
  CHECK(stream.in_progress.stats().memory == 0);
}

TEST_CASE("more aborted subtransactions than memory leave room for messages") {
  Stream stream(TwoPhase::at_commit, 20000);
  stream.add({start(7), in(7, orders()), kStop});
  for (std::uint32_t i = 0; i < 50000; ++i) stream.add(abort_of(7, 100 + i));
  stream.add({start(7, false), in(7, row("1")), in(7, row("2")), kStop});
  CHECK(stream.in_progress.stats().spilled == 0);
  stream.add(stream_commit(7, 100, 110));
  CHECK(stream.places.size() == 5);
  CHECK(stream.in_progress.stats().memory == 0);
}

TEST_CASE("a relation that came later stands behind a transaction that held an older one") {
  Stream stream;
  stream.add({start(7), in(7, orders("before")), in(7, row("1")), kStop});
  stream.add({wire::begin(50), orders("after"), row("2"), wire::commit(50, 60)});
  stream.add(stream_commit(7, 100, 110));
  // The server takes what it sent last for known.
  stream.add({wire::begin(150), row("3"), wire::commit(150, 160)});
  std::string tables;
  std::istringstream lines(stream.text());
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"op\":\"insert\"") == std::string::npos) continue;
    tables += line.find("\"before\"") != std::string::npos ? "before " : "after ";
  }
  CHECK(tables == "after before after ");
}

TEST_CASE("who was told an older version of a table is told the newer one again") {
  Stream stream;
  stream.add({start(7), in(7, orders("before")), in(7, row("1")), in(7, orders("after")),
              in(7, row("2")), kStop});
  stream.add({start(8), in(8, orders("before")), in(8, row("3")), kStop});
  stream.add({wire::begin(50), orders("after"), row("4"), wire::commit(50, 60)});
  stream.add(stream_commit(8, 100, 110));
  stream.add({wire::begin(150), row("5"), wire::commit(150, 160)});
  stream.add(stream_commit(7, 200, 210));
  stream.add({wire::begin(250), row("6"), wire::commit(250, 260)});
  std::string rows;
  for (const std::string& place : stream.places) {
    if (place.starts_with("schema")) rows += "s";
    if (place.starts_with("insert")) rows += place.substr(7) + " ";
  }
  CHECK(rows == "s0/32#1 s0/64#1 s0/96#1 s0/C8#1 s0/C8#2 0/FA#1 ");
}

TEST_CASE("a relation of a transaction in progress is known to others only behind its commit") {
  Stream stream;
  stream.add({start(7), in(7, orders()), in(7, row("1")), kStop, wire::begin(50)});
  CHECK(fault_of(stream, row("2")) == Fault::protocol);
}

TEST_CASE("a relation of a prepared transaction is known to others at once") {
  Stream stream;
  stream.add({begin_prepare(50, 55, 7), orders(), row("1"), prepare(50, 55, 7)});
  stream.add({wire::begin(60), row("2"), wire::commit(60, 65)});
  CHECK(stream.places == std::vector<std::string>{"begin 0/3C#0", "schema 0/3C#0", "insert 0/3C#1",
                                                  "commit 0/3C#1"});
}

TEST_CASE("replay goes on behind a change that was delivered") {
  Stream stream;
  stream.start({"0/32", ChangePosition{"0/64", 2}});
  stream.add({start(7), in(7, orders()), in(7, row("1")), in(7, row("2")), in(7, row("3")), kStop});
  stream.add(stream_commit(7, 100, 110));
  CHECK(stream.places ==
        std::vector<std::string>{"schema 0/64#2", "insert 0/64#3", "commit 0/64#3"});
}

TEST_CASE("a prepared transaction is held until it commits, and the server may not forget it") {
  Stream stream;
  stream.add({begin_prepare(50, 55, 7), orders(), row("1"), prepare(50, 55, 7)});
  CHECK(stream.text().empty());
  CHECK(stream.in_progress.acknowledgeable(40) == 40);
  CHECK(stream.in_progress.acknowledgeable(50) == 50);
  stream.add({wire::begin(60), orders(), row("2"), wire::commit(60, 65)});
  CHECK(stream.in_progress.acknowledgeable(65) == 50);
  stream.add(commit_prepared(100, 110, 7));
  // It is out, but nobody has remembered it yet.
  CHECK(stream.in_progress.acknowledgeable(65) == 50);
  CHECK(stream.in_progress.acknowledgeable(109) == 50);
  CHECK(stream.in_progress.acknowledgeable(110) == 110);
  CHECK(stream.in_progress.acknowledgeable(120) == 120);
  CHECK(stream.boundaries == std::vector<std::string>{"0/41", "0/6E"});
  CHECK(stream.places.back() == "commit 0/64#1");
}

TEST_CASE("a prepared transaction that is rolled back holds nothing any more") {
  Stream stream;
  stream.add({begin_prepare(50, 55, 7), orders(), row("1"), prepare(50, 55, 7)});
  stream.add(rollback_prepared(55, 80, 7));
  CHECK(stream.in_progress.acknowledgeable(90) == 90);
  CHECK(stream.in_progress.stats().transactions == 0);
  CHECK(stream.text().empty());
}

TEST_CASE("what was delivered before a restart comes again, and is left out") {
  Stream stream;
  // The slot stands at 50, for the transaction that is prepared; all before 110 was delivered.
  stream.start({"0/6E", std::nullopt}, 110);
  stream.add({begin_prepare(50, 55, 7), orders(), row("1"), prepare(50, 55, 7)});
  stream.add({wire::begin(60), row("2"), wire::commit(60, 65)});
  stream.add({wire::message(false, 70, "m", "again")});
  stream.add({begin_prepare(72, 74, 8), row("3"), prepare(72, 74, 8)});
  stream.add(commit_prepared(100, 110, 8));
  CHECK(stream.text().empty());
  CHECK(stream.boundaries.empty());
  CHECK(stream.in_progress.acknowledgeable(110) == 50);
  stream.add({wire::message(false, 115, "m", "new")});
  stream.add(commit_prepared(120, 130, 7));
  CHECK(stream.places == std::vector<std::string>{"message 0/72#1", "begin 0/78#0", "schema 0/78#0",
                                                  "insert 0/78#1", "commit 0/78#1"});
  CHECK(stream.in_progress.acknowledgeable(130) == 130);
}

TEST_CASE("COMMIT PREPARED without rows: delivered before, or lost") {
  Stream stream;
  stream.start({"0/6E", std::nullopt}, 110);
  stream.add(commit_prepared(100, 110, 9));
  CHECK(stream.text().empty());
  CHECK(fault_of(stream, commit_prepared(110, 120, 9)) == Fault::state);
}

TEST_CASE("at prepare: rows at once, then the outcome, and positions that go forward") {
  Stream stream(TwoPhase::at_prepare);
  stream.add({begin_prepare(50, 55, 7), orders(), row("1"), prepare(50, 55, 7)});
  stream.add({wire::begin(60), row("2"), wire::commit(60, 65)});
  stream.add(commit_prepared(100, 110, 7));
  stream.add({start(8), in(8, orders()), in(8, row("3")), kStop});
  stream.add("p" + wire::number(0, 1) + facts(120, 125, 8, "h"));
  stream.add(rollback_prepared(125, 140, 8));
  CHECK(stream.places == std::vector<std::string>{"begin 0/32#0", "schema 0/32#0", "insert 0/32#1",
                                                  "prepare 0/32#1", "begin 0/3C#0", "insert 0/3C#1",
                                                  "commit 0/3C#1", "commit_prepared 0/64#0",
                                                  "begin 0/78#0", "insert 0/78#1", "prepare 0/78#1",
                                                  "rollback_prepared 0/8B#0"});
  CHECK(stream.boundaries == std::vector<std::string>{"0/37", "0/41", "0/6E", "0/7D", "0/8C"});
  // One that was prepared before the slot decoded such: late, and it does not lead back.
  stream.add({begin_prepare(20, 25, 6), orders(), row("9"), prepare(20, 25, 6)});
  CHECK(stream.boundaries.back() == "0/8C");
  // So its line names where to go on as well: who acknowledges it has acknowledged its end.
  const std::string text = stream.text();
  CHECK(text.find(R"("pos":"0/8C")", text.rfind(R"("op":"prepare")")) != std::string::npos);
}

TEST_CASE("what does not fit is an error") {
  const auto fault = [](std::initializer_list<std::string> before, const std::string& message) {
    Stream stream;
    stream.add(before);
    return fault_of(stream, message);
  };
  CHECK(fault({}, kStop) == Fault::protocol);
  CHECK(fault({}, start(7, false)) == Fault::protocol);
  CHECK(fault({start(7)}, start(8)) == Fault::protocol);
  CHECK(fault({start(7), kStop}, start(7)) == Fault::protocol);
  CHECK(fault({}, stream_commit(7, 100, 110)) == Fault::protocol);
  CHECK(fault({start(7)}, stream_commit(7, 100, 110)) == Fault::protocol);
  CHECK(fault({start(7)}, wire::begin(100)) == Fault::protocol);
  CHECK(fault({start(7)}, "I\0\0") == Fault::protocol);
  CHECK(fault({start(7)}, prepare(50, 55, 7)) == Fault::protocol);
  CHECK(fault({}, prepare(50, 55, 7)) == Fault::protocol);
  CHECK(fault({begin_prepare(50, 55, 7)}, kStop) == Fault::protocol);
  CHECK(fault({}, "p" + wire::number(0, 1) + facts(50, 55, 7, "g")) == Fault::protocol);
}

TEST_CASE("no room to spill is an output error") {
  Stream stream;
  InProgress small(stream.builder, {0, "/nonexistent"}, TwoPhase::at_commit);
  small.take(start(7), 1, stream.batch);
  try {
    small.take(in(7, row("1")), 2, stream.batch);
    FAIL("spilled");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::output);
  }
}

TEST_CASE("a prepared transaction that waits for long is spoken of, ever more rarely") {
  Stream stream;
  CHECK_FALSE(stream.in_progress.overdue(1000 * kMinute));
  stream.add({begin_prepare(50, 55, 7), orders(), row("1"), prepare(50, 55, 7)});
  const std::int64_t begin = kPostgresEpoch;
  CHECK_FALSE(stream.in_progress.overdue(begin + 9 * kMinute));
  const auto word = stream.in_progress.overdue(begin + 11 * kMinute);
  REQUIRE(word);
  CHECK(word->starts_with("transaction 7 has been prepared for 11 min"));
  CHECK_FALSE(stream.in_progress.overdue(begin + 30 * kMinute));
  CHECK(stream.in_progress.overdue(begin + 32 * kMinute));
  stream.add(commit_prepared(100, 110, 7));
  CHECK_FALSE(stream.in_progress.overdue(begin + 10000 * kMinute));
}
