#include "libcdc/sources/mysql/transactions.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/events.hpp"
#include "libcdc/sources/mysql/server.hpp"
#include "tests/libcdc/base/temporary_directory.hpp"
#include "tests/libcdc/base/thrown.hpp"
#include "tests/libcdc/sources/mysql/captured.hpp"
#include "tests/libcdc/sources/mysql/replayed.hpp"

using namespace cdc;
using namespace cdc::mysql;
using wire::Replay;
using Lines = std::vector<std::string>;

namespace {

const HoldLimits kHold;

std::string description(Flavor flavor) {
  return wire::captured(flavor == Flavor::mysql ? "mysql_no_checksum" : "mariadb_no_checksum")
      .front();
}

std::string query(const std::string& sql, const std::string& schema = "d") {
  return wire::event(EventType::query, wire::number(1, 8) + wire::number(schema.size(), 1) +
                                           wire::number(0, 4) + schema + std::string(1, '\0') +
                                           sql);
}

std::string gtid(std::uint64_t number) {
  return wire::event(EventType::gtid, wire::number(0, 1) + std::string(16, '\x11') +
                                          wire::number(number, 8) + wire::number(2, 1) +
                                          wire::number(0, 16));
}

std::string mariadb_gtid(std::uint64_t sequence, unsigned flags) {
  return wire::event(EventType::mariadb_gtid, wire::number(sequence, 8) + wire::number(0, 4) +
                                                  wire::number(flags, 1) + std::string(6, '\0'));
}

std::string xid() {
  return wire::event(EventType::xid, wire::number(7, 8));
}

std::string xa_prepare(const std::string& name) {
  return wire::event(EventType::xa_prepare, wire::number(0, 1) + wire::number(1, 4) +
                                                wire::number(name.size(), 4) + wire::number(0, 4) +
                                                name);
}

/// The map of a table t of one INT column and an inserted row.
std::string table_map() {
  return wire::event(EventType::table_map,
                     wire::number(5, 6) + wire::number(1, 2) + wire::number(1, 1) + "d" +
                         std::string(1, '\0') + wire::number(1, 1) + "t" + std::string(1, '\0') +
                         wire::number(1, 1) + wire::number(3, 1) + wire::number(0, 1) +
                         wire::number(0, 1) +
                         // signed, and the name `i`
                         wire::number(1, 1) + wire::number(1, 1) + wire::number(0, 1) +
                         wire::number(4, 1) + wire::number(2, 1) + wire::number(1, 1) + "i");
}

std::string row(std::uint32_t value) {
  return wire::event(EventType::write_rows, wire::number(5, 6) + wire::number(1, 2) +
                                                wire::number(2, 2) + wire::number(1, 1) +
                                                wire::number(1, 1) + wire::number(0, 1) +
                                                wire::number(value, 4));
}

/// A whole transaction of MySQL with one row.
std::vector<std::string> inserted(std::uint64_t number, std::uint32_t value) {
  return {gtid(number), query("BEGIN"), table_map(), row(value), xid()};
}

ResumePosition gtids_done(const std::string& text) {
  return parse_resume_position(text);
}

const std::string kServer = "11111111-1111-1111-1111-111111111111";

}  // namespace

TEST_CASE("rows come at the end of their transaction, with its place") {
  Replay replay(Flavor::mysql);
  replay.take(description(Flavor::mysql));
  const std::uint64_t begin = replay.reader.end();
  const auto events = inserted(1, 42);
  for (std::size_t i = 0; i + 1 < events.size(); ++i) replay.take(events[i]);
  CHECK(replay.lines().empty());
  CHECK(replay.resumes().empty());
  CHECK(replay.transactions().in_transaction());
  CHECK(replay.transactions().stats().transactions == 1);
  replay.take(events.back());
  CHECK(replay.lines() == Lines{"insert t 42"});
  CHECK(replay.resumes() == Lines{"log.000001:" + std::to_string(replay.reader.end())});
  CHECK_FALSE(replay.transactions().in_transaction());
  CHECK(begin < replay.reader.end());
}

