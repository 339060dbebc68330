#include "libcdc/sources/mysql/float_text.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

using namespace cdc::mysql;

namespace {

template <typename Float>
std::string text_of(Float value) {
  char text[kMostFloatText];
  return {text, put_float(text, value)};
}

template <typename Float, typename Bits>
void check_reads_back(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const auto value = std::bit_cast<Float>(static_cast<Bits>(random()));
    if (!std::isfinite(value)) continue;
    const std::string text = text_of(value);
    Float back = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), back);
    CHECK(end == text.data() + text.size());
    CHECK(std::bit_cast<Bits>(back) == std::bit_cast<Bits>(value));
    CHECK(text.size() < kMostFloatText);
  }
}

}  // namespace

TEST_CASE("every number reads back to itself") {
  check_reads_back<double, std::uint64_t>(1);
  check_reads_back<float, std::uint32_t>(2);
}

TEST_CASE("numbers stand as the servers print them") {
  CHECK(text_of(0.0) == "0");
  CHECK(text_of(-0.0) == "-0");
  CHECK(text_of(0.1) == "0.1");
  CHECK(text_of(0.1F) == "0.1");
  CHECK(text_of(100000.0) == "100000");
  CHECK(text_of(1e14) == "100000000000000");
  CHECK(text_of(1e15) == "1e15");
  CHECK(text_of(1234567890123456.5) == "1234567890123456.5");
  CHECK(text_of(1e-15) == "0.000000000000001");
  CHECK(text_of(1e-16) == "1e-16");
  CHECK(text_of(-1.5e-20) == "-1.5e-20");
  CHECK(text_of(std::numeric_limits<double>::max()) == "1.7976931348623157e308");
  CHECK(text_of(std::numeric_limits<double>::denorm_min()) == "5e-324");
}
