#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libcdc/base/fd.hpp"

namespace cdc {

/// A file for what does not fit into memory: blocks are appended, then read in the same order. It
/// has no name, so a crash leaves nothing behind and no other run can ever read it; its mode is
/// 0600. Where the file system makes no files without a name, it has one for a moment. Every block
/// carries its length, its number and a checksum.
class SpillFile {
 public:
  /// Throws output where `directory` does not take it.
  explicit SpillFile(const std::string& directory);

  /// Throws output where there is no room: then what was appended before is still whole.
  void append(std::string_view block);

  /// The next block from the beginning on, into `block`, whose memory is reused; false behind the
  /// last. Throws output where the file does not give back what was appended.
  bool read(std::string& block);

  /// Bytes in the file.
  std::uint64_t size() const { return size_; }
  int fd() const { return file_.get(); }

 private:
  struct Header {
    std::uint64_t size = 0;
    std::uint64_t checksum = 0;
  };

  void check_room(std::uint64_t wanted);
  void write(const void* bytes, std::size_t count);
  void read_exactly(void* bytes, std::size_t count);

  std::string directory_;
  Fd file_;
  std::uint64_t size_ = 0;
  std::uint64_t room_until_ = 0;  ///< the disk had room for a file of this size
  std::uint64_t read_to_ = 0;
};

/// Bytes per second are what counts here: it tells damage, not malice. `seed` makes equal blocks at
/// different places differ.
std::uint64_t spill_checksum(std::string_view bytes, std::uint64_t seed);

}  // namespace cdc
