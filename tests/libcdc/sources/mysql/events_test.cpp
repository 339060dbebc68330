#include "libcdc/sources/mysql/events.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "libcdc/base/error.hpp"
#include "tests/libcdc/sources/mysql/captured.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

/// Reads `body` cut at every byte, on the heap at its exact size: an answer or a protocol error.
void cut_everywhere(std::string_view body, const std::function<void(std::string_view)>& decode) {
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const std::vector<char> exact(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    try {
      decode({exact.data(), exact.size()});
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::protocol);
    }
  }
}

std::vector<std::string> statements(const wire::Log& log) {
  std::vector<std::string> all;
  for (const Event& event : log.of(EventType::query)) {
    all.emplace_back(decode_query(event.body).sql);
  }
  return all;
}

template <typename Decode>
std::string error_of(Decode decode) {
  try {
    decode();
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::protocol);
    return error.message();
  }
  return "";
}

}  // namespace

TEST_CASE("ROTATE, captured") {
  const wire::Log log("mysql_control");
  const Rotate rotate = decode_rotate(log.of(EventType::rotate).at(0).body);
  CHECK(rotate.file == "binlog.000007");
  CHECK(rotate.offset == 4);
  CHECK(error_of([] { decode_rotate("12345678"); }) == "ROTATE (type 4): it names no file");
}

TEST_CASE("QUERY, captured") {
  const wire::Log log("mysql_control");
  const std::vector<Event> queries = log.of(EventType::query);
  const Query begin = decode_query(queries.at(0).body);
  CHECK(begin.sql == "BEGIN");
  CHECK(begin.schema == "");
  CHECK(begin.error == 0);
  CHECK(begin.client_collation == 255);
  CHECK(decode_query(queries.back().body).sql == "create table d.lat (a int) comment 'x'");
  CHECK(decode_query(queries.back().body).client_collation == 8);

  const wire::Log mariadb("mariadb_compressed");
  const Query create = decode_query(mariadb.of(EventType::query).at(0).body);
  CHECK(create.schema == "d");
  CHECK(create.client_collation == 33);
}

TEST_CASE("a compressed QUERY, captured") {
  const wire::Log log("mariadb_compressed_query");
  std::string inflated;
  const Query query =
      decode_compressed_query(log.of(EventType::mariadb_compressed_query).at(0).body, inflated);
  CHECK(query.sql.starts_with("create table d.comp (a int comment 'xxxx"));
  CHECK(query.sql.ends_with("x')"));
}

TEST_CASE("GTID, captured") {
  const wire::Log log("mysql_control");
  const std::vector<Event> events = log.of(EventType::gtid);
  const GtidEvent gtid = decode_gtid(EventType::gtid, events.at(0).body);
  CHECK(gtid_text(gtid.gtid) == "93e38f3c-e4fd-11f1-bb6c-02fc00000001:28");
  CHECK_FALSE(gtid.may_have_statements);
  CHECK(gtid.sequence_number == 1);
  CHECK(gtid.last_committed == 0);
  CHECK(gtid.transaction_length == 537 - 198);
  CHECK(gtid.immediate_server_version == 90704);
  CHECK(gtid.original_server_version == 90704);
  CHECK(gtid.immediate_commit_time / 1000000 == events.at(0).header.timestamp);
  CHECK(gtid.original_commit_time == gtid.immediate_commit_time);
}

TEST_CASE("a tagged GTID, captured") {
  const wire::Log log("mysql_control");
  const Event event = log.of(EventType::gtid_tagged).at(0);
  const GtidEvent gtid = decode_gtid(EventType::gtid_tagged, event.body);
  CHECK(gtid_text(gtid.gtid) == "93e38f3c-e4fd-11f1-bb6c-02fc00000001:mytag:1");
  CHECK(gtid.last_committed == 1);
  CHECK(gtid.sequence_number == 2);
  CHECK(gtid.transaction_length == 820 - 537);
  CHECK(gtid.immediate_commit_time / 1000000 == event.header.timestamp);
  CHECK(gtid.original_server_version == 90704);
}

