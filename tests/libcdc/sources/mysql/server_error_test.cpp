#include "libcdc/sources/mysql/server_error.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace cdc;
using namespace cdc::mysql;

namespace {

struct Case {
  unsigned number;
  const char* message;
  Fault fault;
  const char* hint;  ///< a part of it; empty: none
};

/// The servers' own words, old and new.
const Case kCases[] = {
    {1236, "Could not find first log file name in binary log index file", Fault::state,
     "has removed that part"},
    {1236,
     "Cannot replicate because the source purged required binary logs. Replicate the missing "
     "transactions from elsewhere",
     Fault::state, "has removed that part"},
    {1236,
     "The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has "
     "purged required binary logs",
     Fault::state, ""},
    {1236, "Could not find GTID state requested by slave in any binlog files", Fault::state,
     "has removed that part"},
    {1236,
     "Error: connecting slave requested to start from GTID 0-1-9, which is not in the master's "
     "binlog",
     Fault::state, "was restored, reset or is another one"},
    {1236, "Client requested master to start replication from position > file size", Fault::state,
     "was restored, reset or is another one"},
    {1236,
     "A replica with the same server_uuid/server_id as this replica has connected to the source",
     Fault::refused, "--server-id of its own"},
    {4052, "A slave with the same server_uuid/server_id as this slave has connected to the master",
     Fault::refused, "--server-id of its own"},
    {1236, "Binary log is not open", Fault::refused, "log_bin"},
    {1381, "You are not using binary logging", Fault::refused, "log_bin"},
    {1227, "Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s)",
     Fault::refused, "GRANT REPLICATION SLAVE"},
    {1227, "Access denied; you need (at least one of) the SUPER, REPLICATION CLIENT privilege(s)",
     Fault::refused, "GRANT REPLICATION CLIENT"},
    {1227, "Access denied; you need (at least one of) the SUPER, BINLOG MONITOR privilege(s)",
     Fault::refused, "GRANT BINLOG MONITOR"},
    {1227, "Access denied; you need (at least one of) the SUPER, BINLOG_ADMIN privilege(s)",
     Fault::refused, "GRANT BINLOG_ADMIN"},
    {1227, "Access denied; you need (at least one of) the BINLOG ADMIN privilege(s)",
     Fault::refused, "GRANT BINLOG ADMIN"},
    {1045, "Access denied for user 'app'@'h' (using password: YES)", Fault::refused, "password"},
    {1142, "SELECT command denied to user", Fault::refused, "GRANT SELECT"},
    {1049, "Unknown database 'nope'", Fault::usage, "name of the database"},
    {1040, "Too many connections", Fault::unavailable, "max_connections"},
    {1053, "Server shutdown in progress", Fault::unavailable, ""},
    {1317, "Query execution was interrupted", Fault::unavailable, ""},
    {2002, "Can't connect to local server through socket", Fault::unavailable, ""},
    {2006, "Server has gone away", Fault::unavailable, ""},
    {2013, "Lost connection to server during query", Fault::unavailable, ""},
    {2026, "TLS/SSL error: Validation of SSL server certificate failed", Fault::refused,
     "--tls-ca"},
    {2059, "Authentication plugin 'auth_gssapi_client' cannot be loaded", Fault::refused,
     "caching_sha2_password"},
    {1064, "You have an error in your SQL syntax", Fault::refused, ""},
};

}  // namespace

TEST_CASE("what an error of the server means") {
  for (const Case& known : kCases) {
    CAPTURE(known.number);
    CAPTURE(known.message);
    const Error error = to_error({known.number, "HY000", known.message}, "cannot read the binlog");
    CHECK(error.fault() == known.fault);
    CHECK(error.message() == std::string("cannot read the binlog: ") + known.message);
    CHECK(error.detail().find(std::to_string(known.number)) != std::string::npos);
    CHECK(error.hint().find(known.hint) != std::string::npos);
  }
}

TEST_CASE("the number counts too") {
  const std::string words = "the same server_uuid/server_id";
  CHECK(to_error({1236, "HY000", words}, "x").fault() == Fault::refused);
  CHECK(to_error({2013, "HY000", words}, "x").fault() == Fault::unavailable);
}
