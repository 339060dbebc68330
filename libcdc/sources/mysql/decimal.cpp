#include "libcdc/sources/mysql/decimal.hpp"

#include <array>
#include <charconv>

#include "libcdc/sources/mysql/digits.hpp"

namespace cdc::mysql {
namespace {

constexpr unsigned kGroupDigits = 9;
constexpr std::size_t kGroupBytes = 4;
/// The bytes of a group of so many digits.
constexpr std::array<std::size_t, kGroupDigits + 1> kBytes = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr std::array<std::uint32_t, kGroupDigits + 1> kPowers = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

/// Takes the groups off one after the other. All bits of a negative number are inverted.
class Groups {
 public:
  explicit Groups(std::string_view bytes)
      : at_(bytes.data()),
        inverted_((static_cast<unsigned char>(bytes.front()) & kSign) == 0 ? 0xFFU : 0),
        flip_(kSign) {}

  bool negative() const { return inverted_ != 0; }
  bool ok() const { return ok_; }

  std::uint32_t next(unsigned digits) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < kBytes[digits]; ++i) {
      const unsigned byte = static_cast<unsigned char>(*at_++) ^ inverted_ ^ flip_;
      value = value << 8U | byte;
      flip_ = 0;
    }
    if (value < kPowers[digits]) return value;
    ok_ = false;
    return 0;
  }

 private:
  static constexpr unsigned kSign = 0x80;

  const char* at_;
  unsigned inverted_;
  unsigned flip_;  // the sign bit of the first byte is set where the number is not negative
  bool ok_ = true;
};

char* put_whole(char* to, Groups& groups, unsigned digits) {
  char* const begin = to;
  const auto put = [&](std::uint32_t value) {
    if (to != begin) {
      to = put_digits(to, value, kGroupDigits);
    } else if (value != 0) {
      to = std::to_chars(to, to + kGroupDigits, value).ptr;
    }
  };
  if (digits % kGroupDigits != 0) put(groups.next(digits % kGroupDigits));
  for (unsigned i = 0; i < digits / kGroupDigits; ++i) put(groups.next(kGroupDigits));
  if (to == begin) *to++ = '0';
  return to;
}

char* put_fraction(char* to, Groups& groups, unsigned digits) {
  *to++ = '.';
  for (; digits >= kGroupDigits; digits -= kGroupDigits) {
    to = put_digits(to, groups.next(kGroupDigits), kGroupDigits);
  }
  return digits == 0 ? to : put_digits(to, groups.next(digits), digits);
}

std::size_t size_of(unsigned digits) {
  return digits / kGroupDigits * kGroupBytes + kBytes[digits % kGroupDigits];
}

}  // namespace

std::size_t decimal_size(DecimalShape shape) {
  return size_of(shape.precision - shape.scale) + size_of(shape.scale);
}

char* put_decimal(char* to, std::string_view bytes, DecimalShape shape) {
  Groups groups(bytes);
  if (groups.negative()) *to++ = '-';
  to = put_whole(to, groups, shape.precision - shape.scale);
  if (shape.scale > 0) to = put_fraction(to, groups, shape.scale);
  return groups.ok() ? to : nullptr;
}

}  // namespace cdc::mysql
