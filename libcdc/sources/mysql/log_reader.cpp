#include "libcdc/sources/mysql/log_reader.hpp"

#include <fmt/format.h>

#include <utility>

#include "libcdc/sources/mysql/events.hpp"

namespace cdc::mysql {
namespace {

bool is_heartbeat(EventType type) {
  return type == EventType::heartbeat || type == EventType::heartbeat_v2;
}

}  // namespace

void LogReader::restart(std::string file, std::uint64_t offset) {
  format_ = EventFormat();
  file_ = std::move(file);
  offset_ = end_ = offset;
}

Error at_place(const Error& error, const BinlogPosition& place) {
  Error placed(error.fault(),
               fmt::format("{}, at {} of the binlog", error.message(), to_text(place)));
  if (!error.detail().empty()) placed = placed.with_detail(error.detail());
  return error.hint().empty() ? placed : placed.with_hint(error.hint());
}

Error LogReader::at_place(const Error& error) const {
  return mysql::at_place(error, {file_, offset_});
}

/// MariaDB 11.8 says where an event ends only at the end of its transaction: in between lengths are
/// added up. An event made for the dump lies nowhere.
void LogReader::place(const EventHeader& header) {
  offset_ = end_;
  if (header.artificial() || is_heartbeat(header.type)) return;
  if (header.next_position == 0) {
    end_ += header.size;
    return;
  }
  // Only the low 32 bits are sent.
  const std::uint64_t expected = offset_ + header.size;
  end_ = (expected & ~std::uint64_t{0xFFFFFFFF}) | header.next_position;
  if (end_ + 0x80000000 < expected) end_ += std::uint64_t{1} << 32;
  offset_ = end_ - header.size;
}

void LogReader::follow(const Event& event) {
  if (event.header.type == EventType::format_description) {
    format_ = EventFormat(event);
    // Sent again for a dump that begins in the middle of a file: then it lies before that place.
    if (event.header.next_position == 0) end_ = offset_;
  } else if (event.header.type == EventType::rotate) {
    const Rotate rotate = decode_rotate(event.body);
    file_ = rotate.file;
    end_ = rotate.offset;
  } else if (is_heartbeat(event.header.type)) {
    const Heartbeat heartbeat = decode_heartbeat(event);
    file_ = heartbeat.file;
    end_ = heartbeat.offset;
  }
}

Event LogReader::read(std::string_view bytes) {
  try {
    if (bytes.size() >= kEventHeaderSize) place(read_header(bytes));
    const Event event = format_.parse(bytes);
    follow(event);
    return event;
  } catch (const Error& error) {
    throw at_place(error);
  }
}

}  // namespace cdc::mysql
