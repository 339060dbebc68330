#include "libcdc/sources/mysql/table_map.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "libcdc/base/error.hpp"
#include "tests/libcdc/sources/mysql/captured.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

/// A column in a line: what was not sent is left out.
std::string line(const MappedColumn& column) {
  std::string text = fmt::format("{} {} {}", column.name.value_or("?"),
                                 static_cast<int>(column.type), column.meta);
  if (column.nullable) text += " null";
  if (column.is_unsigned) text += *column.is_unsigned ? " unsigned" : " signed";
  if (column.collation) text += fmt::format(" collation {}", *column.collation);
  if (column.geometry) text += fmt::format(" geometry {}", *column.geometry);
  if (column.dimensions) text += fmt::format(" dimensions {}", *column.dimensions);
  if (column.labels) {
    for (const std::string& label : *column.labels) text += " " + label;
  }
  if (!column.visible) text += " invisible";
  return text;
}

std::vector<std::string> lines(const TableMap& map) {
  std::vector<std::string> all;
  for (const MappedColumn& column : map.columns) all.push_back(line(column));
  return all;
}

std::vector<TableMap> maps_of(const std::string& name) {
  const wire::Log log(name);
  std::vector<TableMap> maps;
  for (const Event& event : log.of(EventType::table_map)) {
    maps.push_back(decode_table_map(event.body, log.format().is_mariadb()));
  }
  return maps;
}

using Lines = std::vector<std::string>;

std::string field(int type, const std::string& value) {
  return wire::number(static_cast<std::uint64_t>(type), 1) + wire::number(value.size(), 1) + value;
}

/// A map of a table d.t.
std::string body(const std::string& types, const std::string& meta,
                 const std::string& fields = "") {
  return wire::number(7, 6) + wire::number(1, 2) + "\x01" + "d" + std::string(1, '\0') + "\x01" +
         "t" + std::string(1, '\0') + wire::number(types.size(), 1) + types +
         wire::number(meta.size(), 1) + meta + std::string((types.size() + 7) / 8, '\xff') + fields;
}

std::string error_of(const std::string& bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());
  try {
    decode_table_map({exact.data(), exact.size()}, false);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::protocol);
    return error.message();
  }
  return "";
}

}  // namespace

TEST_CASE("MySQL's full metadata, captured") {
  const TableMap map = maps_of("mysql_metadata").at(0);
  CHECK(map.schema == "d");
  CHECK(map.table == "t");
  CHECK(map.primary_key == std::vector<std::size_t>{0});
  CHECK(lines(map) == Lines{"id 3 0 unsigned",
                            "y 13 0 null unsigned",
                            "b 16 9 null",
                            "j 245 4 null",
                            "n 246 2562 null signed",
                            "e 247 1 null collation 255 a b\xc3\xa9",
                            "s 248 1 null collation 8 x y",
                            "v 15 300 null collation 8",
                            "c 254 320 null collation 255",
                            "vb 15 10 null collation 63",
                            "bi 254 4 null collation 63",
                            "tx 252 2 null collation 255",
                            "bl 252 2 null collation 63",
                            "g 255 4 null geometry 1",
                            "ge 255 4 null geometry 0",
                            "vec 242 4 null collation 63 dimensions 3",
                            "ts 17 3 null",
                            "dt 18 6 null",
                            "ti 19 2 null",
                            "f 4 4 null signed",
                            "db 5 8 null signed",
                            "i 8 0 null signed",
                            "ti2 1 0 null unsigned",
                            "dd 10 0 null",
                            "iv 3 0 null signed invisible"});
}

TEST_CASE("MariaDB's full metadata, captured") {
  const std::vector<TableMap> maps = maps_of("mariadb_metadata");
  CHECK(lines(maps.at(0)) == Lines{"id 3 0 unsigned",
                                   "y 13 0 null unsigned",
                                   "b 16 9 null",
                                   "j 252 4 null collation 46",
                                   "n 246 2562 null signed",
                                   "e 247 1 null collation 45 a b\xc3\xa9",
                                   "s 248 1 null collation 8 x y",
                                   "v 15 300 null collation 8",
                                   "c 254 320 null collation 45",
                                   "vb 15 10 null collation 63",
                                   "bi 254 4 null collation 63",
                                   "tx 252 2 null collation 8",
                                   "bl 252 2 null collation 63",
                                   "g 255 4 null collation 63 geometry 1",
                                   "ge 255 4 null collation 63 geometry 0",
                                   "u 254 16 null collation 63",
                                   "i6 254 16 null collation 63",
                                   "cb 140 2 null collation 63",
                                   "cv 141 201 null collation 8",
                                   "ts 17 3 null",
                                   "dt 18 6 null",
                                   "ti 19 2 null",
                                   "f 4 4 null signed",
                                   "db 5 8 null signed",
                                   "i 8 0 null signed",
                                   "ti2 1 0 null unsigned",
                                   "dd 10 0 null",
                                   "iv 3 0 null signed"});
  // Collations beyond one byte.
  CHECK(*maps.back().columns.at(0).collation > 2000);
}

