#pragma once

#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// pgoutput messages as bytes: captured ones, and ones made by hand.
namespace cdc::postgres::wire {

/// The messages of tests/data/postgres/pgoutput/NAME.hex, in order.
inline std::vector<std::string> captured(const std::string& name) {
  const std::string path = std::string(CDC_TEST_DATA) + "/postgres/pgoutput/" + name + ".hex";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<std::string> messages;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    std::string message;
    for (std::size_t i = 0; i < line.size(); i += 2) {
      message += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    }
    messages.push_back(message);
  }
  return messages;
}

inline constexpr const char* kCaptured[] = {"identities",  "messages",      "origin",
                                            "parallel_v1", "schema_change", "streamed_v1",
                                            "toast",       "truncate",      "types"};

/// Streams with transactions in progress and prepared ones.
inline constexpr const char* kCapturedInProgress[] = {"parallel", "prepared", "prepared_streamed",
                                                      "streamed"};

/// `value` in `width` bytes, big-endian.
inline std::string number(std::uint64_t value, int width) {
  std::string bytes;
  for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(value >> shift & 0xFFU);
  }
  return bytes;
}

inline std::string text(std::string_view value) {
  return std::string(value) + '\0';
}

inline std::string begin(std::uint64_t commit_lsn, std::uint32_t xid = 7, std::uint64_t time = 0) {
  return "B" + number(commit_lsn, 8) + number(time, 8) + number(xid, 4);
}

inline std::string commit(std::uint64_t commit_lsn, std::uint64_t end_lsn) {
  return "C" + number(0, 1) + number(commit_lsn, 8) + number(end_lsn, 8) + number(0, 8);
}

inline std::string origin(std::string_view name) {
  return "O" + number(0, 8) + text(name);
}

struct ColumnSent {
  std::string name;
  std::uint32_t type = 25;  ///< text
  bool identity = false;
  std::uint32_t typmod = 0xFFFFFFFF;
};

inline std::string relation(std::uint32_t oid, std::string_view name, char identity,
                            const std::vector<ColumnSent>& columns,
                            std::string_view schema = "public") {
  std::string bytes = "R" + number(oid, 4) + text(schema) + text(name) + identity;
  bytes += number(columns.size(), 2);
  for (const ColumnSent& column : columns) {
    bytes += number(column.identity ? 1 : 0, 1) + text(column.name);
    bytes += number(column.type, 4) + number(column.typmod, 4);
  }
  return bytes;
}

inline std::string type(std::uint32_t oid, std::string_view schema, std::string_view name) {
  return "Y" + number(oid, 4) + text(schema) + text(name);
}

/// A cell that is no text.
inline constexpr const char* kNull = nullptr;
inline constexpr const char* kUnchanged = "\1unchanged";
inline constexpr const char* kBinary = "\2binary";

inline std::string tuple(const std::vector<const char*>& cells) {
  std::string bytes = number(cells.size(), 2);
  for (const char* cell : cells) {
    if (cell == kNull) {
      bytes += 'n';
    } else if (cell == kUnchanged) {
      bytes += 'u';
    } else {
      const std::string_view value = cell;
      bytes += (cell == kBinary ? 'b' : 't') + number(value.size(), 4) + std::string(value);
    }
  }
  return bytes;
}

using Cells = std::vector<const char*>;

inline std::string insert(std::uint32_t oid, const Cells& after) {
  return "I" + number(oid, 4) + "N" + tuple(after);
}

inline std::string update(std::uint32_t oid, const Cells& after) {
  return "U" + number(oid, 4) + "N" + tuple(after);
}

inline std::string update(std::uint32_t oid, char image, const Cells& old, const Cells& after) {
  return "U" + number(oid, 4) + image + tuple(old) + "N" + tuple(after);
}

inline std::string remove(std::uint32_t oid, char image, const Cells& old) {
  return "D" + number(oid, 4) + image + tuple(old);
}

inline std::string truncate(const std::vector<std::uint32_t>& oids, std::uint8_t options = 0) {
  std::string bytes = "T" + number(oids.size(), 4) + number(options, 1);
  for (const std::uint32_t oid : oids) bytes += number(oid, 4);
  return bytes;
}

inline std::string message(bool transactional, std::uint64_t lsn, std::string_view prefix,
                           std::string_view content) {
  return "M" + number(transactional ? 1 : 0, 1) + number(lsn, 8) + text(prefix) +
         number(content.size(), 4) + std::string(content);
}

}  // namespace cdc::postgres::wire
