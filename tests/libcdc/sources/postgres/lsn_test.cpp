#include "libcdc/sources/postgres/lsn.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace cdc::postgres;

namespace {

constexpr Lsn kLast = std::numeric_limits<Lsn>::max();

}  // namespace

TEST_CASE("an LSN is printed upper case and unpadded") {
  CHECK(format_lsn(0) == "0/0");
  CHECK(format_lsn(23285664) == "0/1634FA0");
  CHECK(format_lsn(Lsn{0x16} << 32 | 0xB374D848) == "16/B374D848");
  CHECK(format_lsn(Lsn{1} << 32) == "1/0");
  CHECK(format_lsn(kLast) == "FFFFFFFF/FFFFFFFF");

  char text[17];
  CHECK(format_lsn(kLast, text) == 17);
  CHECK(format_lsn(0, text) == 3);
}

TEST_CASE("an LSN is read with 1 to 8 digits on each side in any case") {
  CHECK(parse_lsn("0/0") == 0);
  CHECK(parse_lsn("0/1634FA0") == 23285664);
  CHECK(parse_lsn("0/01634fa0") == 23285664);
  CHECK(parse_lsn("00000016/b374d848") == (Lsn{0x16} << 32 | 0xB374D848));
  CHECK(parse_lsn("ffffFFFF/FFFFffff") == kLast);
}

TEST_CASE("what is not an LSN is not read") {
  for (const char* bad : {"", "/", "0", "0/", "/0", "0/0/0", "0/0 ", " 0/0", "0x0/0", "-1/0",
                          "0/-1", "+1/0", "g/0", "0/000000001", "123456789/0", "0/1#2", "1.0/0"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_lsn(bad));
  }
}

TEST_CASE("what was printed is read back") {
  for (Lsn lsn = 1; lsn != 0; lsn <<= 1) {
    CHECK(parse_lsn(format_lsn(lsn)) == lsn);
    CHECK(parse_lsn(format_lsn(lsn - 1)) == lsn - 1);
  }
}
