#pragma once

#include <string_view>

namespace cdc::mysql {

/// True where `text` is one JSON value (RFC 8259) with blanks around it, nested at most 128 deep,
/// so that it may stand in a line as it is. MariaDB keeps JSON as text, and CHECK constraints can
/// be off. That it is UTF-8 is for the caller to know.
bool is_json(std::string_view text);

}  // namespace cdc::mysql