TEST_CASE("a transaction that a crash cut in half did not happen") {
  for (const Flavor flavor : {Flavor::mysql, Flavor::mariadb}) {
    Replay replay(flavor);
    replay.take(description(flavor));
    replay.take(flavor == Flavor::mysql ? gtid(1) : mariadb_gtid(1, 0));
    if (flavor == Flavor::mysql) replay.take(query("BEGIN"));
    replay.take(table_map());
    replay.take(row(1));
    // The server comes up again, with a new file.
    replay.reader.restart("log.000002", 4);
    replay.take(description(flavor));
    CHECK(replay.lines().empty());
    CHECK(replay.resumes().empty());
    REQUIRE(replay.said.size() == 1);
    CHECK(replay.said.front().find("log.000001:") != std::string::npos);
    CHECK(replay.said.front().find("did not happen") != std::string::npos);
    replay.take(flavor == Flavor::mysql ? gtid(1) : mariadb_gtid(1, 0));
    if (flavor == Flavor::mysql) replay.take(query("BEGIN"));
    replay.take(table_map());
    replay.take(row(2));
    replay.take(xid());
    CHECK(replay.lines() == Lines{"insert t 2"});
  }
}

TEST_CASE("a captured log gives the rows that were committed, in their order") {
  for (const char* name : {"mysql/xa", "mariadb/xa"}) {
    CAPTURE(name);
    Replay replay(std::string(name) == "mysql/xa" ? Flavor::mysql : Flavor::mariadb);
    replay.take_all(wire::file_events(name));
    CHECK(replay.lines() == Lines{"insert t 1", "insert t 3", "insert t 4"});
    CHECK(replay.said.empty());
    CHECK(replay.transactions().stats().transactions == 0);
  }
}

TEST_CASE("no place to go on passes an XA transaction that waits for its outcome") {
  Replay replay(Flavor::mysql, kHold, HiddenChanges::fail,
                gtids_done("log.000001:4 " + kServer + ":1"), false);
  replay.take(description(Flavor::mysql));
  replay.take_all(inserted(2, 1));
  const std::string before = replay.resumes().back();
  replay.take_all({gtid(3), query("XA START X'61',X'',1"), table_map(), row(2),
                   query("XA END X'61',X'',1"), xa_prepare("a")});
  replay.take_all(inserted(4, 3));
  CHECK(replay.resumes().back() == before);
  CHECK(replay.lines() == Lines{"insert t 1", "insert t 3"});
  CHECK(replay.transactions().stats().transactions == 1);
  replay.take_all({gtid(5), query("XA COMMIT X'61',X'',1")});
  CHECK(replay.lines().back() == "insert t 2");
  CHECK(replay.resumes().back() ==
        "log.000001:" + std::to_string(replay.reader.end()) + " " + kServer + ":1-5");
}

TEST_CASE("by GTID the prepared transaction is left out of the set, and the place goes on") {
  Replay replay(Flavor::mysql, kHold, HiddenChanges::fail, gtids_done(kServer + ":1"), true);
  replay.take(description(Flavor::mysql));
  replay.take_all({gtid(2), query("XA START X'61',X'',1"), table_map(), row(2),
                   query("XA END X'61',X'',1"), xa_prepare("a")});
  replay.take_all(inserted(3, 3));
  CHECK(replay.resumes().back().ends_with(" " + kServer + ":1:3"));
  replay.take_all({gtid(4), query("XA ROLLBACK X'61',X'',1")});
  CHECK(replay.resumes().back().ends_with(" " + kServer + ":1-4"));
  CHECK(replay.lines() == Lines{"insert t 3"});
}

TEST_CASE("an outcome whose rows came before the stream began is said") {
  Replay replay(Flavor::mysql);
  replay.take(description(Flavor::mysql));
  replay.take_all({gtid(5), query("XA COMMIT X'61',X'',1")});
  CHECK(replay.lines().empty());
  REQUIRE(replay.said.size() == 1);
  CHECK(replay.said.front().find("X'61',X'',1") != std::string::npos);
  CHECK(replay.resumes().size() == 1);
}

TEST_CASE("one phase is a commit of its own") {
  Replay replay(Flavor::mysql);
  replay.take(description(Flavor::mysql));
  std::string prepare = xa_prepare("a");
  prepare[kEventHeaderSize] = 1;
  replay.take_all({gtid(1), query("XA START X'61',X'',1"), table_map(), row(9),
                   query("XA END X'61',X'',1"), prepare});
  CHECK(replay.lines() == Lines{"insert t 9"});
}