TEST_CASE("a GTID of a replica has two times and two versions") {
  const std::uint64_t top = std::uint64_t{1} << 55;
  const std::string body =
      wire::number(0, 1) + std::string(16, '\x11') + wire::number(7, 8) + "\x02" +
      wire::number(1, 8) + wire::number(2, 8) + wire::number(top | 1000, 7) + wire::number(900, 7) +
      "\x64" + wire::number(0x80000000U | 90100U, 4) + wire::number(80036, 4) + wire::number(42, 8);
  const GtidEvent gtid = decode_gtid(EventType::gtid, body);
  CHECK(gtid.immediate_commit_time == 1000);
  CHECK(gtid.original_commit_time == 900);
  CHECK(gtid.transaction_length == 100);
  CHECK(gtid.immediate_server_version == 90100);
  CHECK(gtid.original_server_version == 80036);
  CHECK(gtid.commit_group_ticket == 42);
}

TEST_CASE("GTIDs of MySQL 5.6 and 5.7 are shorter") {
  const std::string old = wire::number(1, 1) + std::string(16, '\x11') + wire::number(7, 8);
  CHECK(decode_gtid(EventType::gtid, old).gtid.number == 7);
  CHECK(decode_gtid(EventType::gtid, old).may_have_statements);
  const std::string newer = old + "\x02" + wire::number(3, 8) + wire::number(4, 8);
  CHECK(decode_gtid(EventType::gtid, newer).sequence_number == 4);
  CHECK(decode_gtid(EventType::gtid, newer).transaction_length == 0);
}

TEST_CASE("a GTID out of range is an error, an anonymous one is not") {
  const std::string body = wire::number(0, 1) + std::string(16, '\0') + wire::number(0, 8);
  CHECK(error_of([&] { decode_gtid(EventType::gtid, body); }) ==
        "GTID (type 33): its number is out of range");
  CHECK(decode_gtid(EventType::anonymous_gtid, body).gtid.number == 0);
}

TEST_CASE("MariaDB's GTID, captured") {
  const wire::Log log("mariadb_control");
  const std::vector<Event> events = log.of(EventType::mariadb_gtid);
  const auto at = [&](std::size_t index) {
    return decode_mariadb_gtid(events.at(index).header, events.at(index).body);
  };
  CHECK(to_text(at(0).gtid) == "0-10-22");
  CHECK(at(0).xa_prepared);
  REQUIRE(at(0).xa);
  CHECK(to_text(*at(0).xa) == "X'616263',X'6272',7");
  CHECK(at(1).xa_completed);
  CHECK(to_text(*at(1).xa) == "X'616263',X'6272',7");
  CHECK(at(4).transactional);
  CHECK_FALSE(at(4).xa);
  CHECK(at(6).ddl);
  CHECK_FALSE(at(6).standalone);
  CHECK(at(7).standalone);
}

TEST_CASE("PREVIOUS_GTIDS and GTID_LIST, captured") {
  const wire::Log mysql("mysql_control");
  CHECK(decode_previous_gtids(mysql.of(EventType::previous_gtids).at(0).body).text() ==
        "93e38f3c-e4fd-11f1-bb6c-02fc00000001:1-27");
  const wire::Log tagged("mysql_no_checksum");
  const Event event = tagged.of(EventType::previous_gtids).at(0);
  const GtidSet set = decode_previous_gtids(event.body);
  CHECK(set.text() ==
        "3e11fa47-71ca-11e1-9e33-c80aa9429562:23,"
        "93e38f3c-e4fd-11f1-bb6c-02fc00000001:1-41:mytag:1");
  CHECK(set.encode() == event.body);
  const wire::Log mariadb("mariadb_compressed");
  const auto list = decode_gtid_list(mariadb.of(EventType::mariadb_gtid_list).at(0).body);
  REQUIRE(list.size() == 2);
  CHECK(to_text(list[0]) == "3-10-1");
  CHECK(to_text(list[1]) == "0-10-39");
  CHECK(error_of([] { decode_gtid_list("\xff\xff\xff\x0f"); }) != "");
}

