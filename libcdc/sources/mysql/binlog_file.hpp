#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libcdc/base/fd.hpp"

namespace cdc::mysql {

/// The events of a binlog file as they stand in it: what BinlogStream is for a server.
class BinlogFile {
 public:
  /// Throws usage where the file cannot be read or is no binlog, refused where it is encrypted.
  explicit BinlogFile(const std::string& path);

  /// The bytes of the next event, header and checksum included, valid until the next call; nothing
  /// at the end of the file. An event that cannot have the length that it says comes as its header.
  /// Throws state where the file cannot be read on.
  std::optional<std::string_view> next();

  /// Where the next event begins.
  std::uint64_t offset() const { return offset_; }
  std::uint64_t size() const { return size_; }
  /// Behind the last `next`: the file ends inside an event.
  bool torn() const { return torn_; }

 private:
  bool fill(std::size_t size);

  std::string path_;
  Fd fd_;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = 0;
  std::string buffer_;
  std::size_t begin_ = 0;  ///< of what has not been given out
  std::size_t end_ = 0;
  bool torn_ = false;
};

}  // namespace cdc::mysql
