#pragma once

#include <string>
#include <string_view>

namespace cdc::mysql {

/// Unpacks MariaDB's compressed form of rows and statements: `0x80 | n, n bytes big-endian size,
/// zlib stream`. Replaces what `out` holds and keeps its memory. Throws protocol where the bytes
/// are not that, or the size is more than such a stream can hold.
void inflate_mariadb(std::string_view bytes, std::string& out);

}  // namespace cdc::mysql