TEST_CASE("heartbeats of both kinds") {
  Event old{{}, "binlog.000002"};
  old.header.type = EventType::heartbeat;
  old.header.next_position = 1234;
  CHECK(decode_heartbeat(old).file == "binlog.000002");
  CHECK(decode_heartbeat(old).offset == 1234);

  const std::string offset = "\xfe" + wire::number(std::uint64_t{5} << 32, 8);
  const std::string body =
      std::string("\x01\x0d") + "binlog.000002" + "\x02\x09" + offset + std::string(1, '\0');
  Event next{{}, body};
  next.header.type = EventType::heartbeat_v2;
  CHECK(decode_heartbeat(next).file == "binlog.000002");
  CHECK(decode_heartbeat(next).offset == std::uint64_t{5} << 32);
}

TEST_CASE("XA_PREPARE, captured") {
  const wire::Log log("mysql_control");
  const std::vector<Event> events = log.of(EventType::xa_prepare);
  CHECK(to_text(decode_xa_prepare(events.at(0).body).id) == "X'616263',X'6272',7");
  CHECK_FALSE(decode_xa_prepare(events.at(0).body).one_phase);
  CHECK(to_text(decode_xa_prepare(events.at(1).body).id) == "X'00ff',X'',1");
  CHECK(decode_xa_prepare(events.at(2).body).one_phase);
}

TEST_CASE("the statement behind rows, captured") {
  const wire::Log mysql("mysql_control");
  CHECK(decode_rows_query(mysql.of(EventType::rows_query).at(0)) ==
        "insert into d.k values (6000,1,'q')");
  const wire::Log mariadb("mariadb_control");
  CHECK(decode_rows_query(mariadb.of(EventType::mariadb_annotate_rows).at(0)) ==
        "insert into d.k values (6002,1,'x')");
}

TEST_CASE("INCIDENT") {
  const Incident incident = decode_incident(std::string_view("\x01\x00\x04lost", 7));
  CHECK(incident.number == 1);
  CHECK(incident.message == "lost");
}

TEST_CASE("the captured log has the statements that were run") {
  const std::vector<std::string> all = statements(wire::Log("mariadb_control"));
  CHECK(all.at(0) == "XA END X'616263',X'6272',7");
  CHECK(all.at(1) == "XA COMMIT X'616263',X'6272',7");
}

TEST_CASE("a body that is cut off is an error or a shorter one, never more") {
  for (const char* name : wire::kCaptured) {
    const wire::Log log(name);
    for (const Event& event : log.events()) {
      std::string inflated;
      cut_everywhere(event.body, [&](std::string_view body) {
        const Event cut{event.header, body};
        switch (event.header.type) {
          case EventType::format_description:
            EventFormat{cut};
            break;
          case EventType::rotate:
            decode_rotate(body);
            break;
          case EventType::query:
            decode_query(body);
            break;
          case EventType::mariadb_compressed_query:
            decode_compressed_query(body, inflated);
            break;
          case EventType::xid:
            decode_xid(body);
            break;
          case EventType::gtid:
          case EventType::gtid_tagged:
            decode_gtid(event.header.type, body);
            break;
          case EventType::mariadb_gtid:
            decode_mariadb_gtid(event.header, body);
            break;
          case EventType::previous_gtids:
            decode_previous_gtids(body);
            break;
          case EventType::mariadb_gtid_list:
            decode_gtid_list(body);
            break;
          case EventType::xa_prepare:
            decode_xa_prepare(body);
            break;
          case EventType::rows_query:
          case EventType::mariadb_annotate_rows:
            decode_rows_query(cut);
            break;
          default:
            break;
        }
      });
    }
  }
}