TEST_CASE("a statement that was logged instead of rows ends the stream, with its place") {
  Replay replay(Flavor::mysql);
  replay.take(description(Flavor::mysql));
  replay.take(gtid(1));
  replay.take(query("BEGIN"));
  const std::uint64_t place = replay.reader.end();
  const Error error = test::thrown_by([&] { replay.take(query("update t set c = 1 -- geheim")); });
  CHECK(error.fault() == Fault::refused);
  CHECK(error.message().find("log.000001:" + std::to_string(place)) != std::string::npos);
  CHECK(error.message().find("geheim") == std::string::npos);
  CHECK(error.hint().find("--on-statement warn") != std::string::npos);
}

TEST_CASE("whatever stands in a transaction but rows and the words around them is a statement") {
  for (const char* sql : {"insert into t values (1)", "REPLACE t VALUES (1)", "call p()",
                          "/* x */ delete from t", "with x as (select 1) update t set a = 1"}) {
    CAPTURE(sql);
    Replay inside(Flavor::mysql);
    inside.take_all({description(Flavor::mysql), gtid(1), query("BEGIN")});
    CHECK(test::thrown_by([&] { inside.take(query(sql)); }).fault() == Fault::refused);
    Replay passing(Flavor::mysql, kHold, HiddenChanges::warn);
    passing.take_all({description(Flavor::mysql), gtid(1), query("BEGIN"), query(sql), xid()});
    passing.take_all(inserted(2, 5));
    CHECK(passing.lines() == Lines{"insert t 5"});
    CHECK(passing.said.size() == 1);
  }
}

TEST_CASE("savepoints and CREATE TABLE ... SELECT are not") {
  Replay replay(Flavor::mysql);
  replay.take_all({description(Flavor::mysql), gtid(1), query("BEGIN"), query("SAVEPOINT `sp`"),
                   query("CREATE TABLE t (i int) START TRANSACTION"), table_map(), row(1),
                   query("ROLLBACK TO `sp`"), xid()});
  CHECK(replay.lines() == Lines{"insert t 1"});
  CHECK(replay.said.empty());
}

TEST_CASE("a captured log with statements among its rows") {
  for (const char* name : {"mysql/statements", "mariadb/statements"}) {
    CAPTURE(name);
    const Flavor flavor = std::string(name).starts_with("mysql") ? Flavor::mysql : Flavor::mariadb;
    const auto events = wire::file_events(name);
    Replay failing(flavor);
    const Error error = test::thrown_by([&] { failing.take_all(events); });
    CHECK(error.fault() == Fault::refused);
    Replay replay(flavor, kHold, HiddenChanges::warn);
    replay.take_all(events);
    REQUIRE_FALSE(replay.lines().empty());
    const Lines lines = replay.lines();
    CHECK(std::count(lines.begin(), lines.end(), "truncate log") == 1);
    CHECK(std::count(lines.begin(), lines.end(), "truncate renamed") == 1);
    CHECK(std::count(lines.begin(), lines.end(), "insert my 2") == 1);
    CHECK_FALSE(replay.said.empty());
    const Lines before = failing.lines();
    CHECK(std::equal(before.begin(), before.end(), lines.begin()));
  }
}

TEST_CASE("an event that is not known ends the stream unless it may be passed over") {
  Replay replay(Flavor::mysql);
  replay.take(description(Flavor::mysql));
  const auto unknown = static_cast<EventType>(99);
  replay.take(wire::event(unknown, "whatever", kFlagIgnorable));
  replay.take_all({gtid(1), query("BEGIN"), table_map(), row(1)});
  replay.take(wire::event(unknown, "whatever", kFlagIgnorable));
  const std::uint64_t place = replay.reader.end();
  const Error error = test::thrown_by([&] { replay.take(wire::event(unknown, "whatever")); });
  CHECK(error.fault() == Fault::protocol);
  CHECK(error.message().find("type 99") != std::string::npos);
  CHECK(error.message().find("log.000001:" + std::to_string(place)) != std::string::npos);
}

TEST_CASE("an incident is no change that could be shown") {
  Replay replay(Flavor::mysql);
  replay.take(description(Flavor::mysql));
  const std::string incident =
      wire::event(EventType::incident, wire::number(1, 2) + wire::number(4, 1) + "lost");
  CHECK(test::thrown_by([&] { replay.take(incident); }).fault() == Fault::state);
}

TEST_CASE("LOAD DATA that was logged as a statement is told") {
  for (const EventType type : {EventType::begin_load_query, EventType::execute_load_query}) {
    Replay replay(Flavor::mysql);
    replay.take_all({description(Flavor::mysql), gtid(1), query("BEGIN")});
    CHECK(test::thrown_by([&] { replay.take(wire::event(type, "1234567890")); }).fault() ==
          Fault::refused);
  }
}

