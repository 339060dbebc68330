#include "libcdc/sources/mysql/sent_value.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "libcdc/sources/mysql/charset.hpp"
#include "libcdc/sources/mysql/row_stream.hpp"

using namespace cdc;
using namespace cdc::mysql;
using namespace std::string_view_literals;
using namespace std::string_literals;

namespace {

ColumnFormat format_of(ColumnType type, std::uint16_t meta = 0, const char* charset = nullptr) {
  ColumnFormat format;
  format.type = type;
  format.meta = meta;
  if (charset != nullptr) format.charset = find_charset(charset);
  return format;
}

ColumnFormat unsigned_format(ColumnType type) {
  ColumnFormat format = format_of(type);
  format.is_unsigned = true;
  return format;
}

/// The kind as one letter, and the text; `!` where the bytes do not fit, whole or in part.
std::string read(const ColumnFormat& format, std::string_view bytes) {
  static Arena arena;
  LittleReader reader(bytes);
  const Value value = read_sent_value(format, reader, arena);
  if (!reader.ok() || reader.remaining() != 0) return "!";
  constexpr std::string_view kLetters = "?unNdbtBUja";
  return kLetters.substr(static_cast<std::size_t>(value.kind()), 1).data()[0] +
         (":" + std::string(value.text()));
}

}  // namespace

TEST_CASE("Numbers come as in the log, but for MEDIUMINT and YEAR") {
  CHECK(read(format_of(ColumnType::tiny), "\xFF"sv) == "N:-1");
  CHECK(read(unsigned_format(ColumnType::tiny), "\xFF"sv) == "N:255");
  CHECK(read(format_of(ColumnType::small), "\x00\x80"sv) == "N:-32768");
  CHECK(read(format_of(ColumnType::medium), "\x00\x00\x80\xFF"sv) == "N:-8388608");
  CHECK(read(unsigned_format(ColumnType::medium), "\xFF\xFF\xFF\x00"sv) == "N:16777215");
  CHECK(read(format_of(ColumnType::integer), "\x00\x00\x00\x80"sv) == "N:-2147483648");
  CHECK(read(unsigned_format(ColumnType::big), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv) ==
        "N:18446744073709551615");
  CHECK(read(format_of(ColumnType::year), "\xCF\x07"sv) == "N:1999");
  CHECK(read(format_of(ColumnType::year), "\x00\x00"sv) == "N:0");
  CHECK(read(format_of(ColumnType::real), "\xCD\xCC\xCC\x3D"sv) == "N:0.1");
  CHECK(read(format_of(ColumnType::double_real), "\x9A\x99\x99\x99\x99\x99\xB9\x3F"sv) == "N:0.1");
  CHECK(read(format_of(ColumnType::bit, 12), "\x02\x0A\xBC"sv) == "N:2748");
}

TEST_CASE("A decimal of a ZEROFILL column has no leading zeros") {
  const ColumnFormat decimal = format_of(ColumnType::new_decimal, 9 << 8 | 2);
  CHECK(read(decimal,
             "\x0A"
             "0000007.50"sv) == "d:7.50");
  CHECK(read(decimal,
             "\x04"
             "0.00"sv) == "d:0.00");
  CHECK(read(decimal,
             "\x05"
             "-0.50"sv) == "d:-0.50");
  CHECK(read(decimal,
             "\x05"
             "00000"sv) == "d:0");
}

TEST_CASE("Temporal values with everything, with nothing, and between") {
  CHECK(read(format_of(ColumnType::date), "\x04\xE8\x07\x02\x1F"sv) == "t:2024-02-31");
  CHECK(read(format_of(ColumnType::date), "\x00"sv) == "t:0000-00-00");
  const ColumnFormat datetime = format_of(ColumnType::datetime2, 3);
  CHECK(read(datetime, "\x0B\xEA\x07\x0B\x14\x08\x09\x0A\x40\xE2\x01\x00"sv) ==
        "t:2026-11-20T08:09:10.123");
  CHECK(read(datetime, "\x07\xEA\x07\x0B\x14\x08\x09\x0A"sv) == "t:2026-11-20T08:09:10.000");
  CHECK(read(datetime, "\x04\xEA\x07\x00\x14"sv) == "t:2026-00-20 00:00:00.000");
  CHECK(read(datetime, "\x00"sv) == "t:0000-00-00 00:00:00.000");
  const ColumnFormat timestamp = format_of(ColumnType::timestamp2);
  CHECK(read(timestamp, "\x07\xEA\x07\x0B\x14\x08\x09\x0A"sv) == "t:2026-11-20T08:09:10Z");
  CHECK(read(timestamp, "\x00"sv) == "t:0000-00-00 00:00:00");
  const ColumnFormat time = format_of(ColumnType::time2, 2);
  CHECK(read(time, "\x0C\x01\x22\x00\x00\x00\x16\x3B\x3B\x30\x1B\x0F\x00"sv) == "t:-838:59:59.99");
  CHECK(read(time, "\x08\x00\x00\x00\x00\x00\x01\x02\x03"sv) == "t:01:02:03.00");
  CHECK(read(time, "\x00"sv) == "t:00:00:00.00");
}

