#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cdc::mysql {

/// How a DECIMAL is declared.
struct DecimalShape {
  unsigned precision = 0;  ///< digits in all: 1 to 65
  unsigned scale = 0;      ///< digits behind the point, at most precision

  /// False for a shape that no server has.
  bool valid() const { return precision >= 1 && precision <= 65 && scale <= precision; }
};

/// The longest text of a DECIMAL: sign, a zero, the point and its digits.
inline constexpr std::size_t kMostDecimalText = 68;

/// The bytes that a DECIMAL of this valid shape takes.
std::size_t decimal_size(DecimalShape shape);

/// Writes the text of a DECIMAL as the server prints it: `-1234567.891`, `0.50`. `bytes` are the
/// `decimal_size(shape)` bytes of the binary form, groups of nine digits in four bytes; `to` has
/// room for kMostDecimalText. Returns the end of the text; null where the bytes are no DECIMAL.
char* put_decimal(char* to, std::string_view bytes, DecimalShape shape);

}  // namespace cdc::mysql
