#include "libcdc/sources/mysql/log_reader.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/binlog_file.hpp"
#include "tests/libcdc/base/thrown.hpp"
#include "tests/libcdc/sources/mysql/captured.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

/// An event without a checksum, of `size` bytes, that says where the next one begins.
std::string event_to(std::uint32_t next_position, std::size_t size, std::uint16_t flags = 0) {
  std::string bytes =
      wire::event(EventType::rand, std::string(size - kEventHeaderSize, '\0'), flags);
  return bytes.replace(13, 4, wire::number(next_position, 4));
}

std::string rotate_to(const std::string& file, std::uint64_t offset, std::uint16_t flags = 0) {
  return wire::event(EventType::rotate, wire::number(offset, 8) + file, flags);
}

/// A log without checksums whose description has been read.
LogReader described(std::uint64_t offset) {
  LogReader reader;
  reader.restart("log.000001", 4);
  reader.read(wire::captured("mariadb_no_checksum").front());
  reader.read(rotate_to("log.000001", offset));
  return reader;
}

}  // namespace

TEST_CASE("every event of a captured file lies where the reader says") {
  int files = 0;
  for (const char* flavor : {"mysql", "mariadb"}) {
    const auto folder = std::filesystem::path(CDC_TEST_DATA) / "mysql" / flavor;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".binlog") continue;
      CAPTURE(entry.path());
      BinlogFile file(entry.path().string());
      LogReader reader;
      reader.restart("log.000001", 4);
      std::uint64_t offset = file.offset();
      while (const auto bytes = file.next()) {
        const Event event = reader.read(*bytes);
        REQUIRE(reader.offset() == offset);
        if (event.header.type != EventType::rotate) REQUIRE(reader.end() == file.offset());
        offset = file.offset();
      }
      CHECK_FALSE(file.torn());
      CHECK(offset == file.size());
      ++files;
    }
  }
  CHECK(files > 50);
}

TEST_CASE("where events do not say where they end, lengths are added up and corrected") {
  LogReader reader = described(1000);
  reader.read(event_to(0, 100));
  CHECK(reader.offset() == 1000);
  CHECK(reader.end() == 1100);
  reader.read(event_to(0, 50));
  CHECK(reader.offset() == 1100);
  CHECK(reader.end() == 1150);
  // 30 bytes were not sent in between.
  reader.read(event_to(1220, 40));
  CHECK(reader.offset() == 1180);
  CHECK(reader.end() == 1220);
}

TEST_CASE("behind 4 GiB only the low half of an offset is sent") {
  LogReader reader = described(0xFFFFFFF0);
  reader.read(event_to(0x30, 0x40));
  CHECK(reader.offset() == 0xFFFFFFF0);
  CHECK(reader.end() == 0x100000030);
  reader.read(event_to(0x70, 0x40));
  CHECK(reader.end() == 0x100000070);
  reader.read(event_to(0, 0x40));
  CHECK(reader.end() == 0x1000000B0);
  reader.read(event_to(0xF0, 0x40));
  CHECK(reader.end() == 0x1000000F0);
  // The next file begins at its own beginning.
  reader.read(rotate_to("log.000002", 4));
  CHECK(reader.file() == "log.000002");
  CHECK(reader.end() == 4);
}

TEST_CASE("an event that was made for the dump lies nowhere") {
  LogReader reader = described(1000);
  reader.read(event_to(77777, 100, kFlagArtificial));
  CHECK(reader.end() == 1000);
  reader.read(rotate_to("log.000007", 4, kFlagArtificial));
  CHECK(reader.file() == "log.000007");
  CHECK(reader.end() == 4);
}

TEST_CASE("a description that is sent again moves nothing") {
  std::string description = wire::captured("mariadb_no_checksum").front();
  LogReader reader;
  reader.restart("log.000003", 5000);
  // The server sends 0 there, without a checksum of its own where it uses none.
  description.replace(13, 4, wire::number(0, 4));
  reader.read(description);
  CHECK(reader.end() == 5000);
  reader.read(event_to(5040, 40));
  CHECK(reader.offset() == 5000);
}

TEST_CASE("heartbeats say how far the server is") {
  LogReader reader = described(1000);
  std::string heartbeat = wire::event(EventType::heartbeat, "log.000002");
  heartbeat.replace(13, 4, wire::number(4711, 4));
  reader.read(heartbeat);
  CHECK(reader.file() == "log.000002");
  CHECK(reader.end() == 4711);
}

TEST_CASE("an event that cannot be read is named with its place") {
  LogReader reader = described(1000);
  const Error error = test::thrown_by([&] { reader.read(event_to(0, 100).substr(0, 90)); });
  CHECK(error.fault() == Fault::protocol);
  CHECK(error.message().find("log.000001:1000") != std::string::npos);
  const Error short_error = test::thrown_by([&] { reader.read("abc"); });
  CHECK(short_error.fault() == Fault::protocol);
}
