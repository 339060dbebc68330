#include "libcdc/sources/postgres/binary_scalars.hpp"

namespace cdc::postgres {
namespace {

constexpr std::size_t kPointBytes = 16;

void append_points(ByteReader& in, std::size_t count, TextBuffer& out) {
  if (count > in.remaining() / kPointBytes) return in.fail();
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out.push_back(',');
    append_point(in, out);
  }
}

}  // namespace

void append_point(ByteReader& in, TextBuffer& out) {
  out.push_back('(');
  append_float8(in, out);
  out.push_back(',');
  append_float8(in, out);
  out.push_back(')');
}

void append_lseg(ByteReader& in, TextBuffer& out) {
  out.push_back('[');
  append_points(in, 2, out);
  out.push_back(']');
}

void append_path(ByteReader& in, TextBuffer& out) {
  const std::uint8_t closed = in.u8();
  if (closed > 1) return in.fail();
  out.push_back(closed == 1 ? '(' : '[');
  append_points(in, in.u32(), out);
  out.push_back(closed == 1 ? ')' : ']');
}

void append_box(ByteReader& in, TextBuffer& out) {
  append_points(in, 2, out);
}

void append_polygon(ByteReader& in, TextBuffer& out) {
  out.push_back('(');
  append_points(in, in.u32(), out);
  out.push_back(')');
}

void append_line(ByteReader& in, TextBuffer& out) {
  out.push_back('{');
  append_float8(in, out);
  out.push_back(',');
  append_float8(in, out);
  out.push_back(',');
  append_float8(in, out);
  out.push_back('}');
}

void append_circle(ByteReader& in, TextBuffer& out) {
  out.push_back('<');
  append_point(in, out);
  out.push_back(',');
  append_float8(in, out);
  out.push_back('>');
}

}  // namespace cdc::postgres
