#pragma once

#include <array>
#include <span>
#include <string_view>

namespace cdc::mysql {

/// A character set of one byte a character whose lower half is ASCII.
struct OneByteCharset {
  std::string_view name;
  /// The characters of the bytes from 128 on; 0 where there is none.
  std::array<char16_t, 128> high;
};

/// All that the servers have, but swe7, whose lower half is not ASCII.
std::span<const OneByteCharset> one_byte_charsets();

}  // namespace cdc::mysql