TEST_CASE("rows without their beginning: a place inside a transaction, or a broken log") {
  Replay fresh(Flavor::mysql);
  fresh.take(description(Flavor::mysql));
  const Error inside = test::thrown_by([&] { fresh.take(table_map()); });
  CHECK(inside.fault() == Fault::state);
  CHECK(inside.message().find("inside a transaction") != std::string::npos);
  Replay later(Flavor::mysql);
  later.take(description(Flavor::mysql));
  later.take_all(inserted(1, 1));
  for (const std::string& event : {table_map(), row(1), xid()}) {
    CHECK(test::thrown_by([&] { later.take(event); }).fault() == Fault::protocol);
  }
  Replay nested(Flavor::mysql);
  nested.take_all({description(Flavor::mysql), gtid(1)});
  CHECK(test::thrown_by([&] { nested.take(gtid(2)); }).fault() == Fault::protocol);
}

TEST_CASE("a rollback leaves out the rows, and says so") {
  Replay replay(Flavor::mysql);
  replay.take_all({description(Flavor::mysql), gtid(1), query("BEGIN"), table_map(), row(1),
                   query("ROLLBACK")});
  CHECK(replay.lines().empty());
  CHECK(replay.resumes().size() == 1);
  REQUIRE(replay.said.size() == 1);
  CHECK(replay.said.front().find("rolled back") != std::string::npos);
}

TEST_CASE("what does not fit into memory goes to a file, and comes out the same") {
  const test::TemporaryDirectory directory;
  const HoldLimits small{1, directory.path()};
  Replay held(Flavor::mysql, small);
  held.take_all({description(Flavor::mysql), gtid(1), query("BEGIN"), table_map(), row(1), row(2)});
  CHECK(held.transactions().stats().spilled > 0);
  CHECK(held.transactions().stats().memory == 0);
  held.take(xid());
  CHECK(held.lines() == Lines{"insert t 1", "insert t 2"});
  for (const char* name : {"mysql/xa", "mysql/payload", "mysql/images", "mariadb/xa",
                           "mariadb/compressed", "mariadb/images"}) {
    CAPTURE(name);
    const Flavor flavor = std::string(name).starts_with("mysql") ? Flavor::mysql : Flavor::mariadb;
    const auto events = wire::file_events(name);
    Replay large(flavor, kHold, HiddenChanges::warn);
    large.take_all(events);
    Replay spilled(flavor, small, HiddenChanges::warn);
    spilled.take_all(events);
    CHECK_FALSE(large.lines().empty());
    CHECK(spilled.lines() == large.lines());
    CHECK(spilled.resumes() == large.resumes());
  }
}

TEST_CASE("values of compressed rows stay while more events are inflated") {
  Replay replay(Flavor::mariadb, kHold, HiddenChanges::warn);
  Lines as_they_came;
  for (const std::string& event : wire::file_events("mariadb/compressed")) {
    replay.take(event);
    const Lines rows = replay.rows();
    as_they_came.insert(as_they_came.end(),
                        rows.begin() + static_cast<std::ptrdiff_t>(as_they_came.size()),
                        rows.end());
  }
  CHECK(as_they_came.size() > 4);
  CHECK(replay.rows() == as_they_came);
}

TEST_CASE("a directory that cannot be written to ends the stream") {
  Replay replay(Flavor::mysql, HoldLimits{1, "/nonexistent"});
  replay.take_all({description(Flavor::mysql), gtid(1), query("BEGIN")});
  CHECK(test::thrown_by([&] { replay.take(table_map()); }).fault() == Fault::output);
}

TEST_CASE("a log that is read from its head tells the GTIDs before it") {
  Replay replay(Flavor::mysql);
  replay.take_all(wire::file_events("mysql/rotation.2"));
  REQUIRE_FALSE(replay.resumes().empty());
  // The set begins with what the files before it have, not with the first GTID of this one.
  CHECK(replay.resumes().front().find(":1-") != std::string::npos);
  Replay domains(Flavor::mariadb);
  domains.take_all(wire::file_events("mariadb/domains.2"));
  REQUIRE(has_gtids({{}, domains.transactions().done()}));
  CHECK(to_text(ResumePosition{{}, domains.transactions().done()}).find(',') != std::string::npos);
}
