#include "libcdc/sources/mysql/payload.hpp"

#include <doctest/doctest.h>
#include <zstd.h>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/events.hpp"
#include "libcdc/sources/mysql/rows.hpp"
#include "tests/libcdc/sources/mysql/captured.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

std::vector<EventType> types_in(PayloadReader& reader) {
  std::vector<EventType> types;
  while (const auto event = reader.next()) types.push_back(event->header.type);
  return types;
}

std::string error_of(const std::string& body) {
  const std::vector<char> exact(body.begin(), body.end());
  try {
    PayloadReader reader;
    reader.start({exact.data(), exact.size()});
    types_in(reader);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::protocol);
    return error.message();
  }
  return "";
}

std::string length_encoded(std::uint64_t number) {
  if (number < 251) return wire::number(number, 1);
  return "\xfe" + wire::number(number, 8);
}

std::string field(int type, std::uint64_t number) {
  const std::string value = length_encoded(number);
  return wire::number(static_cast<std::uint64_t>(type), 1) + length_encoded(value.size()) + value;
}

std::string compress(const std::string& bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
  return packed;
}

std::string body_of(const std::string& payload, std::uint64_t size, int algorithm = 0) {
  return field(2, static_cast<std::uint64_t>(algorithm)) + field(3, size) +
         field(1, payload.size()) + std::string(1, '\0') + payload;
}

std::string packed_body(const std::string& bytes) {
  return body_of(compress(bytes), bytes.size());
}

const std::vector<EventType> kTransaction = {EventType::query, EventType::table_map,
                                             EventType::write_rows, EventType::xid};

}  // namespace

TEST_CASE("compressed transactions, captured, one reader for all") {
  const wire::Log log("mysql_payload");
  const std::vector<Event> payloads = log.of(EventType::transaction_payload);
  REQUIRE(payloads.size() == 2);
  PayloadReader reader;
  for (const Event& payload : payloads) {
    reader.start(payload.body);
    CHECK(types_in(reader) == kTransaction);
    CHECK_FALSE(reader.next());
  }
  reader.start(payloads[0].body);
  CHECK(reader.declared_size() == 7674);
  CHECK(decode_query(reader.next()->body).sql == "BEGIN");
  reader.start(payloads[1].body);
  CHECK(types_in(reader) == kTransaction);
}

TEST_CASE("inner events are whole") {
  const wire::Log log("mysql_payload");
  PayloadReader reader;
  reader.start(log.of(EventType::transaction_payload)[0].body);
  while (const auto event = reader.next()) {
    if (!is_rows_event(event->header.type)) continue;
    std::string inflated;
    CHECK(decode_rows(*event, inflated).rows.size() == 7500);
  }
}

TEST_CASE("events longer than the buffer, and many of them") {
  std::string bytes;
  std::size_t total = 0;
  for (std::size_t size = 0; size < 3000000; size = size * 3 + 7) {
    bytes += wire::event(EventType::write_rows, std::string(size, 'x'));
    ++total;
  }
  for (int i = 0; i < 20000; ++i) bytes += wire::event(EventType::xid, "12345678");
  PayloadReader reader;
  const std::string body = packed_body(bytes);
  reader.start(body);
  std::size_t size = 0;
  std::size_t count = 0;
  while (const auto event = reader.next()) {
    if (event->header.type == EventType::write_rows) {
      CHECK(event->body == std::string(size, 'x'));
      size = size * 3 + 7;
    }
    ++count;
  }
  CHECK(count == total + 20000);
}

TEST_CASE("a payload that is not compressed") {
  const std::string bytes =
      wire::event(EventType::query, "q") + wire::event(EventType::xid, "12345678");
  const std::string body = body_of(bytes, bytes.size(), 255);
  PayloadReader reader;
  reader.start(body);
  CHECK(types_in(reader) == std::vector{EventType::query, EventType::xid});
}

TEST_CASE("a payload in two frames, and an empty one") {
  const std::string first = wire::event(EventType::query, "q");
  const std::string second = wire::event(EventType::xid, "12345678");
  const std::string body =
      body_of(compress(first) + compress("") + compress(second), first.size() + second.size());
  PayloadReader reader;
  reader.start(body);
  CHECK(types_in(reader) == std::vector{EventType::query, EventType::xid});
  CHECK(error_of(packed_body("")) == "");
}

TEST_CASE("a damaged payload is an error") {
  const std::string name = "TRANSACTION_PAYLOAD (type 40): ";
  const std::string event = wire::event(EventType::xid, "12345678");
  CHECK(error_of("") == name + "its head is cut off");
  CHECK(error_of(body_of("x", 1, 7)) == name + "compression algorithm 7 is not known");
  CHECK(error_of(packed_body(event) + "x") == name + "it has not the size that it says");
  CHECK(error_of(packed_body(event + "x")) == name + "it ends within an event");
  CHECK(error_of(packed_body(event + event.substr(0, 25))) == name + "it ends within an event");
  CHECK(error_of(body_of(compress(event), 3)) ==
        name + "it does not unpack to the size that it says");
  CHECK(error_of(packed_body(wire::event(EventType::transaction_payload, "x"))) ==
        name + "there is another one in it");
  CHECK(error_of(packed_body(std::string(19, '\0'))) == name + "an event in it has 0 bytes");
  std::string giant = event;
  giant.replace(9, 4, "\xff\xff\xff\x7f");
  CHECK(error_of(packed_body(giant)) == name + "an event in it has 2147483647 bytes");
  giant.replace(9, 4, std::string("\x00\x00\x00\x40", 4));
  CHECK(error_of(packed_body(giant)) == name + "it ends within an event");
  const std::string packed = compress(event + event);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    CAPTURE(size);
    CHECK(error_of(body_of(packed.substr(0, size), 2 * event.size())) != "");
  }
}

TEST_CASE("captured payloads, cut and damaged at every byte") {
  const wire::Log log("mysql_payload");
  for (const Event& payload : log.of(EventType::transaction_payload)) {
    for (std::size_t i = 0; i < payload.body.size(); ++i) {
      CHECK(error_of(std::string(payload.body.substr(0, i))) != "");
      std::string changed(payload.body);
      changed[i] = static_cast<char>(changed[i] ^ 0x10);
      error_of(changed);
    }
  }
}
