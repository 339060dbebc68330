#include "libcdc/sources/mysql/column_compression.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/libcdc/sources/mysql/type_cases.hpp"

using namespace cdc;
using namespace cdc::mysql;
using namespace std::literals;

namespace {

/// Deflate's form of `hello`, not compressed.
const std::string kRaw = type_cases::from_hex("010500faff") + "hello";
const std::string kZlib = type_cases::from_hex("7801") + kRaw + type_cases::from_hex("062c0215");

std::string plain(std::string_view stored) {
  Arena arena;
  const auto bytes = uncompress_column(stored, arena);
  return bytes ? std::string(*bytes) : "malformed";
}

}  // namespace

TEST_CASE("all forms of a compressed column") {
  CHECK(plain("") == "");
  CHECK(plain("\0"sv) == "");
  CHECK(plain("\0hello"sv) == "hello");
  CHECK(plain("\x89\x05" + kRaw) == "hello");
  CHECK(plain("\x8a\x00\x05"s + kRaw) == "hello");
  CHECK(plain("\x8b\x00\x00\x05"s + kRaw) == "hello");
  CHECK(plain("\x81\x05" + kZlib) == "hello");
}

TEST_CASE("what is none of them is malformed") {
  CHECK(plain("\x10hello") == "malformed");
  CHECK(plain("\x8b\x00"sv) == "malformed");
  CHECK(plain("\x89\x04" + kRaw) == "malformed");
  CHECK(plain("\x89\x06" + kRaw) == "malformed");
  CHECK(plain("\x81\x05" + kRaw) == "malformed");
  CHECK(plain("\x89\x05" + kRaw.substr(0, 8)) == "malformed");
}

TEST_CASE("a size that the bytes cannot have is refused before memory is taken for it") {
  Arena arena;
  CHECK_FALSE(uncompress_column("\x8c\x3f\xff\xff\xff" + kRaw, arena).has_value());
  CHECK_FALSE(uncompress_column("\x8f\xff\xff\xff\xff\xff\xff\xff" + kRaw, arena).has_value());
  CHECK(arena.capacity() == 0);
}
