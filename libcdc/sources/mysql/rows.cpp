#include "libcdc/sources/mysql/rows.hpp"

#include <fmt/format.h>

#include <bit>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/inflate.hpp"

namespace cdc::mysql {
namespace {

/// No server allows more.
constexpr std::uint64_t kMostColumns = 4096;

struct Frame {
  RowsKind kind;
  bool extra;       ///< v2
  bool compressed;  ///< MariaDB
};

RowsKind kind_at(unsigned offset) {
  constexpr RowsKind kKinds[] = {RowsKind::insert, RowsKind::update, RowsKind::remove};
  return kKinds[offset];
}

Frame frame_of(EventType type) {
  const auto number = static_cast<unsigned>(type);
  if (number >= 30 && number <= 32) return {kind_at(number - 30), true, false};
  if (number >= 23 && number <= 25) return {kind_at(number - 23), false, false};
  if (number >= 166 && number <= 168) return {kind_at(number - 166), false, true};
  if (number >= 169 && number <= 171) return {kind_at(number - 169), true, true};
  if (number == 39) return {RowsKind::partial_update, true, false};
  throw Error(Fault::internal, fmt::format("{} has no rows", describe(type)));
}

[[noreturn]] void malformed(EventType type, std::uint64_t table_id, const char* what) {
  throw Error(Fault::protocol,
              fmt::format("{} for table id {}: {}", describe(type), table_id, what));
}

PresentColumns read_present(std::size_t columns, LittleReader& in) {
  const std::string_view bytes = in.bytes(bitmap_size(columns));
  PresentColumns present;
  if (bytes.empty()) return present;
  present.columns = Bitmap(bytes);
  for (const char byte : bytes) {
    present.count += static_cast<std::size_t>(std::popcount(static_cast<unsigned char>(byte)));
  }
  // The bits behind the last column can be anything.
  for (std::size_t bit = columns; bit < bytes.size() * 8; ++bit) {
    if (present.columns.test(bit)) --present.count;
  }
  present.all = present.count == columns;
  return present;
}

}  // namespace

std::uint64_t rows_table_id(std::string_view body) {
  return LittleReader(body).u48();
}

RowsEvent decode_rows(const Event& event, std::string& inflated) {
  const Frame frame = frame_of(event.header.type);
  LittleReader in(event.body);
  RowsEvent rows;
  rows.kind = frame.kind;
  rows.table_id = in.u48();
  rows.ends_statement = (in.u16() & 1U) != 0;
  if (frame.extra) {
    const std::uint16_t size = in.u16();
    if (size < 2) malformed(event.header.type, rows.table_id, "its extra data has no length");
    in.bytes(size - 2U);
  }
  const std::uint64_t columns = in.length_encoded();
  if (columns > kMostColumns) {
    malformed(event.header.type, rows.table_id, "it has more columns than a table can have");
  }
  rows.column_count = static_cast<std::size_t>(columns);
  PresentColumns first = read_present(rows.column_count, in);
  if (rows.has_before()) rows.before = first;
  if (rows.has_after())
    rows.after = rows.has_before() ? read_present(rows.column_count, in) : first;
  rows.rows = in.rest();
  if (!in.ok()) malformed(event.header.type, rows.table_id, "it is cut off");
  if (frame.compressed && !rows.rows.empty()) {
    inflate_mariadb(rows.rows, inflated);
    rows.rows = inflated;
  }
  if (!rows.rows.empty() && !rows.rows_have_bytes()) {
    malformed(event.header.type, rows.table_id, "it has bytes for rows without columns");
  }
  return rows;
}

}  // namespace cdc::mysql
