#include "libcdc/sources/mysql/server_error.hpp"

#include <fmt/format.h>
#include <mysql.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {
namespace {

/// Errors of the client library: the server was not reached, or it is gone.
constexpr unsigned kFirstClientError = 2000;
constexpr unsigned kLastClientError = 3000;

/// The dump thread's one number for everything that keeps it from sending.
constexpr unsigned kDumpFailed = 1236;

constexpr std::string_view kStream = "GRANT REPLICATION SLAVE ON *.* TO the user";

struct Meaning {
  unsigned number;
  std::string_view words;  ///< a part of the message; empty: any
  Fault fault;
  std::string_view hint;
};

constexpr std::string_view kAnother =
    "another client streams with the same server_id or server_uuid: give this one a --server-id of "
    "its own; trying again would cut both off in turn";
constexpr std::string_view kGone =
    "the server has removed that part of its binlog: begin anew with a snapshot (--snapshot "
    "initial and a new checkpoint), or restore the files; keep binlogs longer than the longest "
    "stop";
constexpr std::string_view kOther =
    "the server was restored, reset or is another one: compare with cdcctl checkpoint validate "
    "--against, then begin anew with a snapshot, or rewrite the checkpoint";
constexpr std::string_view kKilled = "somebody killed the connection in the server";
constexpr std::string_view kInside =
    "the position lies inside an event, or the file is damaged there: take the pos of a change "
    "line";

/// The first that fits counts. Older servers say master and slave where newer ones say source and
/// replica, so the words are those that both have.
constexpr std::array kMeanings = {
    Meaning{kDumpFailed, "same server_uuid/server_id", Fault::refused, kAnother},
    Meaning{4052, "", Fault::refused, kAnother},
    Meaning{kDumpFailed, "Could not find first log file name", Fault::state, kGone},
    Meaning{kDumpFailed, "purged required binary logs", Fault::state, kGone},
    Meaning{kDumpFailed, "Could not find GTID state", Fault::state, kGone},
    Meaning{kDumpFailed, "binary log is not open", Fault::refused,
            "binary logging is off: set log_bin and restart the server"},
    Meaning{kDumpFailed, "Binary log is not open", Fault::refused,
            "binary logging is off: set log_bin and restart the server"},
    Meaning{kDumpFailed, "truncated in the middle of event", Fault::state, kInside},
    Meaning{kDumpFailed, "bogus data in log event", Fault::state, kInside},
    Meaning{kDumpFailed, "max_allowed_packet", Fault::state, kInside},
    Meaning{kDumpFailed, "", Fault::state, kOther},
    Meaning{1381, "", Fault::refused, "binary logging is off: set log_bin and restart the server"},
    Meaning{1045, "", Fault::refused, "check the user, the password and the host it may come from"},
    Meaning{1698, "", Fault::refused, "check the user, the password and the host it may come from"},
    Meaning{1130, "", Fault::refused, "the user may not connect from this host"},
    Meaning{1044, "", Fault::refused, "the user may not use this database"},
    Meaning{1049, "", Fault::usage, "check the name of the database"},
    Meaning{1142, "", Fault::refused, "GRANT SELECT on that table TO the user"},
    Meaning{1227, "REPLICATION CLIENT", Fault::refused,
            "GRANT REPLICATION CLIENT ON *.* TO the user"},
    Meaning{1227, "BINLOG MONITOR", Fault::refused, "GRANT BINLOG MONITOR ON *.* TO the user"},
    Meaning{1227, "", Fault::refused, kStream},
    Meaning{1040, "", Fault::unavailable, "free a connection, or raise max_connections"},
    Meaning{1203, "", Fault::unavailable, "the user has as many connections as it may have"},
    Meaning{1053, "", Fault::unavailable, "the server is being stopped"},
    Meaning{1317, "", Fault::unavailable, kKilled},
    Meaning{1927, "", Fault::unavailable, kKilled},
    Meaning{
        2026, "", Fault::refused,
        "TLS failed: check --tls-ca, and that the certificate has the name that you connect to; "
        "--tls verify-ca does not compare names"},
    Meaning{2059, "", Fault::refused,
            "the client library has no plugin for the user's way to authenticate: "
            "mysql_native_password and caching_sha2_password are known"},
    Meaning{2061, "", Fault::refused, "say --tls require: the password needs a protected channel"},
};

const Meaning* find_meaning(const ServerError& error) {
  const auto* const found =
      std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& meaning) {
        return meaning.number == error.number &&
               error.message.find(meaning.words) != std::string::npos;
      });
  return found == kMeanings.end() ? nullptr : found;
}

}  // namespace

ServerError server_error(st_mysql* connection) {
  return {mysql_errno(connection), mysql_sqlstate(connection), mysql_error(connection)};
}

ServerError parse_error_packet(std::string_view packet) {
  LittleReader reader(packet);
  reader.u8();
  ServerError error;
  error.number = reader.u16();
  std::string_view rest = reader.rest();
  if (rest.starts_with('#')) {
    error.sqlstate = rest.substr(1, 5);
    rest.remove_prefix(std::min<std::size_t>(rest.size(), 6));
  }
  error.message = rest;
  return error;
}

Error to_error(const ServerError& error, const std::string& doing) {
  const bool of_client = error.number >= kFirstClientError && error.number < kLastClientError;
  Fault fault = of_client ? Fault::unavailable : Fault::refused;
  std::string_view hint;
  if (const Meaning* meaning = find_meaning(error)) {
    fault = meaning->fault;
    hint = meaning->hint;
  }
  const Error result =
      Error(fault, doing + ": " + error.message)
          .with_detail(fmt::format("error {}, SQLSTATE {}", error.number, error.sqlstate));
  return hint.empty() ? result : result.with_hint(std::string(hint));
}

}  // namespace cdc::mysql
