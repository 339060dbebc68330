#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cdc::mysql {

/// The types of binlog events, as both servers number them. Other numbers can come.
enum class EventType : std::uint8_t {
  unknown = 0,
  query = 2,
  stop = 3,
  rotate = 4,
  intvar = 5,
  append_block = 9,
  delete_file = 11,
  rand = 13,
  user_var = 14,
  format_description = 15,
  xid = 16,
  begin_load_query = 17,
  execute_load_query = 18,
  table_map = 19,
  write_rows_v1 = 23,
  update_rows_v1 = 24,
  delete_rows_v1 = 25,
  incident = 26,
  heartbeat = 27,
  ignorable = 28,
  rows_query = 29,
  write_rows = 30,
  update_rows = 31,
  delete_rows = 32,
  gtid = 33,
  anonymous_gtid = 34,
  previous_gtids = 35,
  transaction_context = 36,
  view_change = 37,
  xa_prepare = 38,
  partial_update_rows = 39,
  transaction_payload = 40,
  heartbeat_v2 = 41,
  gtid_tagged = 42,
  mariadb_annotate_rows = 160,
  mariadb_binlog_checkpoint = 161,
  mariadb_gtid = 162,
  mariadb_gtid_list = 163,
  mariadb_start_encryption = 164,
  mariadb_compressed_query = 165,
  mariadb_compressed_write_rows_v1 = 166,
  mariadb_compressed_update_rows_v1 = 167,
  mariadb_compressed_delete_rows_v1 = 168,
  mariadb_compressed_write_rows = 169,
  mariadb_compressed_update_rows = 170,
  mariadb_compressed_delete_rows = 171,
};

/// "TABLE_MAP (type 19)", or "type 99" where it has no name here.
std::string describe(EventType type);

/// Flags of the header.
inline constexpr std::uint16_t kFlagInUse = 0x01;  ///< of FORMAT_DESCRIPTION: file not closed
inline constexpr std::uint16_t kFlagSuppressUse = 0x08;
inline constexpr std::uint16_t kFlagArtificial = 0x20;  ///< made by the server for the dump
inline constexpr std::uint16_t kFlagIgnorable = 0x80;   ///< an unknown type may be passed over

inline constexpr std::size_t kEventHeaderSize = 19;

/// `u32 timestamp, u8 type, u32 server_id, u32 size, u32 next_position, u16 flags`.
struct EventHeader {
  std::uint32_t timestamp = 0;  ///< seconds since 1970
  EventType type = EventType::unknown;
  std::uint32_t server_id = 0;
  std::uint32_t size = 0;  ///< of all: header, body, CRC
  std::uint32_t next_position = 0;
  std::uint16_t flags = 0;

  bool artificial() const { return (flags & kFlagArtificial) != 0; }
  bool ignorable() const { return (flags & kFlagIgnorable) != 0; }
};

/// One event, borrowed from the bytes that it was parsed from.
struct Event {
  EventHeader header;
  std::string_view body;  ///< behind the header, without the CRC
};

/// The header at the beginning of `bytes` (at least kEventHeaderSize of them). Checks nothing.
EventHeader read_header(std::string_view bytes);

enum class ChecksumAlgorithm : std::uint8_t {
  none = 0,
  crc32 = 1,
  undefined = 255,  ///< no FORMAT_DESCRIPTION has come: compute and see
};

/// What the last FORMAT_DESCRIPTION said about the events behind it.
class EventFormat {
 public:
  /// Of a log whose FORMAT_DESCRIPTION is still to come.
  EventFormat() = default;
  /// From a FORMAT_DESCRIPTION that parse() gave. Throws protocol where it is malformed, names a
  /// checksum algorithm that is not known, or has other header lengths than every version since
  /// MySQL 5.0.
  explicit EventFormat(const Event& description);

  /// Takes one event apart, all of `bytes`. Checks length and CRC32. A FORMAT_DESCRIPTION is
  /// checked by what it says itself. Throws protocol; the message names the type, not the place.
  Event parse(std::string_view bytes) const;

  ChecksumAlgorithm checksum() const { return checksum_; }
  const std::string& server_version() const { return server_version_; }
  bool is_mariadb() const { return is_mariadb_; }

 private:
  std::string server_version_;
  ChecksumAlgorithm checksum_ = ChecksumAlgorithm::undefined;
  bool is_mariadb_ = false;
};

}  // namespace cdc::mysql