TEST_CASE("Temporal values that are none") {
  const ColumnFormat datetime = format_of(ColumnType::datetime2);
  CHECK(read(datetime, "\x07\xEA\x07\x0D\x14\x08\x09\x0A"sv) == "!");
  CHECK(read(datetime, "\x07\xEA\x07\x0B\x14\x18\x09\x0A"sv) == "!");
  CHECK(read(datetime, "\x03\xEA\x07\x0B"sv) == "t:2026-11-00 00:00:00");
  CHECK(read(datetime, "\x01\xEA"sv) == "!");
  CHECK(read(datetime, "\x0C\xEA\x07\x0B\x14\x08\x09\x0A\x00\x00\x00\x00\x00"sv) == "!");
  CHECK(read(datetime, "\x07\xEA\x07"sv) == "!");
  const ColumnFormat time = format_of(ColumnType::time2);
  CHECK(read(time, "\x08\x00\x23\x00\x00\x00\x00\x00\x00"sv) == "!");
  CHECK(read(time, "\x08\x00\xFF\xFF\xFF\xFF\x00\x00\x00"sv) == "!");
}

TEST_CASE("Text comes as it is stored") {
  CHECK(read(format_of(ColumnType::varchar, 40, "latin1"), "\x02\xE4\x62"sv) ==
        "t:\xC3\xA4"
        "b");
  CHECK(read(format_of(ColumnType::blob, 2, "utf8mb4"), "\x01\xFF"sv) == "U:\xFF");
  CHECK(read(format_of(ColumnType::string, 4), "\x04x\0\0\0"sv) == "B:x\0\0\0"s);
  CHECK(read(format_of(ColumnType::enumeration, 1, "latin1"), "\x01\xE4"sv) == "t:\xC3\xA4");
  CHECK(read(format_of(ColumnType::set, 1, "utf8mb4"),
             "\x03"
             "a,b"sv) == "t:a,b");
  CHECK(read(format_of(ColumnType::json, 4), "\x08{\"a\": 1}"sv) == "j:{\"a\": 1}");
  ColumnFormat uuid = format_of(ColumnType::string, 16);
  uuid.refinement = Refinement::uuid;
  CHECK(read(uuid,
             "\x03"
             "abc"sv) == "t:abc");
  ColumnFormat vector = format_of(ColumnType::varchar, 8);
  vector.refinement = Refinement::vector;
  CHECK(read(vector, "\x04\x00\x00\x80\x3F"sv) == "j:[1]");
  CHECK(read(format_of(ColumnType::geometry, 4), "\x05\xE6\x10\x00\x00\x01"sv) ==
        R"(j:{"srid":4326,"wkb":"AQ=="})");
}

TEST_CASE("What is cut off fails") {
  const auto cut = [](const ColumnFormat& format, std::string_view bytes) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK(read(format, bytes.substr(0, size)) == "!");
    }
  };
  cut(format_of(ColumnType::big), "\x01\x02\x03\x04\x05\x06\x07\x08"sv);
  cut(format_of(ColumnType::varchar, 40, "utf8mb4"), "\x03xyz"sv);
  cut(format_of(ColumnType::time2), "\x08\x00\x00\x00\x00\x00\x01\x02\x03"sv);
  CHECK(read(format_of(ColumnType::varchar, 40), "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv) == "!");
  CHECK(read(format_of(ColumnType::bit, 12), "\x01\x0A"sv) == "!");
}

TEST_CASE("A column's definition says whether its values can be read") {
  const std::string names =
      "\x03"
      "def\x01s\x01t\x01t\x01v\x01v";
  const auto column = [&](unsigned char type, char flags) {
    return read_sent_column(names + "\x0C\x3F\x00" + std::string("\x0B\x00\x00\x00", 4) +
                            static_cast<char>(type) + flags + std::string("\x00\x00\x00\x00", 4));
  };
  CHECK(column(3, 0x20).type == 3);
  CHECK(column(3, 0x20).is_unsigned);
  CHECK(fits(column(3, 0x20), unsigned_format(ColumnType::integer)));
  CHECK_FALSE(fits(column(3, 0), unsigned_format(ColumnType::integer)));
  CHECK_FALSE(fits(column(8, 0x20), unsigned_format(ColumnType::integer)));
  CHECK(fits(column(12, 0), format_of(ColumnType::datetime2, 6)));
  CHECK_FALSE(fits(column(7, 0), format_of(ColumnType::datetime2, 6)));
  CHECK(fits(column(254, 0), format_of(ColumnType::enumeration)));
  CHECK(fits(column(253, 0), format_of(ColumnType::blob, 2)));
  CHECK_FALSE(fits(column(3, 0), format_of(ColumnType::blob, 2)));
  CHECK_FALSE(fits(read_sent_column(""), format_of(ColumnType::integer)));
}

TEST_CASE("The null bitmap begins at its third bit") {
  CHECK(sent_bitmap_size(1) == 1);
  CHECK(sent_bitmap_size(6) == 1);
  CHECK(sent_bitmap_size(7) == 2);
  CHECK(is_sent_null("\x04"sv, 0));
  CHECK_FALSE(is_sent_null("\xFB"sv, 0));
  CHECK(is_sent_null("\x00\x01"sv, 6));
}
