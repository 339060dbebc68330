#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace cdc {

/// What is remembered of one source: the content of `checkpoint_<source_type>.json`.
struct Checkpoint {
  std::string source_type;
  std::uint64_t committed_event_count = 0;
  /// The source's own form: where to go on, `in_transaction` included. Only the source reads it.
  nlohmann::json offset = nlohmann::json::object();
  /// What ties the offset to its server; empty where an older writer left it out.
  nlohmann::json server = nlohmann::json::object();
  /// The file that --output writes and its size at this position; empty for other outputs.
  nlohmann::json output = nlohmann::json::object();
  std::string updated_at;  ///< RFC 3339, UTC; set by `to_json_text`'s caller
};

inline constexpr int kCheckpointFormatVersion = 2;

/// Lower-case hex SHA-256 of the compact JSON of the four core members, offset's keys sorted.
/// `format_version` is that of the file being read or written.
std::string content_checksum(const Checkpoint& checkpoint, int format_version);

/// The file's text: pretty JSON, members in the documented order, a newline at the end.
std::string to_json_text(const Checkpoint& checkpoint);

/// Reads a file's text. `path` is for messages. Throws state: not JSON, a member missing or of the
/// wrong type, a version that we cannot read, a checksum that does not fit.
Checkpoint parse_checkpoint(std::string_view text, const std::string& path);

}  // namespace cdc
