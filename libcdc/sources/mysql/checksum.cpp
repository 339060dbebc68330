#include "libcdc/sources/mysql/checksum.hpp"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cdc::mysql {
namespace {

std::uint32_t crc32_of_zlib(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

#if defined(__x86_64__)

#define CDC_CARRYLESS __attribute__((target("pclmul,sse4.1")))

// V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel 2009:
// powers of x modulo the reflected polynomial, for folding 64 and 16 bytes ahead.
alignas(16) constexpr std::uint64_t kFold64[2] = {0x0154442bd4, 0x01c6e41596};
alignas(16) constexpr std::uint64_t kFold16[2] = {0x01751997d0, 0x00ccaa009e};
alignas(16) constexpr std::uint64_t kTo64[2] = {0x0163cd6124, 0};
alignas(16) constexpr std::uint64_t kBarrett[2] = {0x01db710641, 0x01f7011641};

constexpr std::size_t kBlock = 16;

CDC_CARRYLESS inline __m128i load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

CDC_CARRYLESS inline __m128i constant(const std::uint64_t (&pair)[2]) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(pair));
}

/// `sum`, moved ahead by the distance of `power`, with the block that stands there.
CDC_CARRYLESS inline __m128i fold(__m128i sum, __m128i power, __m128i block) {
  const __m128i low = _mm_clmulepi64_si128(sum, power, 0x00);
  const __m128i high = _mm_clmulepi64_si128(sum, power, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), block);
}

/// Folds in the last `count` bytes, 1 to 15, which end at `end`: sum and tail together are set
/// behind so many zeros that they fill two blocks.
CDC_CARRYLESS inline __m128i fold_tail(__m128i sum, const char* end, std::size_t count) {
  alignas(16) static constexpr std::uint8_t kShuffle[3 * kBlock] = {
      0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
      0x80, 0x80, 0x80, 0x80, 0,    1,    2,    3,    4,    5,    6,    7,
      8,    9,    10,   11,   12,   13,   14,   15,   0x80, 0x80, 0x80, 0x80,
      0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
  const char* masks = reinterpret_cast<const char*>(kShuffle) + count;
  const __m128i upward = load(masks);
  const __m128i downward = load(masks + kBlock);
  const __m128i is_tail = _mm_cmpgt_epi8(_mm_setzero_si128(), downward);
  const __m128i tail = _mm_and_si128(load(end - kBlock), is_tail);
  const __m128i block = _mm_or_si128(_mm_shuffle_epi8(sum, downward), tail);
  return fold(_mm_shuffle_epi8(sum, upward), constant(kFold16), block);
}

/// 128 bits to the 32 of the checksum.
CDC_CARRYLESS inline std::uint32_t reduce(__m128i sum) {
  const __m128i low_half = _mm_setr_epi32(~0, 0, ~0, 0);
  sum = _mm_xor_si128(_mm_clmulepi64_si128(sum, constant(kFold16), 0x10), _mm_srli_si128(sum, 8));
  const __m128i upper = _mm_srli_si128(sum, 4);
  sum = _mm_clmulepi64_si128(_mm_and_si128(sum, low_half), constant(kTo64), 0x00);
  sum = _mm_xor_si128(sum, upper);
  __m128i quotient = _mm_and_si128(sum, low_half);
  quotient = _mm_clmulepi64_si128(quotient, constant(kBarrett), 0x10);
  quotient = _mm_and_si128(quotient, low_half);
  quotient = _mm_clmulepi64_si128(quotient, constant(kBarrett), 0x00);
  return static_cast<std::uint32_t>(_mm_extract_epi32(_mm_xor_si128(sum, quotient), 1));
}

/// At least one block.
CDC_CARRYLESS std::uint32_t crc32_carryless(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  __m128i sum = _mm_xor_si128(load(at), _mm_cvtsi32_si128(-1));
  at += kBlock;
  if (end - at >= 7 * static_cast<std::ptrdiff_t>(kBlock)) {
    __m128i lanes[4] = {sum, load(at), load(at + 16), load(at + 32)};
    at += 3 * kBlock;
    for (; end - at >= 4 * static_cast<std::ptrdiff_t>(kBlock); at += 4 * kBlock) {
      for (int i = 0; i < 4; ++i) {
        lanes[i] = fold(lanes[i], constant(kFold64), load(at + i * 16));
      }
    }
    sum = lanes[0];
    for (int i = 1; i < 4; ++i) sum = fold(sum, constant(kFold16), lanes[i]);
  }
  for (; end - at >= static_cast<std::ptrdiff_t>(kBlock); at += kBlock) {
    sum = fold(sum, constant(kFold16), load(at));
  }
  if (at != end) sum = fold_tail(sum, end, static_cast<std::size_t>(end - at));
  return ~reduce(sum);
}

bool has_carryless() {
  static const bool has =
      __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("sse4.1") != 0;
  return has;
}

#endif

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
#if defined(__x86_64__)
  if (bytes.size() >= kBlock && has_carryless()) return crc32_carryless(bytes);
#endif
  return crc32_of_zlib(bytes);
}

}  // namespace cdc::mysql
