#pragma once

#include <string_view>

#include "libcdc/base/arena.hpp"
#include "libcdc/change/value.hpp"
#include "libcdc/sources/mysql/column_format.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {

/// Reads one value of a row image. What it points at lives in `arena`, or in the bytes of the
/// reader, which live as long as the value. Bytes that do not fit the format make the reader fail.
Value read_value(const ColumnFormat& format, LittleReader& reader, Arena& arena);

/// The value that the bytes of a string, blob, geometry or vector column are: what `read_value`
/// makes of them behind their length. They live as long as the value.
Value value_of_bytes(const ColumnFormat& format, std::string_view bytes, Arena& arena);

/// Passes over one value.
void skip_value(const ColumnFormat& format, LittleReader& reader);

}  // namespace cdc::mysql
