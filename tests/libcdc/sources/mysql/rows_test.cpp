#include "libcdc/sources/mysql/rows.hpp"

#include <doctest/doctest.h>

#include <map>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/inflate.hpp"
#include "libcdc/sources/mysql/table_map.hpp"
#include "tests/libcdc/sources/mysql/captured.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

/// Reads values of the few types that the tests' tables have: INT, VARCHAR below 256 bytes, JSON.
std::string value(const MappedColumn& column, LittleReader& reader, bool partial) {
  if (column.type == ColumnType::integer) return std::to_string(reader.u32());
  if (column.type == ColumnType::varchar) return std::string(reader.bytes(reader.u8()));
  REQUIRE(column.type == ColumnType::json);
  const auto size = reader.u32();
  reader.bytes(size);
  return (partial ? "diff:" : "json:") + std::to_string(size);
}

/// The image as text: `-` is absent.
std::string image(const TableMap& map, const PresentColumns& present, LittleReader& reader,
                  PartialColumns* partial = nullptr) {
  ImageWalk walk(present, reader);
  std::string text;
  for (const MappedColumn& column : map.columns) {
    const bool is_json = column.type == ColumnType::json;
    const bool is_partial = partial != nullptr && is_json && partial->is_partial();
    const Cell cell = walk.next();
    if (!text.empty()) text += ' ';
    if (cell == Cell::absent) text += '-';
    if (cell == Cell::null) text += "null";
    if (cell == Cell::value) text += value(column, reader, is_partial);
  }
  return text;
}

/// Every row: `before > after`.
std::vector<std::string> rows_of(const TableMap& map, const Event& event) {
  std::string inflated;
  const RowsEvent rows = decode_rows(event, inflated);
  CHECK(rows.column_count == map.columns.size());
  CHECK(rows.table_id == map.id);
  CHECK(rows_table_id(event.body) == map.id);
  std::size_t json_columns = 0;
  for (const MappedColumn& column : map.columns) json_columns += column.type == ColumnType::json;
  std::vector<std::string> all;
  RowsWalk walk(rows);
  while (walk.next()) {
    std::string text;
    if (rows.has_before()) text = image(map, rows.before, walk.reader()) + " >";
    if (rows.kind == RowsKind::partial_update) {
      PartialColumns partial(json_columns, walk.reader());
      text += " " + image(map, rows.after, walk.reader(), &partial);
    } else if (rows.has_after()) {
      text += (text.empty() ? "" : " ") + image(map, rows.after, walk.reader());
    }
    all.push_back(text);
  }
  CHECK(walk.reader().ok());
  return all;
}

/// The rows of every rows event of a log, behind its name.
std::vector<std::string> rows_of(const std::string& name) {
  const wire::Log log(name);
  std::map<std::uint64_t, TableMap> maps;
  std::vector<std::string> all;
  for (const Event& event : log.events()) {
    if (event.header.type == EventType::table_map) {
      TableMap map = decode_table_map(event.body, log.format().is_mariadb());
      maps[map.id] = std::move(map);
    }
    if (!is_rows_event(event.header.type)) continue;
    for (const std::string& row : rows_of(maps.at(rows_table_id(event.body)), event)) {
      all.push_back(maps.at(rows_table_id(event.body)).table + ": " + row);
    }
  }
  return all;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

using Lines = std::vector<std::string>;

std::string error_of(EventType type, const std::string& body) {
  const std::vector<char> exact(body.begin(), body.end());
  Event event{{}, {exact.data(), exact.size()}};
  event.header.type = type;
  std::string inflated;
  try {
    decode_rows(event, inflated);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::protocol);
    return error.message();
  }
  return "";
}

const std::string kHead = wire::number(7, 6) + wire::number(1, 2);

}  // namespace

TEST_CASE("MySQL's minimal images, captured: also the row without bytes and padding bits") {
  CHECK(joined(rows_of("mysql_minimal_image")) ==
        joined(Lines{"m: - - -", "m: - - 3", "m: 1 null null > - 2 -", "m: 1 null 3 > - 2 -",
                     "m: 1 2 null >", "m: 1 2 3 >", "k: 1 1 a", "k: 2 2 null", "k: 1 - - > - 9 -",
                     "k: 2 - - > - 9 -", "k: 2 - - >", "p: 1 1", "p: 2 2", "p: 1 - > 7 -"}));
}

TEST_CASE("MariaDB's minimal images, captured") {
  CHECK(joined(rows_of("mariadb_minimal_image")) ==
        joined(Lines{"m: 1 null null", "m: 1 null 3", "m: 1 null null > 1 2 null",
                     "m: 1 null 3 > 1 2 3", "m: 1 2 null >", "m: 1 2 3 >", "k: 1 1 a",
                     "k: 2 2 null", "k: 1 - - > - 9 -", "k: 2 - - > - 9 -", "k: 2 - - >"}));
}

