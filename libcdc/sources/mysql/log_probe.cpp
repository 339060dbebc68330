#include "libcdc/sources/mysql/log_probe.hpp"

#include <chrono>

#include "libcdc/sources/mysql/binlog_stream.hpp"
#include "libcdc/sources/mysql/event.hpp"
#include "libcdc/sources/mysql/log_files.hpp"

namespace cdc::mysql {
namespace {

/// How long a server may take to find a position: it reads the file from its beginning.
constexpr std::chrono::seconds kProbe{30};

}  // namespace

void try_dump(Connection& connection, const ResumePosition& position, bool by_gtid) {
  DumpRequest request = dump_request(position, connection.flavor(), by_gtid);
  request.server_id = derived_server_id();
  request.until_end = true;
  BinlogStream stream(connection, request);
  const auto deadline = std::chrono::steady_clock::now() + kProbe;
  bool described = false;
  // What comes behind the description of the format was found at the position.
  while (const auto bytes = wait_next(stream, connection, deadline)) {
    if (described) return;
    described = read_header(*bytes).type == EventType::format_description;
  }
}

}  // namespace cdc::mysql
