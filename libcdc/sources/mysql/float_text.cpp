#include "libcdc/sources/mysql/float_text.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

#include "libcdc/base/text_buffer.hpp"

namespace cdc::mysql {
namespace {

/// The servers write an exponent where the point would stand further than this from the digits.
constexpr int kFarthestPoint = 15;

/// The digits of a number and how many of them stand before the point; negative: zeros behind it.
struct Digits {
  char text[24] = {};
  int count = 0;
  int point = 0;
};

template <typename Float>
Digits shortest(Float value) {
  char scientific[kMostFloatText];
  const char* const end = std::to_chars(scientific, scientific + sizeof scientific, value,
                                        std::chars_format::scientific)
                              .ptr;
  Digits digits;
  const char* at = scientific;
  for (; *at != 'e'; ++at) {
    if (*at != '.') digits.text[digits.count++] = *at;
  }
  ++at;
  if (*at == '+') ++at;
  std::from_chars(at, end, digits.point);
  ++digits.point;
  return digits;
}

char* put(char* to, const char* text, int count) {
  copy_text(to, text, static_cast<std::size_t>(count));
  return to + count;
}

char* put_zeros(char* to, int count) {
  std::memset(to, '0', static_cast<std::size_t>(count));
  return to + count;
}

char* put_fixed(char* to, const Digits& digits) {
  if (digits.point >= digits.count) {
    to = put(to, digits.text, digits.count);
    return put_zeros(to, digits.point - digits.count);
  }
  if (digits.point <= 0) {
    *to++ = '0';
    *to++ = '.';
    to = put_zeros(to, -digits.point);
    return put(to, digits.text, digits.count);
  }
  to = put(to, digits.text, digits.point);
  *to++ = '.';
  return put(to, digits.text + digits.point, digits.count - digits.point);
}

char* put_scientific(char* to, const Digits& digits) {
  *to++ = digits.text[0];
  if (digits.count > 1) {
    *to++ = '.';
    to = put(to, digits.text + 1, digits.count - 1);
  }
  *to++ = 'e';
  constexpr int kLongestExponent = 5;
  return std::to_chars(to, to + kLongestExponent, digits.point - 1).ptr;
}

template <typename Float>
char* put_number(char* to, Float value) {
  if (std::signbit(value)) *to++ = '-';
  if (value == 0) {
    *to++ = '0';
    return to;
  }
  const Digits digits = shortest(std::fabs(value));
  const bool fixed = digits.point > -kFarthestPoint &&
                     (digits.point <= kFarthestPoint || digits.count > digits.point);
  return fixed ? put_fixed(to, digits) : put_scientific(to, digits);
}

}  // namespace

char* put_float(char* to, float value) {
  return put_number(to, value);
}

char* put_float(char* to, double value) {
  return put_number(to, value);
}

}  // namespace cdc::mysql
