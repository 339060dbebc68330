#include <fmt/compile.h>
#include <fmt/format.h>

#include "libcdc/sources/postgres/binary_scalars.hpp"

namespace cdc::postgres {
namespace {

constexpr int kDigits = 4;  // decimal ones in one of the base 10000
constexpr unsigned kBase = 10000;
constexpr unsigned kMostScale = 0x3fff;

enum Sign : unsigned {
  positive = 0x0000,
  negative = 0x4000,
  nan = 0xC000,
  infinity = 0xD000,
  minus_infinity = 0xF000,
};

/// The digits to the base 10000, those that are not stored included.
class Digits {
 public:
  Digits(ByteReader in, int count) : in_(in), count_(count) {}

  unsigned next() {
    if (count_ == 0) return 0;
    --count_;
    const unsigned digit = in_.u16();
    if (digit >= kBase) wrong_ = true;
    return digit % kBase;
  }
  bool wrong() const { return wrong_; }

 private:
  ByteReader in_;
  int count_;
  bool wrong_ = false;
};

void append_four(unsigned digit, TextBuffer& out) {
  out.end_at(fmt::format_to(out.room(kDigits), FMT_COMPILE("{:04}"), digit));
}

void append_whole(Digits& digits, int weight, TextBuffer& out) {
  out.end_at(fmt::format_to(out.room(kDigits), FMT_COMPILE("{}"), digits.next()));
  for (int i = 0; i < weight; ++i) append_four(digits.next(), out);
}

void append_fraction(Digits& digits, int zeros, unsigned scale, TextBuffer& out) {
  const std::size_t end = out.size() + 1 + scale;
  out.push_back('.');
  while (out.size() < end) append_four(zeros-- > 0 ? 0 : digits.next(), out);
  out.end_at(out.data() + end);
}

void append_digits(Digits& digits, int weight, unsigned scale, TextBuffer& out) {
  if (weight < 0) {
    out.push_back('0');
  } else {
    append_whole(digits, weight, out);
  }
  if (scale > 0) append_fraction(digits, -1 - weight, scale, out);
}

}  // namespace

void append_numeric(ByteReader& in, TextBuffer& out) {
  const int count = in.u16();
  const int weight = static_cast<std::int16_t>(in.u16());
  const unsigned sign = in.u16();
  const unsigned scale = in.u16();
  const ByteReader stored(in.bytes(2 * static_cast<std::size_t>(count)));
  if (!in.ok() || scale > kMostScale) return in.fail();
  if (sign == nan) return out.append("NaN");
  if (sign == infinity) return out.append("Infinity");
  if (sign == minus_infinity) return out.append("-Infinity");
  if (sign != positive && sign != negative) return in.fail();
  if (sign == negative) out.push_back('-');
  Digits digits(stored, count);
  append_digits(digits, weight, scale, out);
  if (digits.wrong()) in.fail();
}

}  // namespace cdc::postgres
