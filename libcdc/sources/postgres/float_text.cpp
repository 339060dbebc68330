#include "libcdc/sources/postgres/float_text.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace cdc::postgres {
namespace {

template <typename Float>
struct Form;

template <>
struct Form<float> {
  using Bits = std::uint32_t;
  static constexpr int kFixedBelow = 6;  // from this power of ten on with an exponent
};

template <>
struct Form<double> {
  using Bits = std::uint64_t;
  static constexpr int kFixedBelow = 15;
};

constexpr int kSmallestFixed = -4;

/// `odd` times 2 to the power of `exponent`; odd 0: not of that form.
struct Scaled {
  std::uint64_t odd = 0;
  int exponent = 0;

  bool operator==(const Scaled&) const = default;
};

Scaled make_odd(std::uint64_t number, int exponent) {
  if (number == 0) return {};
  const int zeros = std::countr_zero(number);
  return {number >> zeros, exponent + zeros};
}

/// Digits in scientific notation, as std::to_chars writes them.
struct Scientific {
  char text[32] = {};
  std::size_t size = 0;

  std::string_view view() const { return {text, size}; }
  std::size_t exponent_at() const { return view().find('e'); }
  int exponent() const {
    int value = 0;
    const char* at = text + exponent_at() + 1;
    if (*at == '+') ++at;
    std::from_chars(at, text + size, value);
    return value;
  }
};

template <typename Float, typename... Precision>
Scientific scientific(Float value, Precision... precision) {
  Scientific result;
  const auto [end, error] = std::to_chars(result.text, result.text + sizeof result.text, value,
                                          std::chars_format::scientific, precision...);
  result.size = static_cast<std::size_t>(end - result.text);
  return result;
}

/// The exact number that the digits name, where it is a whole number times a power of two.
Scaled exact(const Scientific& digits) {
  std::uint64_t number = 0;
  int exponent = digits.exponent();
  bool fraction = false;
  for (const char c : digits.view().substr(0, digits.exponent_at())) {
    if (c == '.') fraction = true;
    if (c < '0') continue;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
    if (fraction) --exponent;
  }
  Scaled result = make_odd(number, exponent);
  for (; exponent > 0; --exponent) {
    if (result.odd > std::numeric_limits<std::uint64_t>::max() / 5) return {};
    result.odd *= 5;
  }
  for (; exponent < 0; ++exponent) {
    if (result.odd % 5 != 0) return {};
    result.odd /= 5;
  }
  return result;
}

/// True where the digits lie exactly in the middle between `value`, which is positive, and one of
/// its neighbours. They read back to `value`, whose mantissa is even then; but the server never
/// takes such digits.
template <typename Float>
bool between_neighbours(Float value, const Scientific& digits) {
  using Bits = typename Form<Float>::Bits;
  constexpr int kFraction = std::numeric_limits<Float>::digits - 1;
  constexpr int kLeast = std::numeric_limits<Float>::min_exponent - 1 - kFraction;
  constexpr Bits kHidden = Bits{1} << kFraction;
  const Bits bits = std::bit_cast<Bits>(value);
  const int biased = static_cast<int>(bits >> kFraction);
  const std::uint64_t fraction = bits & (kHidden - 1);
  const std::uint64_t mantissa = biased == 0 ? fraction : fraction | kHidden;
  const int exponent = biased == 0 ? kLeast : kLeast + biased - 1;
  if (mantissa % 2 != 0) return false;
  const Scaled middle = exact(digits);
  if (middle == Scaled{2 * mantissa + 1, exponent - 1}) return true;
  // Below a power of two the floats lie twice as close.
  const bool closer = fraction == 0 && biased > 1;
  return middle ==
         (closer ? Scaled{4 * mantissa - 1, exponent - 2} : Scaled{2 * mantissa - 1, exponent - 1});
}

template <typename Float>
bool reads_back(const Scientific& digits, Float value) {
  Float back = 0;
  std::from_chars(digits.text, digits.text + digits.size, back);
  return back == value;
}

template <typename Float>
Scientific shortest(Float value) {
  const Scientific digits = scientific(value);
  if (!between_neighbours(value, digits)) return digits;
  const int dot = digits.exponent_at() > 1 ? 1 : 0;
  const int shown = static_cast<int>(digits.exponent_at()) - 1 - dot;  // behind the point
  for (int precision = shown + 1; precision < std::numeric_limits<Float>::max_digits10;
       ++precision) {
    const Scientific longer = scientific(value, precision);
    if (reads_back(longer, value) && !between_neighbours(value, longer)) return longer;
  }
  return scientific(value, std::numeric_limits<Float>::max_digits10 - 1);
}

/// `12.5`, `100`, `0.001` from the digits 125, 1, 1 and the exponent of the first of them.
void append_fixed(const Scientific& digits, int exponent, TextBuffer& out) {
  const std::size_t mark = digits.exponent_at();
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-exponent - 1), '0');
    out.push_back(digits.text[0]);
    if (mark > 2) out.append(digits.text + 2, mark - 2);
    return;
  }
  const std::size_t behind = mark > 2 ? mark - 2 : 0;
  const auto whole = static_cast<std::size_t>(exponent);
  out.push_back(digits.text[0]);
  if (behind <= whole) {
    out.append(digits.text + 2, behind);
    out.append(whole - behind, '0');
    return;
  }
  out.append(digits.text + 2, whole);
  out.push_back('.');
  out.append(digits.text + 2 + whole, behind - whole);
}

template <typename Float>
void append(Float value, TextBuffer& out) {
  if (std::isnan(value)) return out.append("NaN");
  if (std::signbit(value)) out.push_back('-');
  if (std::isinf(value)) return out.append("Infinity");
  const Float size = std::fabs(value);
  if (size == 0) return out.push_back('0');
  const Scientific digits = shortest(size);
  const int exponent = digits.exponent();
  if (exponent < kSmallestFixed || exponent >= Form<Float>::kFixedBelow) {
    return out.append(digits.view());
  }
  append_fixed(digits, exponent, out);
}

}  // namespace

void append_float(float value, TextBuffer& out) {
  append(value, out);
}

void append_float(double value, TextBuffer& out) {
  append(value, out);
}

}  // namespace cdc::postgres
