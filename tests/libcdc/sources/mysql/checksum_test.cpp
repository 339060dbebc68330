#include "libcdc/sources/mysql/checksum.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace cdc::mysql;

namespace {

/// The definition, bit by bit.
std::uint32_t naive(std::string_view bytes) {
  std::uint32_t sum = ~0U;
  for (const char byte : bytes) {
    sum ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ ((sum & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~sum;
}

}  // namespace

TEST_CASE("the checksum is that of zlib at every length and alignment") {
  std::string bytes;
  std::uint32_t seed = 1;
  for (int i = 0; i < 700; ++i) {
    seed = seed * 1664525U + 1013904223U;
    bytes += static_cast<char>(seed >> 24);
  }
  CHECK(crc32("123456789") == 0xCBF43926U);
  for (std::size_t length = 0; length <= 600; ++length) {
    CAPTURE(length);
    const std::string_view part = std::string_view(bytes).substr(length % 17, length);
    const std::string exact(part);
    CHECK(crc32(exact) == naive(exact));
  }
}
