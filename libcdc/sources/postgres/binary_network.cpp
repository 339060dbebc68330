#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>
#include <string_view>

#include "libcdc/sources/postgres/binary_scalars.hpp"

namespace cdc::postgres {
namespace {

constexpr std::size_t kBytes4 = 4;
constexpr std::size_t kWords6 = 8;

using Words = std::array<unsigned, kWords6>;

unsigned byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

void append_ipv4(std::string_view bytes, TextBuffer& out) {
  out.end_at(fmt::format_to(out.room(15), FMT_COMPILE("{}.{}.{}.{}"), byte_at(bytes, 0),
                            byte_at(bytes, 1), byte_at(bytes, 2), byte_at(bytes, 3)));
}

struct Run {
  std::size_t begin = 0;
  std::size_t length = 0;
};

/// The first of the longest runs of zero words, which is written `::`; one alone is not.
Run longest_zeros(const Words& words) {
  Run best;
  Run current;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != 0) {
      current = {};
      continue;
    }
    if (current.length == 0) current.begin = i;
    if (++current.length > best.length) best = current;
  }
  return best.length >= 2 ? best : Run{};
}

/// As the server's own inet_net_ntop.c does it: not quite the form of RFC 5952.
void append_ipv6(std::string_view bytes, TextBuffer& out) {
  Words words{};
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = byte_at(bytes, 2 * i) << 8U | byte_at(bytes, 2 * i + 1);
  }
  const Run zeros = longest_zeros(words);
  const std::size_t end = zeros.begin + zeros.length;
  const bool holds_ipv4 =
      zeros.begin == 0 && (zeros.length == 6 || (zeros.length == 5 && words[5] == 0xffff));
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (zeros.length > 0 && i >= zeros.begin && i < end) {
      if (i == zeros.begin) out.push_back(':');
      continue;
    }
    if (i > 0) out.push_back(':');
    if (i == 6 && holds_ipv4) return append_ipv4(bytes.substr(12), out);
    out.end_at(fmt::format_to(out.room(4), FMT_COMPILE("{:x}"), words[i]));
  }
  if (zeros.length > 0 && end == words.size()) out.push_back(':');
}

enum class Bits { shown_where_not_all, always_shown };

void append_address(ByteReader& in, Bits shown, TextBuffer& out) {
  constexpr unsigned kIpv4 = 2;
  constexpr unsigned kIpv6 = 3;
  const unsigned family = in.u8();
  const unsigned bits = in.u8();
  in.u8();
  const std::string_view bytes = in.bytes(in.u8());
  const std::size_t size = family == kIpv4 ? kBytes4 : 2 * kWords6;
  if ((family != kIpv4 && family != kIpv6) || bytes.size() != size || bits > 8 * size) {
    return in.fail();
  }
  if (family == kIpv4) {
    append_ipv4(bytes, out);
  } else {
    append_ipv6(bytes, out);
  }
  if (bits == 8 * size && shown != Bits::always_shown) return;
  out.end_at(fmt::format_to(out.room(4), FMT_COMPILE("/{}"), bits));
}

void append_mac(std::string_view bytes, TextBuffer& out) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) out.push_back(':');
    out.end_at(fmt::format_to(out.room(2), FMT_COMPILE("{:02x}"), byte_at(bytes, i)));
  }
}

}  // namespace

void append_inet(ByteReader& in, TextBuffer& out) {
  append_address(in, Bits::shown_where_not_all, out);
}

void append_cidr(ByteReader& in, TextBuffer& out) {
  append_address(in, Bits::always_shown, out);
}

void append_macaddr(ByteReader& in, TextBuffer& out) {
  append_mac(in.bytes(6), out);
}

void append_macaddr8(ByteReader& in, TextBuffer& out) {
  append_mac(in.bytes(8), out);
}

}  // namespace cdc::postgres
