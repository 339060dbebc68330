#pragma once

#include <cstdint>
#include <string_view>

#include "libcdc/base/arena.hpp"
#include "libcdc/change/value.hpp"

namespace cdc::mysql {

/// What came of a column of a PARTIAL_UPDATE_ROWS event (39).
enum class JsonDiffFault : std::uint8_t {
  none,
  malformed,       ///< the diffs or the document are not what the server writes
  does_not_apply,  ///< a path leads nowhere: not the document that the diffs were made for
};

struct JsonDiffResult {
  JsonDiffFault fault = JsonDiffFault::none;
  /// Kind json, or undecodable with the diffs' bytes where a text is not UTF-8; null on a fault.
  Value value;
};

/// The document after the diffs `{op u8: 0 replace, 1 insert, 2 remove; path lenenc; value lenenc,
/// not for remove}` on a document in the binary form, as the server prints it. Without a diff it is
/// unchanged; a document of no bytes is the JSON null. Text lives in the arena.
JsonDiffResult apply_json_diffs(std::string_view document, std::string_view diffs, Arena& arena);

/// The diffs themselves, where there is no document to apply them to: `[{"op": "replace", "path":
/// "$.a", "value": 1}]` with the server's own paths.
JsonDiffResult render_json_diffs(std::string_view diffs, Arena& arena);

}  // namespace cdc::mysql
