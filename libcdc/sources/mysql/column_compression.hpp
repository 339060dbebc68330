#pragma once

#include <optional>
#include <string_view>

#include "libcdc/base/arena.hpp"

namespace cdc::mysql {

/// The value of a MariaDB COMPRESSED column (types 140 and 141) from what is stored: nothing; a
/// zero byte and the value; or a byte `80 | 08 for raw deflate | n`, the size in n bytes
/// big-endian, and a zlib or deflate stream. Lives in the arena or is a part of `stored`. Nothing
/// where the bytes are none of that, or name a size that they cannot have.
std::optional<std::string_view> uncompress_column(std::string_view stored, Arena& arena);

}  // namespace cdc::mysql
