#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace cdc {

/// Memory that is given out in pieces and taken back all at once. Pieces never move, and `reset`
/// keeps the blocks for the next round, so a steady state allocates nothing.
class Arena {
 public:
  /// `bytes` of uninitialised memory, aligned for any value, valid until `reset`.
  char* allocate(std::size_t bytes) {
    bytes = (bytes + kAlignment - 1) & ~(kAlignment - 1);
    if (bytes > static_cast<std::size_t>(end_ - at_)) grow(bytes);
    char* piece = at_;
    at_ += bytes;
    return piece;
  }

  /// Room for `count` values of T, uninitialised.
  template <typename T>
  T* array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlignment);
    return reinterpret_cast<T*>(allocate(count * sizeof(T)));
  }

  /// A copy of `text` that lives until `reset`.
  std::string_view copy(std::string_view text);

  /// Takes every piece back. Blocks beyond kKeep bytes in all are returned to the system, so one
  /// huge row does not stay for ever.
  void reset();

  /// Bytes held from the system.
  std::size_t capacity() const { return capacity_; }

 private:
  static constexpr std::size_t kAlignment = alignof(std::max_align_t);
  static constexpr std::size_t kBlock = std::size_t{64} * 1024;
  static constexpr std::size_t kKeep = std::size_t{2} * 1024 * 1024;

  struct Block {
    std::unique_ptr<char[]> memory;
    std::size_t size = 0;
  };

  void grow(std::size_t bytes);
  void enter(std::size_t index);

  std::vector<Block> blocks_;
  std::size_t current_ = 0;
  std::size_t capacity_ = 0;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace cdc
