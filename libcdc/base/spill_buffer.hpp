#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/spill_file.hpp"

namespace cdc {

/// Records that are read once, in the order in which they came: in memory, or, as far as it was
/// told to spill, in a file. First everything is appended, then everything is read.
class SpillBuffer {
 public:
  /// Room for a record of `size` bytes, below 4 GiB: to be filled before the next call.
  char* append(std::size_t size);

  /// Moves everything in memory to a file in `directory`. Throws output.
  void spill(const std::string& directory);

  /// The next record, or nothing behind the last; valid until the next call. Throws output where
  /// the file is damaged.
  std::optional<std::string_view> next();

  /// Bytes of memory held.
  std::size_t memory() const { return memory_; }
  /// Bytes in the file.
  std::uint64_t spilled() const { return file_ ? file_->size() : 0; }

 private:
  static constexpr std::size_t kFirstBlock = std::size_t{8} * 1024;
  static constexpr std::size_t kLargestBlock = std::size_t{256} * 1024;

  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t capacity = 0;
    std::size_t used = 0;
  };

  void add_block(std::size_t least);
  bool enter_next_block();
  void release(Block& block);

  std::vector<Block> blocks_;
  std::size_t next_capacity_ = kFirstBlock;
  std::size_t memory_ = 0;
  std::unique_ptr<SpillFile> file_;

  std::string from_file_;  ///< the block of the file that is being read
  std::size_t block_ = 0;  ///< how many blocks of memory were entered
  std::string_view unread_;
};

}  // namespace cdc
