#include "libcdc/sources/mysql/event.hpp"

#include <doctest/doctest.h>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/checksum.hpp"
#include "libcdc/sources/mysql/events.hpp"
#include "tests/libcdc/sources/mysql/captured.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

std::string error_of(const EventFormat& format, std::string_view bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());
  try {
    format.parse({exact.data(), exact.size()});
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::protocol);
    return error.message();
  }
  return "";
}

EventFormat format_of(const std::string& log) {
  return wire::Log(log).format();
}

std::string with_checksum(std::string event) {
  const std::string size = wire::number(event.size() + 4, 4);
  event.replace(9, 4, size);
  return event + wire::number(crc32(event), 4);
}

}  // namespace

TEST_CASE("captured logs say what they are") {
  const EventFormat mysql = format_of("mysql_control");
  CHECK(mysql.server_version() == "9.7.4-2");
  CHECK_FALSE(mysql.is_mariadb());
  CHECK(mysql.checksum() == ChecksumAlgorithm::crc32);
  const EventFormat mariadb = format_of("mariadb_control");
  CHECK(mariadb.server_version() == "10.11.19-MariaDB-0+deb12u1-log");
  CHECK(mariadb.is_mariadb());
  CHECK(mariadb.checksum() == ChecksumAlgorithm::crc32);
  CHECK(format_of("mysql_no_checksum").checksum() == ChecksumAlgorithm::none);
  CHECK(format_of("mariadb_no_checksum").checksum() == ChecksumAlgorithm::none);
}

TEST_CASE("a header is read") {
  const EventHeader header = read_header(wire::captured("mysql_control")[2]);
  CHECK(header.type == EventType::gtid);
  CHECK(header.server_id == 97);
  CHECK(header.size == 79);
  CHECK(header.next_position == 277);
  CHECK_FALSE(header.artificial());
  CHECK(read_header(wire::captured("mysql_control")[1]).ignorable());
}

TEST_CASE("no bit of an event with a checksum can change") {
  const EventFormat format = format_of("mysql_control");
  for (std::string event :
       {wire::captured("mysql_control")[0], wire::captured("mysql_control")[2]}) {
    for (std::size_t i = 0; i < event.size(); ++i) {
      CAPTURE(i);
      event[i] = static_cast<char>(event[i] ^ 4);
      CHECK(error_of(format, event) != "");
      event[i] = static_cast<char>(event[i] ^ 4);
    }
    CHECK(error_of(format, event) == "");
  }
}

TEST_CASE("an event that is cut off or too long is an error") {
  for (const char* log : {"mysql_control", "mariadb_no_checksum"}) {
    const EventFormat format = format_of(log);
    for (const std::string& event : wire::captured(log)) {
      for (std::size_t size = 0; size < event.size(); ++size) {
        CHECK(error_of(format, std::string_view(event).substr(0, size)) != "");
      }
      CHECK(error_of(format, event + 'x') != "");
    }
  }
}

TEST_CASE("an error names the type and its number") {
  const EventFormat format = format_of("mysql_control");
  std::string event = wire::captured("mysql_control")[2];
  event.back() = static_cast<char>(event.back() ^ 1);
  CHECK(error_of(format, event) == "GTID (type 33): its checksum does not hold");
  CHECK(describe(static_cast<EventType>(99)) == "type 99");
}

TEST_CASE("the first ROTATE comes with or without a checksum, and nobody has said which") {
  const std::string body = wire::number(4, 8) + "binlog.000001";
  const std::string plain = wire::event(EventType::rotate, body, kFlagArtificial);
  for (const std::string& bytes : {plain, with_checksum(plain)}) {
    const Event event = EventFormat().parse(bytes);
    CHECK(event.header.artificial());
    CHECK(decode_rotate(event.body).file == "binlog.000001");
    CHECK(decode_rotate(format_of("mysql_no_checksum").parse(bytes).body).file == "binlog.000001");
  }
  CHECK(error_of(format_of("mysql_control"), plain) != "");
}

TEST_CASE("the file in use has a mark that its checksum does not know") {
  std::string bytes = wire::captured("mysql_control")[0];
  bytes[17] = static_cast<char>(bytes[17] | kFlagInUse);
  CHECK(EventFormat(EventFormat().parse(bytes)).checksum() == ChecksumAlgorithm::crc32);
}

TEST_CASE("a format that is not known is refused") {
  const std::string bytes = wire::captured("mysql_no_checksum")[0];
  const auto fault_of = [](std::string changed, std::size_t at, char value) {
    changed[at] = value;
    try {
      EventFormat{EventFormat().parse(changed)};
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  CHECK(fault_of(bytes, 19, 4) == "");
  CHECK(fault_of(bytes, 19, 3).find("version 3") != std::string::npos);
  CHECK(fault_of(bytes, bytes.size() - 5, 2) != "");
  CHECK(fault_of(bytes, 19 + 56, 20) != "");
  CHECK(fault_of(bytes, 19 + 57 + 18, 6) != "");
}
