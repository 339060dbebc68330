// The capture library inside another program: prints the first changes of a publication.
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
  cdc::Stop stop;
  cdc::Log log;
  cdc::SourceRequest request;
  request.connection.conninfo = argv[1];
  request.options.set("publication", argv[2]);
  request.log = &log;
  request.stop = &stop;
  int wanted = std::atoi(argv[3]);

  const auto source = cdc::find_source_type("postgres")->open(request);
  source->start({});
  std::puts("ready");
  std::fflush(stdout);

  for (cdc::Batch batch; wanted > 0; batch.reset()) {
    if (source->poll(batch).kind == cdc::Next::Kind::wait && batch.empty()) {
      pollfd watched{source->wait_fd(), POLLIN, 0};
      ::poll(&watched, 1, 1000);
      source->keep_alive();
    }
    for (const cdc::Change& change : batch.changes()) {
      const bool row = change.table != nullptr && change.op != cdc::Op::schema;
      if (!row || wanted-- <= 0) continue;
      std::printf("%s %s\n", cdc::name(change.op).data(), qualified_name(*change.table).c_str());
    }
    if (!batch.boundaries().empty()) source->acknowledge(batch.boundaries().back().resume);
  }
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
