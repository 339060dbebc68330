#include "libcdc/base/unicode.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace cdc {

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= static_cast<std::ptrdiff_t>(sizeof(std::uint64_t)); at += sizeof kHighBits) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    if ((word & kHighBits) != 0) return false;
  }
  return std::all_of(at, end, [](char c) { return (static_cast<unsigned char>(c) & 0x80U) == 0; });
}

}  // namespace cdc
