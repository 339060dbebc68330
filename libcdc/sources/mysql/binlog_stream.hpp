#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/binlog_position.hpp"
#include "libcdc/sources/mysql/connection.hpp"

namespace cdc::mysql {

/// Where a dump of the binlog begins, and who asks for it.
struct DumpRequest {
  std::uint32_t server_id = 0;  ///< unique among all that read this server's binlog; not 0
  /// By place; an empty file with offset 4 is the oldest that there is.
  std::string file;
  std::uint64_t offset = 4;
  /// MySQL, by GTID: the set that is not to be sent, as COM_BINLOG_DUMP_GTID has it.
  std::optional<std::string> executed;
  /// MariaDB, by GTID: `0-10-8,1-10-3`; empty text: from the beginning.
  std::optional<std::string> slave_position;
  std::chrono::milliseconds heartbeat{1000};  ///< after so long without an event one is sent
  bool until_end = false;                     ///< ends at the end of the log instead of waiting
};

/// Whose beginning is a position, found by its GTIDs or by its place. Without a server_id.
DumpRequest dump_request(const ResumePosition& position, Flavor flavor, bool by_gtid);

/// A server_id of this host and process: two that run at once must not have the same.
std::uint32_t derived_server_id();

/// The events of a server's binlog as they come. A connection that dumps does nothing else.
class BinlogStream {
 public:
  /// Starts the dump. `connection` outlives it. Throws as Connection::run does.
  BinlogStream(Connection& connection, const DumpRequest& request);
  ~BinlogStream();
  BinlogStream(const BinlogStream&) = delete;
  BinlogStream& operator=(const BinlogStream&) = delete;

  /// The bytes of the next event, header and checksum included, valid until the next call; nothing
  /// where none has come yet. Throws what the server says; a closed socket is unavailable.
  std::optional<std::string_view> next();

  /// The log has ended: nothing will come any more (`until_end`).
  bool ended() const { return ended_; }

  /// Readable when there may be more.
  int fd() const;

 private:
  struct Transport;

  std::unique_ptr<Transport> transport_;
  bool ended_ = false;
};

/// Sets what the server must know before it sends its binlog: that we check its checksums, how
/// often it should show that it is there, and (MariaDB) where to start. Common to both client
/// libraries.
void prepare_dump(Connection& connection, const DumpRequest& request);

/// The body of COM_BINLOG_DUMP, or of COM_BINLOG_DUMP_GTID where the request has a set.
std::string dump_command(const DumpRequest& request, Flavor flavor);

/// What an error packet says (`FF, errno u16, '#', sqlstate[5], text`).
Error dump_error(std::string_view packet);

}  // namespace cdc::mysql
