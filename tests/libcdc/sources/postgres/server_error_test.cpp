#include "libcdc/sources/postgres/server_error.hpp"

#include <doctest/doctest.h>

using namespace cdc::postgres;

TEST_CASE("an error at the door is read from its text, details included") {
  const ServerError error = parse_server_error(
      "FATAL:  42501: permission denied to start WAL sender\n"
      "DETAIL:  Only roles with the REPLICATION attribute may start a WAL sender process.\n"
      "LOCATION:  InitPostgres, postinit.c:997\n");
  CHECK(error.sqlstate == "42501");
  CHECK(error.message ==
        "permission denied to start WAL sender: Only roles with the REPLICATION attribute may "
        "start a WAL sender process.");
}

TEST_CASE("words without a code are kept as they are, in one line") {
  const ServerError error = parse_server_error("no connection\nto the server\n");
  CHECK(error.sqlstate.empty());
  CHECK(error.message == "no connection to the server");
}
