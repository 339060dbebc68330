#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cdc::mysql {

namespace detail {

inline constexpr std::array<std::array<char, 2>, 100> kDigitPairs = [] {
  std::array<std::array<char, 2>, 100> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  }
  return table;
}();

}  // namespace detail

/// Writes the last two decimal digits of `value`, which is below 100; returns where they end.
inline char* put_two_digits(char* to, std::uint32_t value) {
  std::memcpy(to, detail::kDigitPairs[value].data(), 2);
  return to + 2;
}

/// Writes `value` with exactly `count` digits, zeros in front; returns where they end. It must have
/// no more digits than that.
inline char* put_digits(char* to, std::uint32_t value, std::size_t count) {
  char* const end = to + count;
  char* at = end;
  for (; at - to >= 2; value /= 100) put_two_digits(at -= 2, value % 100);
  if (at != to) *to = static_cast<char>('0' + value % 10);
  return end;
}

}  // namespace cdc::mysql