TEST_CASE("a key has the order of the key, also where it takes prefixes") {
  for (const char* name : {"mysql_metadata", "mariadb_metadata"}) {
    for (const TableMap& map : maps_of(name)) {
      if (map.table == "pk") CHECK(map.primary_key == std::vector<std::size_t>{2, 0});
    }
  }
}

TEST_CASE("the least metadata: MySQL sends signs and collations, MariaDB nothing") {
  CHECK(lines(maps_of("mysql_minimal_image").at(4)) ==
        Lines{"? 3 0 signed", "? 3 0 null signed", "? 15 80 null collation 255"});
  CHECK(lines(maps_of("mariadb_minimal_image").back()) ==
        Lines{"? 3 0", "? 3 0 null", "? 15 200 null"});
  CHECK_FALSE(maps_of("mariadb_minimal_image").back().primary_key);
}

TEST_CASE("signs skip BIT, collations skip JSON and ENUM, and pairs name the others") {
  // BIT, INT, JSON, VARCHAR, ENUM, BLOB, INT
  const std::string types = "\x10\x03\xf5\x0f\xfe\xfc\x03";
  const std::string meta("\x01\x00\x04\x64\x00\xf7\x01\x02", 8);
  const std::string fields =
      field(1, "\x40") + field(2, std::string("\xfc\xff\x00\x01\x3f", 5)) + field(10, "\x2d");
  CHECK(lines(decode_table_map(body(types, meta, fields), false)) ==
        Lines{"? 16 1 null", "? 3 0 null signed", "? 245 4 null", "? 15 100 null collation 255",
              "? 247 1 null collation 45", "? 252 2 null collation 63", "? 3 0 null unsigned"});
  const std::string each = field(3, "\x08\x3f") + field(11, "\x21");
  CHECK(lines(decode_table_map(body(types, meta, each), false)) ==
        Lines{"? 16 1 null", "? 3 0 null", "? 245 4 null", "? 15 100 null collation 8",
              "? 247 1 null collation 33", "? 252 2 null collation 63", "? 3 0 null"});
}

TEST_CASE("251 columns have a count of three bytes") {
  std::string bytes = wire::number(7, 6) + wire::number(1, 2) + "\x01" + "d" +
                      std::string(1, '\0') + "\x01" + "t" + std::string(1, '\0') + "\xfc" +
                      wire::number(251, 2) + std::string(251, '\x03') + std::string(1, '\0') +
                      std::string(32, '\xff');
  CHECK(decode_table_map(bytes, false).columns.size() == 251);
}

TEST_CASE("an unknown field of a newer server is passed over") {
  const TableMap map =
      decode_table_map(body("\x03", "", field(99, "xyz") + field(4, "\x02id")), false);
  CHECK(lines(map) == Lines{"id 3 0 null"});
}

TEST_CASE("what does not fit is an error that names the table") {
  const std::string place = "TABLE_MAP (type 19) of table d.t: ";
  CHECK(error_of(body("\x63", "")) == place + "type 99 of column 1 is not known");
  CHECK(error_of(body(std::string(1, '\0'), "")) == place + "type 0 of column 1 is not known");
  CHECK(error_of(body("\x03", "x")) == place + "the metadata does not fit the types");
  CHECK(error_of(body("\x0f", "x")) == place + "the metadata does not fit the types");
  CHECK(error_of(body("\xfe", std::string("\x01\x02", 2))) ==
        place + "the metadata does not fit the types");
  CHECK(error_of(body("\x03", "", field(8, "\x01"))) ==
        place + "metadata field 8 does not fit the columns");
  CHECK(error_of(body("\x03", "", field(1, std::string(2, '\0')))) ==
        place + "metadata field 1 does not fit the columns");
  CHECK(error_of(body("\x03", "", field(4, "\x05id"))) ==
        place + "metadata field 4 does not fit the columns");
  CHECK(error_of(body("\x0f", "\x64\x01", field(2, "\x2d\x01\x3f"))) ==
        place + "metadata field 2 does not fit the columns");
  CHECK(error_of(body("\x03", "", field(12, ""))) ==
        place + "metadata field 12 does not fit the columns");
}

TEST_CASE("a map that is cut off is an error or a shorter one") {
  for (const char* name : wire::kCaptured) {
    const wire::Log log(name);
    for (const Event& event : log.of(EventType::table_map)) {
      CHECK(table_map_id(event.body) == decode_table_map(event.body, log.format().is_mariadb()).id);
      for (std::size_t size = 0; size < event.body.size(); ++size) {
        error_of(std::string(event.body.substr(0, size)));
      }
    }
  }
}
