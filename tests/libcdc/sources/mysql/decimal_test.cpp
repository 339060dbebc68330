#include "libcdc/sources/mysql/decimal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

using namespace cdc::mysql;

namespace {

/// The binary form of digits, written down from the format's description and not from the decoder.
std::string encode(const std::string& whole, const std::string& fraction, bool negative) {
  constexpr std::size_t kBytes[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
  std::string bytes;
  const auto put = [&](const std::string& digits) {
    const auto value = digits.empty() ? 0 : std::stoul(digits);
    for (std::size_t i = kBytes[digits.size()]; i > 0; --i) {
      bytes += static_cast<char>(value >> (8 * (i - 1)));
    }
  };
  put(whole.substr(0, whole.size() % 9));
  for (std::size_t i = whole.size() % 9; i < whole.size(); i += 9) put(whole.substr(i, 9));
  for (std::size_t i = 0; i < fraction.size(); i += 9) put(fraction.substr(i, 9));
  bytes.front() = static_cast<char>(bytes.front() ^ '\x80');
  if (negative) {
    for (char& byte : bytes) byte = static_cast<char>(~byte);
  }
  return bytes;
}

std::string text_of(std::string_view bytes, DecimalShape shape) {
  char text[kMostDecimalText];
  char* const end = put_decimal(text, bytes, shape);
  return end == nullptr ? "no decimal" : std::string(text, static_cast<std::size_t>(end - text));
}

std::string random_digits(std::mt19937& random, std::size_t count) {
  std::string digits;
  for (std::size_t i = 0; i < count; ++i) digits += static_cast<char>('0' + random() % 10);
  // Often zeros in front, for groups that are left out or padded.
  std::fill_n(digits.begin(), count == 0 ? 0 : random() % count, '0');
  return digits;
}

}  // namespace

TEST_CASE("a decimal reads back as the digits that it was made of") {
  std::mt19937 random(20261120);
  for (int i = 0; i < 20'000; ++i) {
    DecimalShape shape;
    shape.precision = 1 + static_cast<unsigned>(random() % 65);
    shape.scale = static_cast<unsigned>(random() % (shape.precision + 1));
    const std::string whole = random_digits(random, shape.precision - shape.scale);
    const std::string fraction = random_digits(random, shape.scale);
    const bool negative = random() % 2 == 0;
    const std::string bytes = encode(whole, fraction, negative);
    REQUIRE(bytes.size() == decimal_size(shape));

    const auto first = std::min(whole.find_first_not_of('0'), whole.size());
    std::string expected = negative ? "-" : "";
    expected += first == whole.size() ? "0" : whole.substr(first);
    if (shape.scale > 0) expected += "." + fraction;
    CHECK(text_of(bytes, shape) == expected);
  }
}

TEST_CASE("a group with more digits than it has is no decimal") {
  CHECK(text_of("\xff\xff\xff\xff", {9, 0}) == "no decimal");
  CHECK(text_of("\x80\x64", {3, 2}) == "no decimal");
  CHECK(text_of("\x80\x63", {3, 2}) == "0.99");
}

TEST_CASE("shapes") {
  CHECK(DecimalShape{65, 65}.valid());
  CHECK_FALSE(DecimalShape{0, 0}.valid());
  CHECK_FALSE(DecimalShape{66, 0}.valid());
  CHECK_FALSE(DecimalShape{5, 6}.valid());
  CHECK(decimal_size({14, 4}) == 7);
  CHECK(decimal_size({65, 30}) == 30);
}