TEST_CASE("partial updates, captured: a bit for each JSON column, present or not") {
  CHECK(joined(rows_of("mysql_partial_json_minimal")) ==
        joined(Lines{"j2: 1 json:323 1 json:336 null", "j2: 1 - - - - > - - - diff:12 -",
                     "j2: 1 - - - - > - - 3 diff:13 -",
                     "j2: 1 json:323 3 json:339 null > 1 diff:0 null diff:8 null",
                     "j2: 1 json:323 null json:339 null > 1 diff:0 null diff:0 json:5"}));
}

TEST_CASE("MariaDB's compressed rows, captured") {
  const Lines rows = rows_of("mariadb_compressed");
  std::string text;
  for (int i = 0; i < 50; ++i) text += "abc";
  const std::string other(100, 'd');
  REQUIRE(rows.size() == 30 + 9 + 10 + 3);
  CHECK(rows.at(0) == "k: 101 1 " + text);
  CHECK(rows.at(29) == "k: 130 30 " + text);
  CHECK(rows.at(30) == "k: 101 1 " + text + " > 101 1 " + other);
  CHECK(rows.at(39) == "k: 101 1 " + other + " >");
  CHECK(rows_of("mariadb_compressed_query").at(0) == "k: 1 9 a > 1 9 " + other);
}

TEST_CASE("extra data is passed over") {
  for (const int size : {2, 5, 9}) {
    const std::string extra = wire::number(static_cast<std::uint64_t>(size), 2) +
                              std::string(static_cast<std::size_t>(size - 2), 'x');
    const std::string body = kHead + extra + "\x01\xff" + std::string(1, '\0') + wire::number(5, 4);
    Event event{{}, body};
    event.header.type = EventType::write_rows;
    std::string inflated;
    const RowsEvent rows = decode_rows(event, inflated);
    CHECK(rows.after.count == 1);
    CHECK(rows.after.all);
    CHECK(rows.before.count == 0);
    CHECK(rows.rows.size() == 5);
  }
}

TEST_CASE("a frame without columns has no row") {
  const std::string body = kHead + std::string(1, '\0');
  Event event{{}, body};
  event.header.type = EventType::write_rows_v1;
  std::string inflated;
  RowsWalk walk(decode_rows(event, inflated));
  CHECK_FALSE(walk.next());
}

TEST_CASE("a malformed frame is an error that names the table id") {
  const std::string name = "WRITE_ROWS_V1 (type 23) for table id 7: ";
  CHECK(error_of(EventType::write_rows_v1, kHead) == name + "it is cut off");
  CHECK(error_of(EventType::write_rows_v1, kHead + "\xfd\xff\xff\xff") ==
        name + "it has more columns than a table can have");
  CHECK(error_of(EventType::write_rows_v1, kHead + "\x01" + std::string(1, '\0') + "x") ==
        name + "it has bytes for rows without columns");
  CHECK(error_of(EventType::write_rows, kHead + wire::number(1, 2)) ==
        "WRITE_ROWS (type 30) for table id 7: its extra data has no length");
}

TEST_CASE("frames that are cut off end in an error or in fewer rows") {
  for (const char* log_name : wire::kCaptured) {
    const wire::Log log(log_name);
    for (const Event& event : log.events()) {
      if (!is_rows_event(event.header.type)) continue;
      for (std::size_t size = 0; size < event.body.size(); ++size) {
        error_of(event.header.type, std::string(event.body.substr(0, size)));
      }
    }
  }
}

TEST_CASE("an image of a reader that failed has nothing") {
  const std::string bits = "\xff";
  PresentColumns present{Bitmap(bits), 3, true};
  LittleReader reader("");
  ImageWalk walk(present, reader);
  CHECK(walk.next() == Cell::absent);
  CHECK_FALSE(reader.ok());
  PartialColumns partial(3, reader);
  CHECK_FALSE(partial.is_partial());
}

TEST_CASE("compressed data that lies about its size is refused") {
  std::string out;
  const auto fails = [&](const std::string& bytes) {
    try {
      inflate_mariadb(bytes, out);
    } catch (const Error& error) {
      return error.fault() == Fault::protocol;
    }
    return false;
  };
  // zlib.compress(b'aaaaaaaaaa')
  const std::string stream = wire::from_hex("789c4b4c84010014e103cb");
  CHECK_FALSE(fails("\x81\x0a" + stream));
  CHECK(out == "aaaaaaaaaa");
  CHECK_FALSE(fails(wire::from_hex("820000").substr(0, 2) + "\x0a" + stream));
  CHECK(out == "aaaaaaaaaa");
  CHECK(fails("\x81\x09" + stream));
  CHECK(fails("\x81\x0b" + stream));
  CHECK(fails("\x84\xff\xff\xff\xff" + stream));
  CHECK(fails("\x80" + stream));
  CHECK(fails("\x85" + stream));
  CHECK(fails("\x01\x0a" + stream));
  CHECK(fails(""));
  CHECK(fails(("\x81\x0a" + stream).substr(0, 8)));
}
