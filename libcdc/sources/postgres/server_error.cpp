#include "libcdc/sources/postgres/server_error.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace cdc::postgres {
namespace {

constexpr std::size_t kSqlstateSize = 5;

/// Where the SQLSTATE of `FATAL:  28P01: text` stands; the word before it is in the server's
/// language. npos where there is none.
std::size_t find_sqlstate(std::string_view text) {
  constexpr std::string_view kBefore = ":  ";
  constexpr std::string_view kBehind = ": ";
  for (std::size_t at = text.find(kBefore); at != std::string_view::npos;
       at = text.find(kBefore, at + 1)) {
    const std::string_view rest = text.substr(at + kBefore.size());
    const std::string_view code = rest.substr(0, kSqlstateSize);
    const bool is_code =
        code.size() == kSqlstateSize && std::all_of(code.begin(), code.end(), [](char c) {
          return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
        });
    if (is_code && rest.substr(code.size()).starts_with(kBehind)) return at + kBefore.size();
  }
  return std::string_view::npos;
}

struct Meaning {
  std::string_view sqlstate;  ///< a whole code, or its class of two characters
  Fault fault;
  std::string_view hint;
};

constexpr std::array kMeanings = {
    Meaning{"28", Fault::refused, "check the user, the password and pg_hba.conf"},
    Meaning{"3D000", Fault::usage, "check the name of the database"},
    Meaning{"42501", Fault::refused,
            "the role needs the REPLICATION attribute (ALTER ROLE ... REPLICATION) and, for "
            "publications, ownership of the tables"},
    Meaning{"53300", Fault::unavailable,
            "free a connection, or raise max_connections or max_wal_senders (both need a restart)"},
    Meaning{"57P03", Fault::unavailable,
            "it is starting, stopping or recovering: try again when it accepts connections"},
    Meaning{"53400", Fault::refused,
            "drop a slot that nobody needs (cdcctl slot list), or raise max_replication_slots "
            "(needs a restart)"},
    Meaning{"55006", Fault::refused,
            "find who uses it with cdcctl slot status; a crashed client frees it within "
            "wal_sender_timeout"},
    Meaning{"42704", Fault::state, ""},
    Meaning{"42710", Fault::refused, "choose another name, or use what exists"},
    Meaning{"42602", Fault::usage, "use lower-case letters, digits and underscores, at most 63"},
    Meaning{"58P01", Fault::state, "the server no longer has this part of its log"},
    Meaning{"55000", Fault::refused, ""},
    Meaning{"22021", Fault::protocol, ""},
    Meaning{"22P05", Fault::protocol, ""},
    Meaning{"0A000", Fault::refused, ""},
    Meaning{"XX", Fault::protocol,
            "the server reports an internal error: look into its log; a bytea above 512 MB needs "
            "--binary-transfer"},
    // What passes by itself. Everything else would fail again at the same place.
    Meaning{"08", Fault::unavailable, ""},
    Meaning{"25P0", Fault::unavailable, ""},
    Meaning{"40", Fault::unavailable, ""},
    Meaning{"53", Fault::unavailable, ""},
    Meaning{"57", Fault::unavailable, ""},
};

}  // namespace

ServerError parse_server_error(const std::string& text) {
  ServerError error;
  error.message = text;
  if (const std::size_t at = find_sqlstate(text); at != std::string::npos) {
    error.sqlstate = text.substr(at, kSqlstateSize);
    error.message = text.substr(at + kSqlstateSize + 2);
  }
  if (const auto location = error.message.find("\nLOCATION:"); location != std::string::npos) {
    error.message.erase(location);
  }
  constexpr std::string_view kDetail = "\nDETAIL:  ";
  if (const auto detail = error.message.find(kDetail); detail != std::string::npos) {
    error.message.replace(detail, kDetail.size(), ": ");
  }
  while (!error.message.empty() && std::isspace(static_cast<unsigned char>(error.message.back()))) {
    error.message.pop_back();
  }
  std::replace(error.message.begin(), error.message.end(), '\n', ' ');
  return error;
}

ServerError server_error(const pg_result* result, const pg_conn* connection) {
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string() : std::string(text);
  };
  ServerError error{field(PG_DIAG_SQLSTATE), field(PG_DIAG_MESSAGE_PRIMARY),
                    field(PG_DIAG_MESSAGE_HINT)};
  if (error.message.empty()) error = parse_server_error(PQerrorMessage(connection));
  return error;
}

Error to_error(const ServerError& error, const std::string& doing) {
  const Fault otherwise = error.sqlstate.empty() ? Fault::unavailable : Fault::refused;
  Error result(otherwise, doing + ": " + error.message);
  std::string hint = error.hint;
  for (const Meaning& meaning : kMeanings) {
    if (!error.sqlstate.starts_with(meaning.sqlstate)) continue;
    result = Error(meaning.fault, doing + ": " + error.message);
    if (!meaning.hint.empty()) hint = meaning.hint;
    break;
  }
  if (!error.sqlstate.empty()) result = result.with_detail("SQLSTATE " + error.sqlstate);
  return hint.empty() ? result : result.with_hint(hint);
}

}  // namespace cdc::postgres
