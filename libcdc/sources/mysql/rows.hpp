#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libcdc/sources/mysql/event.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {

/// One bit per column, the lowest first. Borrowed. Bits behind the last column can be 1.
class Bitmap {
 public:
  Bitmap() = default;
  explicit Bitmap(std::string_view bytes) : bytes_(bytes.data()) {}

  /// `index` is below the number of bits that it was made for.
  bool test(std::size_t index) const {
    return (static_cast<unsigned char>(bytes_[index >> 3]) >> (index & 7U) & 1U) != 0;
  }

 private:
  const char* bytes_ = nullptr;
};

constexpr std::size_t bitmap_size(std::size_t bits) {
  return (bits + 7) / 8;
}

/// The columns that the images of one kind have.
struct PresentColumns {
  Bitmap columns;
  std::size_t count = 0;  ///< of those that are present
  bool all = false;       ///< every column is
};

enum class RowsKind : std::uint8_t {
  insert,          ///< after images
  update,          ///< pairs of before and after images
  remove,          ///< before images
  partial_update,  ///< before images and after images of type 39
};

/// The frame of a rows event: v1 23-25, v2 30-32, partial 39, MariaDB's compressed 166-171.
///
///   u48 table, u16 flags, [v2: u16 extra_len counting itself, extra], lenenc n, present bitmap,
///   [update: second bitmap], rows
struct RowsEvent {
  RowsKind kind = RowsKind::insert;
  std::uint64_t table_id = 0;
  bool ends_statement = false;
  std::size_t column_count = 0;  ///< to be compared with the table map's
  PresentColumns before;         ///< nothing for insert
  PresentColumns after;          ///< nothing for remove
  std::string_view rows;

  bool has_before() const { return kind != RowsKind::insert; }
  bool has_after() const { return kind != RowsKind::remove; }
  /// Not where no column is present: then a row is nothing at all.
  bool rows_have_bytes() const {
    return before.count + after.count != 0 || kind == RowsKind::partial_update;
  }
};

/// Whether decode_rows takes events of this type.
constexpr bool is_rows_event(EventType type) {
  const auto number = static_cast<std::uint8_t>(type);
  return (number >= 23 && number <= 25) || (number >= 30 && number <= 32) || number == 39 ||
         (number >= 166 && number <= 171);
}

/// Only the table's id, at the beginning of every rows event's body.
std::uint64_t rows_table_id(std::string_view body);

/// Decodes the frame. It borrows from `event.body`, and the rows of a compressed event from
/// `inflated`. Throws protocol, naming the event type and the table id.
RowsEvent decode_rows(const Event& event, std::string& inflated);

/// Walks the rows: `while (rows.next()) { images of rows.reader() }`, then `rows.reader().ok()`.
/// Every pass must read the images of one row; a reader that failed ends the walk.
class RowsWalk {
 public:
  explicit RowsWalk(const RowsEvent& event)
      : reader_(event.rows),
        // `INSERT INTO t VALUES ()` with a minimal image: a row without bytes, exactly one.
        empty_row_(event.rows.empty() && event.column_count != 0 && !event.rows_have_bytes()) {}

  bool next() {
    if (reader_.remaining() != 0) return true;
    const bool row = empty_row_;
    empty_row_ = false;
    return row;
  }
  LittleReader& reader() { return reader_; }

 private:
  LittleReader reader_;
  bool empty_row_;
};

enum class Cell : std::uint8_t {
  absent,  ///< the server did not send it
  null,
  value,  ///< its bytes are next in the reader
};

/// Walks one image, column by column, from the first one: the caller reads or skips the value when
/// next() says so. Not for the after image of a partial update.
class ImageWalk {
 public:
  ImageWalk(const PresentColumns& present, LittleReader& reader)
      : present_(present.columns), all_(present.all) {
    const std::string_view nulls = reader.bytes(bitmap_size(present.count));
    nulls_ = Bitmap(nulls);
    // A reader that failed gives no bitmap: then nothing is there.
    if (nulls.empty()) all_ = absent_ = true;
  }

  Cell next() {
    if (absent_) return Cell::absent;
    const std::size_t column = column_++;
    if (!all_ && !present_.test(column)) return Cell::absent;
    return nulls_.test(seen_++) ? Cell::null : Cell::value;
  }

 private:
  Bitmap present_;
  Bitmap nulls_;
  std::size_t column_ = 0;
  std::size_t seen_ = 0;
  bool all_;
  bool absent_ = false;
};

/// What stands before the after image of a partial update: which JSON columns come as diffs.
///
///   lenenc value_options; with bit 0: a bitmap with a bit per JSON column of the table
///
/// Then comes an ordinary image, for ImageWalk. Ask is_partial() once for each JSON column of the
/// table in order, present or not.
class PartialColumns {
 public:
  PartialColumns(std::size_t json_columns, LittleReader& reader) {
    if ((reader.length_encoded() & 1U) == 0 || json_columns == 0) return;
    const std::string_view bits = reader.bytes(bitmap_size(json_columns));
    if (bits.empty()) return;
    bits_ = Bitmap(bits);
    count_ = json_columns;
  }

  /// Of the next JSON column: its value is `u32 length, diffs`, else a whole document.
  bool is_partial() { return seen_ < count_ && bits_.test(seen_++); }

 private:
  Bitmap bits_;
  std::size_t count_ = 0;
  std::size_t seen_ = 0;
};

}  // namespace cdc::mysql
