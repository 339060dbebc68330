#pragma once

#include <cstdint>
#include <string_view>

#include "libcdc/base/arena.hpp"
#include "libcdc/change/value.hpp"
#include "libcdc/sources/mysql/column_format.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {

/// Reads one value of a row as the binary protocol of statements sends it, in a session without
/// character_set_results, so that text comes as it is stored. The same value as read_value gives of
/// the log. What it points at lives in `arena`, or in the bytes of the reader. Bytes that do not
/// fit the format make the reader fail.
Value read_sent_value(const ColumnFormat& format, LittleReader& reader, Arena& arena);

/// A column as the answer to a statement describes it.
struct SentColumn {
  std::uint8_t type = 0;
  bool is_unsigned = false;
};

/// From its definition packet: six texts, what MariaDB adds, `0c, u16 charset, u32 length, u8 type,
/// u16 flags, u8 decimals, u16`. The reader of a shorter one fails.
SentColumn read_sent_column(std::string_view definition);

/// Whether values of the column can be read with the format; not where the table has changed since
/// the format was made.
bool fits(const SentColumn& sent, const ColumnFormat& format);

}  // namespace cdc::mysql
