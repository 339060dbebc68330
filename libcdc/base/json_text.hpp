#pragma once

#include <string_view>

#include "libcdc/base/text_buffer.hpp"

namespace cdc {

/// Appends `text` (UTF-8) as a JSON string with its quotes. Escapes what JSON demands and nothing
/// else; throws nothing, checks nothing.
void append_json_string(TextBuffer& out, std::string_view text);

/// Appends JSON text without the white space between its tokens, so that it stays on one line.
/// Numbers and strings are copied as they are.
void append_json_compact(TextBuffer& out, std::string_view json);

/// Appends standard base64 with padding.
void append_base64(TextBuffer& out, std::string_view bytes);

/// Appends two lower-case hex digits a byte.
void append_hex(TextBuffer& out, std::string_view bytes);

/// True where `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace cdc
