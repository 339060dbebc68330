#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cdc {

/// Reads big-endian numbers and text from borrowed bytes. It fails sticky: a read past the end
/// gives zero or empty text and turns `ok()` false for good, so a decoder asks once per message.
/// Views that it returns live as long as the bytes that it was made from.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number<1>()); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number<2>()); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number<4>()); }
  std::int32_t i32() { return static_cast<std::int32_t>(u32()); }
  std::uint64_t u64() { return number<8>(); }
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }

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

  /// Text up to the next 0 byte, which is consumed and not part of it.
  std::string_view text() {
    const void* zero = remaining() == 0 ? nullptr : std::memchr(at_, 0, remaining());
    if (zero == nullptr) {
      fail();
      return {};
    }
    const auto* end = static_cast<const char*>(zero);
    const std::string_view view(at_, static_cast<std::size_t>(end - at_));
    at_ = end + 1;
    return view;
  }

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
  template <int kWidth>
  std::uint64_t number() {
    if (remaining() < kWidth) {
      fail();
      return 0;
    }
    std::uint64_t value = 0;
    for (int i = 0; i < kWidth; ++i) value = value << 8 | static_cast<unsigned char>(at_[i]);
    at_ += kWidth;
    return value;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t failed_at_ = 0;
  bool ok_ = true;
};

}  // namespace cdc
