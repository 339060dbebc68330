#include "libcdc/sources/mysql/event.hpp"

#include <fmt/format.h>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/checksum.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {
namespace {

constexpr std::size_t kChecksumSize = 4;
constexpr std::size_t kFlagsOffset = 17;

const char* name_of(EventType type) {
  switch (type) {
    case EventType::unknown:
      return nullptr;
    case EventType::query:
      return "QUERY";
    case EventType::stop:
      return "STOP";
    case EventType::rotate:
      return "ROTATE";
    case EventType::intvar:
      return "INTVAR";
    case EventType::append_block:
      return "APPEND_BLOCK";
    case EventType::delete_file:
      return "DELETE_FILE";
    case EventType::rand:
      return "RAND";
    case EventType::user_var:
      return "USER_VAR";
    case EventType::format_description:
      return "FORMAT_DESCRIPTION";
    case EventType::xid:
      return "XID";
    case EventType::begin_load_query:
      return "BEGIN_LOAD_QUERY";
    case EventType::execute_load_query:
      return "EXECUTE_LOAD_QUERY";
    case EventType::table_map:
      return "TABLE_MAP";
    case EventType::write_rows_v1:
      return "WRITE_ROWS_V1";
    case EventType::update_rows_v1:
      return "UPDATE_ROWS_V1";
    case EventType::delete_rows_v1:
      return "DELETE_ROWS_V1";
    case EventType::incident:
      return "INCIDENT";
    case EventType::heartbeat:
      return "HEARTBEAT";
    case EventType::ignorable:
      return "IGNORABLE";
    case EventType::rows_query:
      return "ROWS_QUERY";
    case EventType::write_rows:
      return "WRITE_ROWS";
    case EventType::update_rows:
      return "UPDATE_ROWS";
    case EventType::delete_rows:
      return "DELETE_ROWS";
    case EventType::gtid:
      return "GTID";
    case EventType::anonymous_gtid:
      return "ANONYMOUS_GTID";
    case EventType::previous_gtids:
      return "PREVIOUS_GTIDS";
    case EventType::transaction_context:
      return "TRANSACTION_CONTEXT";
    case EventType::view_change:
      return "VIEW_CHANGE";
    case EventType::xa_prepare:
      return "XA_PREPARE";
    case EventType::partial_update_rows:
      return "PARTIAL_UPDATE_ROWS";
    case EventType::transaction_payload:
      return "TRANSACTION_PAYLOAD";
    case EventType::heartbeat_v2:
      return "HEARTBEAT_V2";
    case EventType::gtid_tagged:
      return "GTID_TAGGED";
    case EventType::mariadb_annotate_rows:
      return "ANNOTATE_ROWS";
    case EventType::mariadb_binlog_checkpoint:
      return "BINLOG_CHECKPOINT";
    case EventType::mariadb_gtid:
      return "MariaDB GTID";
    case EventType::mariadb_gtid_list:
      return "GTID_LIST";
    case EventType::mariadb_start_encryption:
      return "START_ENCRYPTION";
    case EventType::mariadb_compressed_query:
      return "QUERY_COMPRESSED";
    case EventType::mariadb_compressed_write_rows_v1:
      return "WRITE_ROWS_COMPRESSED_V1";
    case EventType::mariadb_compressed_update_rows_v1:
      return "UPDATE_ROWS_COMPRESSED_V1";
    case EventType::mariadb_compressed_delete_rows_v1:
      return "DELETE_ROWS_COMPRESSED_V1";
    case EventType::mariadb_compressed_write_rows:
      return "WRITE_ROWS_COMPRESSED";
    case EventType::mariadb_compressed_update_rows:
      return "UPDATE_ROWS_COMPRESSED";
    case EventType::mariadb_compressed_delete_rows:
      return "DELETE_ROWS_COMPRESSED";
  }
  return nullptr;
}

[[noreturn]] void malformed(EventType type, const std::string& what) {
  throw Error(Fault::protocol, fmt::format("{}: {}", describe(type), what));
}

std::uint32_t stored_checksum(std::string_view bytes) {
  return LittleReader(bytes.substr(bytes.size() - kChecksumSize)).u32();
}

bool checksum_holds(std::string_view bytes) {
  return crc32(bytes.substr(0, bytes.size() - kChecksumSize)) == stored_checksum(bytes);
}

/// The server computes the checksum of a FORMAT_DESCRIPTION before it marks the file as in use.
bool description_checksum_holds(const EventHeader& header, std::string_view bytes) {
  if ((header.flags & kFlagInUse) == 0) return checksum_holds(bytes);
  std::string closed(bytes);
  closed[kFlagsOffset] = static_cast<char>(closed[kFlagsOffset] & ~kFlagInUse);
  return checksum_holds(closed);
}

[[noreturn]] void checksum_differs(EventType type) {
  throw Error(Fault::protocol, fmt::format("{}: its checksum does not hold", describe(type)))
      .with_hint(
          "the log is damaged, on the server's disk or on the way; compare with what "
          "mysqlbinlog --verify-binlog-checksum says");
}

/// The body of a FORMAT_DESCRIPTION: always with four bytes of checksum, which hold where it says
/// that there are checksums.
std::string_view description_body(const EventHeader& header, std::string_view bytes) {
  if (bytes.size() < kEventHeaderSize + 1 + kChecksumSize) malformed(header.type, "it is cut off");
  const auto algorithm = static_cast<ChecksumAlgorithm>(bytes[bytes.size() - kChecksumSize - 1]);
  if (algorithm != ChecksumAlgorithm::none && !description_checksum_holds(header, bytes)) {
    checksum_differs(header.type);
  }
  return bytes.substr(kEventHeaderSize, bytes.size() - kEventHeaderSize - kChecksumSize);
}

bool ends_with_checksum(const EventHeader& header, std::string_view bytes,
                        ChecksumAlgorithm algorithm) {
  const bool room = bytes.size() >= kEventHeaderSize + kChecksumSize;
  if (algorithm == ChecksumAlgorithm::crc32) {
    if (!room) malformed(header.type, "it is too short for a checksum");
    if (!checksum_holds(bytes)) checksum_differs(header.type);
    return true;
  }
  // A ROTATE that the server makes up comes before the FORMAT_DESCRIPTION that would say it.
  const bool unsaid = algorithm == ChecksumAlgorithm::undefined ||
                      (header.type == EventType::rotate && header.artificial());
  return unsaid && room && checksum_holds(bytes);
}

}  // namespace

