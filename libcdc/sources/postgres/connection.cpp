#include "libcdc/sources/postgres/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "libcdc/sources/postgres/server_error.hpp"

namespace cdc::postgres {

using std::chrono::seconds;
using std::chrono::steady_clock;

Result::Result(pg_result* result) : result_(result) {}
void Result::Clear::operator()(pg_result* result) const {
  PQclear(result);
}
int Result::rows() const {
  return PQntuples(result_.get());
}
bool Result::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}
std::string_view Result::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}
std::int64_t Result::number(int row, int column) const {
  const std::string_view digits = text(row, column);
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Connection::Connection(const ConnectionSettings& settings, Kind kind, const Log& log,
                       const Stop& stop)
    : stop_(stop), connection_(log_in(settings, kind, log, stop)) {
  set_session(kind);
}

void Connection::set_session(Kind kind) {
  const char* server_encoding = PQparameterStatus(connection_.get(), "server_encoding");
  encoding_.emplace(server_encoding == nullptr ? "UTF8" : server_encoding);
  // Values are converted here, because the server would end the stream at one that it cannot
  // convert; names in the catalog it converts for us, where it can.
  const std::string own = encoding_->client_encoding();
  const bool as_it_is = kind == Kind::replication || own == "SQL_ASCII" || !encoding_->decodes();
  const std::string client_encoding = as_it_is ? own : "UTF8";
  // One statement: older walsenders refuse several in one message.
  std::string settings = fmt::format(
      "SELECT set_config(name, value, false) FROM (VALUES ('datestyle', 'ISO'), "
      "('intervalstyle', 'iso_8601'), ('timezone', 'UTC'), ('extra_float_digits', '3'), "
      "('bytea_output', 'hex'), ('search_path', ''), ('quote_all_identifiers', 'off'), "
      "('statement_timeout', '0'), ('lock_timeout', '0'), ('row_security', 'off'), "
      "('idle_in_transaction_session_timeout', '0'), ('client_min_messages', 'warning'), "
      "('client_encoding', '{}')",
      client_encoding);
  if (server_version() >= 140000) settings += ", ('idle_session_timeout', '0')";
  if (server_version() >= 170000) settings += ", ('transaction_timeout', '0')";
  settings += ") AS setting (name, value)";
  run(settings, "cannot set up the session");
}

Result Connection::run(const std::string& sql, const std::string& doing) {
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) {
    throw to_error(parse_server_error(PQerrorMessage(connection_.get())), doing);
  }
  return finish(doing, {});
}

Result Connection::run(const std::string& sql, const std::vector<std::string>& parameters,
                       const std::string& doing) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0) != 1) {
    throw to_error(parse_server_error(PQerrorMessage(connection_.get())), doing);
  }
  return finish(doing, {});
}

Result Connection::run_long(const std::string& sql, const std::string& doing,
                            const std::function<void(seconds)>& every_second) {
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) {
    throw to_error(parse_server_error(PQerrorMessage(connection_.get())), doing);
  }
  return finish(doing, every_second);
}

Result Connection::finish(const std::string& doing,
                          const std::function<void(seconds)>& every_second) {
  // The first error is the reason: those behind it only say that the connection is gone.
  Result last(nullptr);
  std::optional<ServerError> error;
  while (true) {
    wait_readable(every_second);
    Result result(PQgetResult(connection_.get()));
    if (result.get() == nullptr) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
      if (!error) error = server_error(result.get(), connection_.get());
    } else {
      last = std::move(result);
    }
    if (status == PGRES_COPY_BOTH || status == PGRES_COPY_OUT) break;
  }
  if (error) throw to_error(*error, doing);
  if (last.get() == nullptr) {
    throw to_error(parse_server_error(PQerrorMessage(connection_.get())), doing);
  }
  return last;
}

void Connection::wait_readable(const std::function<void(seconds)>& every_second) {
  const auto begin = steady_clock::now();
  auto next_report = begin + seconds(1);
  while (PQisBusy(connection_.get()) != 0) {
    try {
      if (!wait_for(PQsocket(connection_.get()), POLLIN, next_report, stop_)) {
        next_report += seconds(1);
        const auto waited = std::chrono::duration_cast<seconds>(steady_clock::now() - begin);
        if (every_second) every_second(waited);
        if (patience_.count() != 0 && waited >= patience_) {
          throw Error(Fault::unavailable,
                      fmt::format("the server has not answered a query for {} s", waited.count()));
        }
        continue;
      }
    } catch (const Interrupted&) {
      // A short statement ends with its connection; a long one would go on without it.
      if (every_second) cancel();
      throw;
    }
    if (PQconsumeInput(connection_.get()) != 1) return;
  }
}

void Connection::cancel() {
  std::array<char, 256> complaint{};
  PGcancel* request = PQgetCancel(connection_.get());
  if (request == nullptr) return;
  // A failure changes nothing: the connection is closed next either way.
  PQcancel(request, complaint.data(), static_cast<int>(complaint.size()));
  PQfreeCancel(request);
}

int Connection::server_version() const {
  return PQserverVersion(connection_.get());
}
std::string Connection::database() const {
  return PQdb(connection_.get());
}
int Connection::backend_pid() const {
  return PQbackendPID(connection_.get());
}

std::string quote_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string quote_literal(std::string_view text) {
  // standard_conforming_strings is on for every server since 9.1, but a role may say otherwise:
  // the E form means the same under both settings.
  std::string quoted = text.find('\\') == std::string_view::npos ? "'" : " E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + '\'';
}

}  // namespace cdc::postgres
