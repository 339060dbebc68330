#pragma once

#include "libcdc/base/arena.hpp"
#include "libcdc/change/value.hpp"
#include "libcdc/sources/mysql/column_format.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {

/// Reads one value of a row image. What it points at lives in `arena`, or in the bytes of the
/// reader, which live as long as the value. Bytes that do not fit the format make the reader fail.
Value read_value(const ColumnFormat& format, LittleReader& reader, Arena& arena);

/// Passes over one value.
void skip_value(const ColumnFormat& format, LittleReader& reader);

}  // namespace cdc::mysql
