#include "libcdc/base/reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using cdc::ByteReader;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view kMessage =
    "\x01"
    "\x02\x03"
    "\x04\x05\x06\x07"
    "\xFF\xFF\xFF\xFE"
    "\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F"
    "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFD"
    "text\0"
    "raw"sv;

/// Reads the whole message; only of interest for where it stops.
void read_all(ByteReader& reader) {
  reader.u8();
  reader.u16();
  reader.u32();
  reader.i32();
  reader.u64();
  reader.i64();
  reader.text();
  reader.bytes(3);
}

}  // namespace

TEST_CASE("numbers are big-endian, text ends at a 0 byte") {
  ByteReader reader(kMessage);
  CHECK(reader.u8() == 0x01);
  CHECK(reader.u16() == 0x0203);
  CHECK(reader.u32() == 0x04050607);
  CHECK(reader.i32() == -2);
  CHECK(reader.u64() == 0x08090A0B0C0D0E0F);
  CHECK(reader.i64() == -3);
  CHECK(reader.text() == "text");
  CHECK(reader.offset() == 32);
  CHECK(reader.remaining() == 3);
  CHECK(reader.bytes(3) == "raw");
  CHECK(reader.ok());
  CHECK(reader.remaining() == 0);
}

TEST_CASE("every truncation fails, at the first read that did not fit") {
  constexpr std::size_t kStarts[] = {0, 1, 3, 7, 11, 19, 27, 32};
  for (std::size_t size = 0; size < kMessage.size(); ++size) {
    // A copy of the exact size, so that a sanitizer sees a read beyond it.
    const std::string cut(kMessage.substr(0, size));
    ByteReader reader(cut);
    read_all(reader);
    CAPTURE(size);
    CHECK_FALSE(reader.ok());
    std::size_t start = 0;
    for (const std::size_t s : kStarts) start = s <= size ? s : start;
    CHECK(reader.offset() == start);
  }
}

TEST_CASE("a failure sticks: everything after it is zero or empty") {
  ByteReader reader("\x01\x02\x03\x04\x05\x06\x07\x08"sv);
  reader.u16();
  CHECK(reader.bytes(7).empty());
  CHECK_FALSE(reader.ok());
  CHECK(reader.u8() == 0);
  CHECK(reader.u16() == 0);
  CHECK(reader.u32() == 0);
  CHECK(reader.i32() == 0);
  CHECK(reader.u64() == 0);
  CHECK(reader.i64() == 0);
  CHECK(reader.text().empty());
  CHECK(reader.bytes(1).empty());
  CHECK(reader.remaining() == 0);
  CHECK(reader.offset() == 2);
}

TEST_CASE("a count that wraps around is a failure") {
  ByteReader reader("abc"sv);
  CHECK(reader.bytes(static_cast<std::size_t>(-1)).empty());
  CHECK_FALSE(reader.ok());
}

TEST_CASE("text without its 0 byte is a failure, empty text is not") {
  ByteReader unterminated("abc"sv);
  CHECK(unterminated.text().empty());
  CHECK_FALSE(unterminated.ok());
  ByteReader empty("\0"sv);
  CHECK(empty.text().empty());
  CHECK(empty.ok());
}

TEST_CASE("a decoder can call bytes malformed") {
  ByteReader reader("abcdef"sv);
  reader.bytes(4);
  reader.fail();
  CHECK_FALSE(reader.ok());
  CHECK(reader.offset() == 4);
  reader.fail();
  CHECK(reader.offset() == 4);
}

TEST_CASE("nothing at all") {
  ByteReader reader(std::string_view{});
  CHECK(reader.ok());
  CHECK(reader.bytes(0).empty());
  CHECK(reader.ok());
  CHECK(reader.text().empty());
  CHECK_FALSE(reader.ok());
}
