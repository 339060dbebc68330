#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace cdc {

/// Copies `count` bytes that do not overlap. Inline for the short texts that columns are made of,
/// where a call of memcpy costs more than the copy.
inline void copy_text(char* to, const char* from, std::size_t count) {
  if (count > 16) {
    std::memcpy(to, from, count);
  } else if (count >= 8) {
    // Two words that may overlap each other.
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::memcpy(&first, from, sizeof first);
    std::memcpy(&last, from + count - sizeof last, sizeof last);
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + count - sizeof last, &last, sizeof last);
  } else if (count >= 4) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, from, sizeof first);
    std::memcpy(&last, from + count - sizeof last, sizeof last);
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + count - sizeof last, &last, sizeof last);
  } else if (count > 0) {
    to[0] = from[0];
    to[count / 2] = from[count / 2];
    to[count - 1] = from[count - 1];
  }
}

/// Text that grows at its end. Unlike a std::string it hands out room that is not filled first, so
/// that encoders write in place.
class TextBuffer {
 public:
  TextBuffer() = default;
  explicit TextBuffer(std::string_view text) { append(text); }

  const char* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data(), size_}; }
  char& back() { return bytes_.get()[size_ - 1]; }
  char& operator[](std::size_t at) { return bytes_.get()[at]; }

  /// Where `count` more bytes may be written; they count from `end_at` on. Valid until the next
  /// call that grows.
  char* room(std::size_t count) {
    if (capacity_ - size_ < count) grow(count);
    return bytes_.get() + size_;
  }
  /// The text ends at `end`, which lies in the room that was asked for last.
  void end_at(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }

  void append(std::string_view text) { append(text.data(), text.size()); }
  // A dozen times a row: the call would cost as much as the copy.
  [[gnu::always_inline]] void append(const char* text, std::size_t count) {
    copy_text(room(count), text, count);
    size_ += count;
  }
  void append(std::size_t count, char c) {
    std::memset(room(count), c, count);
    size_ += count;
  }
  void push_back(char c) {
    *room(1) = c;
    ++size_;
  }
  TextBuffer& operator+=(char c) { return push_back(c), *this; }
  TextBuffer& operator+=(std::string_view text) { return append(text), *this; }

  /// Keeps the memory.
  void clear() { size_ = 0; }
  /// Drops the first `count` bytes.
  void drop_front(std::size_t count);

 private:
  void grow(std::size_t count);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace cdc
