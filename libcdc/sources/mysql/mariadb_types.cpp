#include "libcdc/sources/mysql/mariadb_types.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace cdc::mysql {
namespace {

constexpr std::size_t kUuidBytes = 16;
constexpr std::size_t kMostInet6Text = 48;
constexpr std::size_t kGroups = 8;

unsigned byte(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

/// The server stores the UUIDs of versions 1 to 5 with their parts in reverse order, so that those
/// of one host and time lie together; the others as they are. This is how it tells them apart: the
/// variant's bit, and a version below 8, at their swapped places.
bool is_swapped(std::string_view bytes) {
  const unsigned version = byte(bytes, 8);
  return (byte(bytes, 6) & 0x80U) != 0 && version >= 1 && version <= 0x80;
}

char* put_inet4(char* to, std::string_view bytes) {
  constexpr std::size_t kLongest = 3;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) *to++ = '.';
    to = std::to_chars(to, to + kLongest, byte(bytes, i)).ptr;
  }
  return to;
}

/// A run of groups that are zero.
struct Gap {
  std::size_t begin = 0;
  std::size_t size = 0;
};

using Groups = std::array<std::uint32_t, kGroups>;

/// The longest run of zeros, the first of equal ones.
Gap longest_gap(const Groups& groups) {
  Gap best;
  Gap now;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (groups[i] != 0) {
      now = {};
      continue;
    }
    if (now.size == 0) now.begin = i;
    ++now.size;
    if (now.size > best.size) best = now;
  }
  return best;
}

char* put_groups(char* to, const Groups& groups, const Gap& gap, std::size_t end) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t i = 0; i < end; ++i) {
    if (gap.size > 0 && i == gap.begin) {
      if (i == 0) *to++ = ':';
      *to++ = ':';
      i += gap.size - 1;
      continue;
    }
    to = std::to_chars(to, to + kLongest, groups[i], 16).ptr;
    if (i + 1 < kGroups) *to++ = ':';
  }
  return to;
}

}  // namespace

std::string_view uuid_text(std::string_view bytes, Arena& arena) {
  constexpr std::array<std::uint8_t, kUuidBytes> kSwapped = {12, 13, 14, 15, 10, 11, 8, 9,
                                                             6,  7,  0,  1,  2,  3,  4, 5};
  constexpr std::string_view kHex = "0123456789abcdef";
  const bool swapped = is_swapped(bytes);
  constexpr std::size_t kText = 2 * kUuidBytes + 4;
  char* const text = arena.allocate(kText);
  char* to = text;
  for (std::size_t i = 0; i < kUuidBytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    const unsigned value = byte(bytes, swapped ? kSwapped[i] : i);
    *to++ = kHex[value >> 4U];
    *to++ = kHex[value & 15U];
  }
  return {text, kText};
}

std::string_view inet4_text(std::string_view bytes, Arena& arena) {
  char* const text = arena.allocate(kMostInet6Text);
  return {text, static_cast<std::size_t>(put_inet4(text, bytes) - text)};
}

std::string_view inet6_text(std::string_view bytes, Arena& arena) {
  Groups groups{};
  for (std::size_t i = 0; i < kGroups; ++i)
    groups[i] = byte(bytes, 2 * i) << 8U | byte(bytes, 2 * i + 1);
  const Gap gap = longest_gap(groups);
  // An IPv4 address in the last two groups, behind nothing or behind ffff.
  const bool mapped = gap.begin == 0 && gap.size == 5 && groups[5] == 0xFFFF;
  const bool compatible = gap.begin == 0 && gap.size == 6;
  char* const text = arena.allocate(kMostInet6Text);
  char* to = put_groups(text, groups, gap, mapped || compatible ? 6 : kGroups);
  if (mapped || compatible) to = put_inet4(to, bytes.substr(12));
  return {text, static_cast<std::size_t>(to - text)};
}

}  // namespace cdc::mysql
