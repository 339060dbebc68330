#include "libcdc/sources/postgres/sessions.hpp"

#include <fmt/format.h>

namespace cdc::postgres {
namespace {

constexpr const char* kJustEnded = "a transaction that just ended";

std::string list_prepared(Connection& connection) {
  const Result prepared = connection.run(
      "SELECT gid, to_char(now() - prepared, 'HH24:MI:SS') FROM pg_prepared_xacts "
      "ORDER BY prepared LIMIT 3",
      "cannot read pg_prepared_xacts");
  std::string words;
  for (int row = 0; row < prepared.rows(); ++row) {
    words += fmt::format("{}prepared transaction '{}' (for {})", words.empty() ? "" : ", ",
                         prepared.text(row, 0), prepared.text(row, 1));
  }
  return words;
}

}  // namespace

std::string list_sessions(Connection& connection, const std::string& condition) {
  const Result sessions = connection.run(
      "SELECT pid, usename, to_char(now() - xact_start, 'HH24:MI:SS') "
      "FROM pg_catalog.pg_stat_activity WHERE " +
          condition + " ORDER BY xact_start LIMIT 3",
      "cannot read pg_stat_activity");
  std::string words;
  for (int row = 0; row < sessions.rows(); ++row) {
    words +=
        fmt::format("{}transaction of PID {} (user {}, open for {})", words.empty() ? "" : ", ",
                    sessions.text(row, 0), sessions.text(row, 1), sessions.text(row, 2));
  }
  return words;
}

std::string describe_sessions(Connection& connection, const std::string& condition) {
  const std::string words = list_sessions(connection, condition);
  return words.empty() ? kJustEnded : words;
}

std::string describe_blockers(Connection& connection) {
  std::string words =
      list_sessions(connection, "backend_xid IS NOT NULL AND pid <> pg_backend_pid()");
  const std::string prepared = list_prepared(connection);
  if (!words.empty() && !prepared.empty()) words += ", ";
  words += prepared;
  return words.empty() ? kJustEnded : words;
}

}  // namespace cdc::postgres
