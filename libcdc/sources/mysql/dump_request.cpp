#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>

#include "libcdc/sources/mysql/binlog_stream.hpp"
#include "libcdc/sources/mysql/server_error.hpp"

namespace cdc::mysql {
namespace {

constexpr unsigned kNonBlock = 1;
/// MariaDB: send the texts of statements too, without which offsets cannot be summed up.
constexpr unsigned kAnnotateRows = 2;
constexpr unsigned kThroughGtid = 4;
constexpr std::uint64_t kFirstEvent = 4;
/// Above what people give their servers.
constexpr std::uint32_t kFirstDerivedId = 0x40000000;

void put(std::string& out, std::uint64_t number, int width) {
  for (int i = 0; i < width; ++i) out += static_cast<char>(number >> 8 * i & 0xFFU);
}

}  // namespace

DumpRequest dump_request(const ResumePosition& position, Flavor flavor, bool by_gtid) {
  DumpRequest request;
  if (by_gtid && flavor == Flavor::mysql) {
    request.executed = std::get<GtidSet>(position.gtids).encode();
  } else if (by_gtid) {
    request.slave_position = std::get<MariadbGtidPosition>(position.gtids).text();
  } else {
    request.file = position.binlog->file;
    request.offset = position.binlog->offset;
  }
  return request;
}

std::uint32_t derived_server_id() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::size_t hash = std::hash<std::string>()(fmt::format("{}:{}", host.data(), ::getpid()));
  return kFirstDerivedId | static_cast<std::uint32_t>(hash % kFirstDerivedId);
}

void prepare_dump(Connection& connection, const DumpRequest& request) {
  const auto set = [&](const std::string& assignment) {
    connection.run("SET " + assignment, "cannot prepare to read the binlog");
  };
  const auto nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(request.heartbeat).count();
  // Servers know one of each pair of names, and ignore the other as a variable of the user's.
  set("@master_binlog_checksum = 'CRC32', @source_binlog_checksum = 'CRC32'");
  set(fmt::format("@master_heartbeat_period = {0}, @source_heartbeat_period = {0}", nanoseconds));
  if (connection.flavor() == Flavor::mariadb) {
    set("@mariadb_slave_capability = 4");
    if (!request.slave_position) return;
    set(
        fmt::format("@slave_connect_state = {}, @slave_gtid_strict_mode = 1, "
                    "@slave_gtid_ignore_duplicates = 0",
                    quote_literal(*request.slave_position)));
    return;
  }
  // A dump of a known uuid ends an older one of the same: ours is new each time.
  const std::string uuid = connection.value("SELECT UUID()", "cannot make a UUID");
  set(fmt::format("@slave_uuid = {0}, @replica_uuid = {0}", quote_literal(uuid)));
}

std::string dump_command(const DumpRequest& request, Flavor flavor) {
  const unsigned flags = request.until_end ? kNonBlock : 0;
  std::string body;
  if (request.executed) {
    put(body, flags | kThroughGtid, 2);
    put(body, request.server_id, 4);
    put(body, 0, 4);
    put(body, kFirstEvent, 8);
    put(body, request.executed->size(), 4);
    return body + *request.executed;
  }
  put(body, request.offset, 4);
  put(body, flavor == Flavor::mariadb ? flags | kAnnotateRows : flags, 2);
  put(body, request.server_id, 4);
  return body + request.file;
}

Error dump_error(std::string_view packet) {
  return to_error(parse_error_packet(packet), "the server does not send its binlog");
}

}  // namespace cdc::mysql
