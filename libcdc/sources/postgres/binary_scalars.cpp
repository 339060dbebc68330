#include "libcdc/sources/postgres/binary_scalars.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <bit>
#include <string_view>

#include "libcdc/sources/postgres/float_text.hpp"

namespace cdc::postgres {
namespace {

template <typename Number>
void append_number(Number number, TextBuffer& out) {
  out.end_at(fmt::format_to(out.room(20), FMT_COMPILE("{}"), number));
}

void append_hex(std::string_view bytes, TextBuffer& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  char* to = out.room(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *to++ = kDigits[byte >> 4U];
    *to++ = kDigits[byte & 0xfU];
  }
  out.end_at(to);
}

std::string_view rest(ByteReader& in) {
  return in.bytes(in.remaining());
}

}  // namespace

void append_boolean(ByteReader& in, TextBuffer& out) {
  const std::uint8_t value = in.u8();
  if (value > 1) in.fail();
  out.push_back(value == 1 ? 't' : 'f');
}

void append_int2(ByteReader& in, TextBuffer& out) {
  append_number(static_cast<std::int16_t>(in.u16()), out);
}

void append_int4(ByteReader& in, TextBuffer& out) {
  append_number(in.i32(), out);
}

void append_int8(ByteReader& in, TextBuffer& out) {
  append_number(in.i64(), out);
}

void append_u32(ByteReader& in, TextBuffer& out) {
  append_number(in.u32(), out);
}

void append_u64(ByteReader& in, TextBuffer& out) {
  append_number(in.u64(), out);
}

void append_float4(ByteReader& in, TextBuffer& out) {
  append_float(std::bit_cast<float>(in.u32()), out);
}

void append_float8(ByteReader& in, TextBuffer& out) {
  append_float(std::bit_cast<double>(in.u64()), out);
}

void append_money(ByteReader& in, TextBuffer& out) {
  constexpr std::uint64_t kScale = 100;
  constexpr int kGroup = 3;
  const std::int64_t value = in.i64();
  const auto bits = static_cast<std::uint64_t>(value);
  const std::uint64_t size = value < 0 ? 0 - bits : bits;
  char digits[20];
  const char* const end = fmt::format_to(digits, FMT_COMPILE("{}"), size / kScale);
  if (value < 0) out.push_back('-');
  out.push_back('$');
  for (const char* at = digits; at != end; ++at) {
    if (at != digits && (end - at) % kGroup == 0) out.push_back(',');
    out.push_back(*at);
  }
  out.end_at(fmt::format_to(out.room(3), FMT_COMPILE(".{:02}"), size % kScale));
}

void append_bytea(ByteReader& in, TextBuffer& out) {
  out += "\\x";
  append_hex(rest(in), out);
}

void append_bits(ByteReader& in, TextBuffer& out) {
  const std::uint32_t count = in.u32();
  const std::string_view bytes = in.bytes((std::uint64_t{count} + 7) / 8);
  if (!in.ok()) return;
  char* to = out.room(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i / 8]);
    *to++ = (byte >> (7 - i % 8) & 1U) != 0 ? '1' : '0';
  }
  out.end_at(to);
}

void append_uuid(ByteReader& in, TextBuffer& out) {
  append_hex(in.bytes(4), out);
  for (int i = 0; i < 3; ++i) {
    out.push_back('-');
    append_hex(in.bytes(2), out);
  }
  out.push_back('-');
  append_hex(in.bytes(6), out);
}

void append_pg_lsn(ByteReader& in, TextBuffer& out) {
  const std::uint32_t high = in.u32();
  out.end_at(fmt::format_to(out.room(17), FMT_COMPILE("{:X}/{:X}"), high, in.u32()));
}

void append_padded_pg_lsn(ByteReader& in, TextBuffer& out) {
  const std::uint32_t high = in.u32();
  out.end_at(fmt::format_to(out.room(17), FMT_COMPILE("{:X}/{:08X}"), high, in.u32()));
}

void append_pg_snapshot(ByteReader& in, TextBuffer& out) {
  const std::uint32_t count = in.u32();
  append_u64(in, out);
  out.push_back(':');
  append_u64(in, out);
  out.push_back(':');
  if (count > in.remaining() / sizeof(std::uint64_t)) return in.fail();
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i > 0) out.push_back(',');
    append_u64(in, out);
  }
}

void append_tid(ByteReader& in, TextBuffer& out) {
  out.push_back('(');
  append_u32(in, out);
  out.push_back(',');
  append_number(in.u16(), out);
  out.push_back(')');
}

}  // namespace cdc::postgres
