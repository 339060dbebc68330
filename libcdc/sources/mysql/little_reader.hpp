#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cdc::mysql {

/// Reads the little-endian numbers and the texts of MySQL's protocol and binlog from borrowed
/// bytes. It fails sticky: a read past the end gives zero or empty text and turns `ok()` false for
/// good, so a decoder asks once per event. Views that it returns live as long as the bytes.
class LittleReader {
 public:
  explicit LittleReader(std::string_view bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u24() { return static_cast<std::uint32_t>(number(3)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u48() { return number(6); }
  std::uint64_t u56() { return number(7); }
  std::uint64_t u64() { return number(8); }

  /// A number of `width` bytes, at most 8.
  std::uint64_t number(std::size_t width) {
    if (width > remaining()) {
      fail();
      return 0;
    }
    std::uint64_t value = 0;
    std::memcpy(&value, at_, width);
    at_ += width;
    return value;
  }

  /// A big-endian number of `width` bytes, at most 8.
  std::uint64_t big_endian(std::size_t width) {
    if (width > remaining()) {
      fail();
      return 0;
    }
    std::uint64_t value = 0;
    if (width > 0 && remaining() >= sizeof value) {
      // One load and a shift, where the bytes behind may be read too.
      std::memcpy(&value, at_, sizeof value);
      value = __builtin_bswap64(value) >> (8 * (sizeof value - width));
    } else {
      for (std::size_t i = 0; i < width; ++i) {
        value = value << 8 | static_cast<unsigned char>(at_[i]);
      }
    }
    at_ += width;
    return value;
  }

  /// A length-encoded integer: one byte below 251, or 252, 253, 254 and 2, 3, 8 bytes.
  std::uint64_t length_encoded() {
    const std::uint8_t first = u8();
    if (first < 251) return first;
    if (first == 252) return u16();
    if (first == 253) return u24();
    if (first == 254) return u64();
    fail();
    return 0;
  }

  /// The next `count` bytes.
  std::string_view bytes(std::size_t count) {
    if (count > remaining()) {
      fail();
      return {};
    }
    const std::string_view view(at_, count);
    at_ += count;
    return view;
  }

  /// Bytes behind their length-encoded count.
  std::string_view length_encoded_bytes() {
    const std::uint64_t count = length_encoded();
    if (count > remaining()) {
      fail();
      return {};
    }
    return bytes(static_cast<std::size_t>(count));
  }

  /// Everything that is left.
  std::string_view rest() { return bytes(remaining()); }

  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  /// Bytes consumed so far; after a failure the place of the first read that did not fit.
  std::size_t offset() const { return ok_ ? static_cast<std::size_t>(at_ - begin_) : failed_at_; }
  bool ok() const { return ok_; }
  /// Marks the bytes as malformed at the current place.
  void fail() {
    if (ok_) failed_at_ = static_cast<std::size_t>(at_ - begin_);
    ok_ = false;
    at_ = end_;
  }

 private:
  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t failed_at_ = 0;
  bool ok_ = true;
};

}  // namespace cdc::mysql
