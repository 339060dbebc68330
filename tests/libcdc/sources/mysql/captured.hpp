#pragma once

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/sources/mysql/event.hpp"

/// Binlog events as bytes: captured ones, and ones made by hand.
namespace cdc::mysql::wire {

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

/// The events of tests/data/mysql/binlog/NAME.hex, in order, as they stand in the file.
inline std::vector<std::string> captured(const std::string& name) {
  const std::string path = std::string(CDC_TEST_DATA) + "/mysql/binlog/" + name + ".hex";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<std::string> events;
  std::string line;
  while (std::getline(file, line)) events.push_back(from_hex(line));
  return events;
}

inline constexpr const char* kCaptured[] = {"mysql_metadata",          "mysql_minimal_image",
                                            "mysql_partial_json",      "mysql_partial_json_minimal",
                                            "mysql_payload",           "mysql_control",
                                            "mysql_no_checksum",       "mariadb_metadata",
                                            "mariadb_control",         "mariadb_minimal_image",
                                            "mariadb_compressed",      "mariadb_no_checksum",
                                            "mariadb_compressed_query"};

/// A captured log, taken apart. What it gives out borrows from it.
class Log {
 public:
  explicit Log(const std::string& name) : bytes_(captured(name)) {
    for (const std::string& bytes : bytes_) {
      events_.push_back(format_.parse(bytes));
      if (events_.back().header.type == EventType::format_description) {
        format_ = EventFormat(events_.back());
      }
    }
  }
  Log(const Log&) = delete;

  const std::vector<Event>& events() const { return events_; }
  const EventFormat& format() const { return format_; }
  std::vector<Event> of(EventType type) const {
    std::vector<Event> found;
    for (const Event& event : events_) {
      if (event.header.type == type) found.push_back(event);
    }
    return found;
  }

 private:
  std::vector<std::string> bytes_;
  EventFormat format_;
  std::vector<Event> events_;
};

/// `value` in `width` bytes, little-endian.
inline std::string number(std::uint64_t value, std::size_t width) {
  std::string bytes;
  for (; bytes.size() < width; value >>= 8U) bytes += static_cast<char>(value & 0xFFU);
  return bytes;
}

/// An event without a checksum.
inline std::string event(EventType type, std::string_view body, std::uint16_t flags = 0) {
  return number(0, 4) + number(static_cast<std::uint8_t>(type), 1) + number(1, 4) +
         number(kEventHeaderSize + body.size(), 4) + number(0, 4) + number(flags, 2) +
         std::string(body);
}

}  // namespace cdc::mysql::wire
