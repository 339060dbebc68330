// Takes the events of a server's binlog and throws them away: what reading alone costs.
// usage: binlog_fetch URI FILE END     from the beginning of FILE until an event ends at offset END

#include <poll.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "libcdc/base/error.hpp"
#include "libcdc/flow/stop.hpp"
#include "libcdc/sources/mysql/binlog_stream.hpp"
#include "libcdc/sources/mysql/event.hpp"

namespace {

void fetch(const std::string& uri, const std::string& file, std::uint64_t end) {
  cdc::ConnectionSettings settings;
  settings.conninfo = uri;
  const cdc::Log log;
  const cdc::Stop stop;
  cdc::mysql::Connection connection(settings, log, stop);
  cdc::mysql::DumpRequest request;
  request.server_id = cdc::mysql::derived_server_id();
  request.file = file;
  cdc::mysql::BinlogStream stream(connection, request);
  while (true) {
    const auto event = stream.next();
    if (!event) {
      cdc::wait_for(stream.fd(), POLLIN, std::chrono::steady_clock::now() + std::chrono::seconds(1),
                    stop);
      continue;
    }
    const cdc::mysql::EventHeader header = cdc::mysql::read_header(*event);
    if (!header.artificial() && header.next_position >= end) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    fetch(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10));
  } catch (const cdc::Error& error) {
    std::fprintf(stderr, "binlog_fetch: %s\n", error.message().c_str());
    return 1;
  }
  return 0;
}
