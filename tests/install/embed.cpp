// The capture library in another program, which prints the first changes of a publication's tables.
// usage: embed CONNINFO PUBLICATION COUNT
#include <poll.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "libcdc/change/batch.hpp"
#include "libcdc/flow/source.hpp"
#include "libcdc/sources/source_type.hpp"

int main(int argc, char** argv) try {
  if (argc != 4) return 2;
  const cdc::Stop stop;
  const cdc::Log log;
  cdc::SourceRequest request;
  request.connection.conninfo = argv[1];
  request.options.set("publication", argv[2]);
  request.log = &log;
  request.stop = &stop;
  const auto source = cdc::find_source_type("postgres")->open(request);
  source->start({});
  std::fputs("ready\n", stderr);

  int wanted = std::atoi(argv[3]);
  for (cdc::Batch batch; wanted > 0; batch.reset()) {
    source->poll(batch);
    for (const cdc::Change& change : batch.changes()) {
      if (change.table == nullptr || wanted-- <= 0) continue;
      std::printf("%s %s\n", cdc::name(change.op).data(), qualified_name(*change.table).c_str());
    }
    if (!batch.boundaries().empty()) source->acknowledge(batch.boundaries().back().resume);
    pollfd watched{source->wait_fd(), POLLIN, 0};
    if (batch.empty()) ::poll(&watched, 1, 100);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
