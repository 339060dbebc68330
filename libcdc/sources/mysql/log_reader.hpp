#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/binlog_position.hpp"
#include "libcdc/sources/mysql/event.hpp"

namespace cdc::mysql {

/// `error` with its place in the log.
Error at_place(const Error& error, const BinlogPosition& place);

/// Takes events of a log apart in their order and knows where in the log each one lies: follows
/// rotations and the format of each file.
class LogReader {
 public:
  /// A dump, or a file, that begins at this place.
  void restart(std::string file, std::uint64_t offset);

  /// The next event, borrowed from `bytes`. Throws protocol, naming file and offset.
  Event read(std::string_view bytes);

  const std::string& file() const { return file_; }
  /// Of the event that `read` gave last.
  std::uint64_t offset() const { return offset_; }
  /// Behind that event: in the next file where it was a rotation.
  std::uint64_t end() const { return end_; }
  const EventFormat& format() const { return format_; }

  /// `error` with the place of the last event.
  Error at_place(const Error& error) const;

 private:
  void place(const EventHeader& header);
  void follow(const Event& event);

  EventFormat format_;
  std::string file_;
  std::uint64_t offset_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace cdc::mysql
