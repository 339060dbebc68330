#include "libcdc/sources/postgres/sessions.hpp"

#include <fmt/format.h>

namespace cdc::postgres {
namespace {

constexpr const char* kJustEnded = "a transaction that just ended";

std::string list_prepared(Connection& connection) {
  const Result prepared = connection.run(
      "SELECT gid, extract(epoch FROM now() - prepared)::bigint "
      "FROM pg_catalog.pg_prepared_xacts ORDER BY prepared LIMIT 3",
      "cannot read pg_prepared_xacts");
  std::string words;
  for (int row = 0; row < prepared.rows(); ++row) {
    words += fmt::format("{}prepared transaction '{}' (for {} s)", words.empty() ? "" : ", ",
                         prepared.text(row, 0), prepared.text(row, 1));
  }
  return words;
}

}  // namespace

std::string list_sessions(Connection& connection, const std::string& condition) {
  const Result sessions = connection.run(
      "SELECT pid, usename, extract(epoch FROM now() - xact_start)::bigint "
      "FROM pg_catalog.pg_stat_activity WHERE " +
          condition + " ORDER BY xact_start LIMIT 3",
      "cannot read pg_stat_activity");
  std::string words;
  for (int row = 0; row < sessions.rows(); ++row) {
    words +=
        fmt::format("{}transaction of PID {} (user {}, open for {} s)", words.empty() ? "" : ", ",
                    sessions.text(row, 0), sessions.text(row, 1), sessions.text(row, 2));
  }
  return words;
}

std::string describe_sessions(Connection& connection, const std::string& condition) {
  const std::string words = list_sessions(connection, condition);
  return words.empty() ? kJustEnded : words;
}

Blockers find_blockers(Connection& connection) {
  const Result standby =
      connection.run("SELECT pg_is_in_recovery()", "cannot ask whether the server is a standby");
  if (standby.flag(0, 0)) {
    return {"the primary to log which transactions run there",
            "run there: SELECT pg_log_standby_snapshot();"};
  }
  std::string words =
      list_sessions(connection, "backend_xid IS NOT NULL AND pid <> pg_backend_pid()");
  const std::string prepared = list_prepared(connection);
  if (!words.empty() && !prepared.empty()) words += ", ";
  words += prepared;
  return {words.empty() ? kJustEnded : words, "end that transaction, or interrupt"};
}

}  // namespace cdc::postgres