std::string describe(EventType type) {
  const char* name = name_of(type);
  const int number = static_cast<int>(type);
  return name != nullptr ? fmt::format("{} (type {})", name, number)
                         : fmt::format("type {}", number);
}

EventHeader read_header(std::string_view bytes) {
  LittleReader in(bytes);
  EventHeader header;
  header.timestamp = in.u32();
  header.type = static_cast<EventType>(in.u8());
  header.server_id = in.u32();
  header.size = in.u32();
  header.next_position = in.u32();
  header.flags = in.u16();
  return header;
}

EventFormat::EventFormat(const Event& description) {
  constexpr std::size_t kVersionSize = 50;
  constexpr std::size_t kTableMapHeader = 8;
  LittleReader in(description.body);
  const std::uint16_t format = in.u16();
  const std::string_view version = in.bytes(kVersionSize);
  in.u32();
  const std::uint8_t header_size = in.u8();
  if (!in.ok() || in.remaining() == 0) malformed(description.header.type, "it is cut off");
  const std::string_view lengths = in.bytes(in.remaining() - 1);
  const std::uint8_t algorithm = in.u8();

  server_version_ = version.substr(0, version.find('\0'));
  is_mariadb_ = server_version_.find("MariaDB") != std::string::npos;
  constexpr auto kTableMap = static_cast<std::size_t>(EventType::table_map);
  if (format != 4 || header_size != kEventHeaderSize || lengths.size() < kTableMap ||
      lengths[kTableMap - 1] != kTableMapHeader) {
    malformed(description.header.type,
              fmt::format("the format of the log (version {}) is not known", format));
  }
  if (algorithm > static_cast<std::uint8_t>(ChecksumAlgorithm::crc32)) {
    malformed(description.header.type,
              fmt::format("checksum algorithm {} is not known", algorithm));
  }
  checksum_ = static_cast<ChecksumAlgorithm>(algorithm);
}

Event EventFormat::parse(std::string_view bytes) const {
  if (bytes.size() < kEventHeaderSize) {
    throw Error(Fault::protocol,
                fmt::format("an event of {} bytes is shorter than its header", bytes.size()));
  }
  Event event{read_header(bytes), {}};
  if (event.header.size != bytes.size()) {
    malformed(event.header.type, fmt::format("it says that it has {} bytes and has {}",
                                             event.header.size, bytes.size()));
  }
  if (event.header.type == EventType::format_description) {
    event.body = description_body(event.header, bytes);
    return event;
  }
  event.body = bytes.substr(kEventHeaderSize);
  if (ends_with_checksum(event.header, bytes, checksum_)) event.body.remove_suffix(kChecksumSize);
  return event;
}

}  // namespace cdc::mysql
