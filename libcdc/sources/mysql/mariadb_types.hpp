#pragma once

#include <string_view>

#include "libcdc/base/arena.hpp"

namespace cdc::mysql {

/// The texts of MariaDB's types that the log has as binary strings, as the server prints them.
/// `bytes` must have the size of the type: 16, 4 and 16.
std::string_view uuid_text(std::string_view bytes, Arena& arena);
std::string_view inet4_text(std::string_view bytes, Arena& arena);
std::string_view inet6_text(std::string_view bytes, Arena& arena);

}  // namespace cdc::mysql
