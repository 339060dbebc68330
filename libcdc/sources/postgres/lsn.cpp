#include "libcdc/sources/postgres/lsn.hpp"

#include <charconv>

namespace cdc::postgres {
namespace {

constexpr std::size_t kHalfDigits = 8;
constexpr std::size_t kTextSize = 2 * kHalfDigits + 1;

std::optional<std::uint32_t> parse_half(std::string_view digits) {
  if (digits.empty() || digits.size() > kHalfDigits) return std::nullopt;
  std::uint32_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

char* put_half(char* out, std::uint32_t half) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  int shift = 28;
  while (shift > 0 && (half >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) *out++ = kDigits[half >> shift & 15U];
  return out;
}

}  // namespace

std::optional<Lsn> parse_lsn(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto high = parse_half(text.substr(0, slash));
  const auto low = parse_half(text.substr(slash + 1));
  if (!high || !low) return std::nullopt;
  return Lsn{*high} << 32 | *low;
}

std::size_t format_lsn(Lsn lsn, char* out) {
  char* at = put_half(out, static_cast<std::uint32_t>(lsn >> 32));
  *at++ = '/';
  at = put_half(at, static_cast<std::uint32_t>(lsn));
  return static_cast<std::size_t>(at - out);
}

std::string format_lsn(Lsn lsn) {
  char text[kTextSize];
  return {text, format_lsn(lsn, text)};
}

}  // namespace cdc::postgres
