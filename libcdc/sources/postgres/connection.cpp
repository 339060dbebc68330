#include "libcdc/sources/postgres/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

#include "libcdc/base/clock.hpp"

namespace cdc::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kWrongPassword = "28P01";
constexpr std::size_t kSqlstateSize = 5;
constexpr const char* kSystemStore = "/etc/ssl/certs/ca-certificates.crt";

/// What was asked to reach, for messages.
struct Target {
  std::string place;  ///< "host 'db1' port 5433" or "socket directory '/run/postgresql' port 5432"
  std::string user;
  std::string tls_mode;  ///< as the conninfo or the environment has it; empty where nobody says
  std::string ca;
  std::string service;  ///< its entry in pg_service.conf, which may say more than we see
  bool local = true;
  bool has_password = false;
};

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string with_default(const std::string& value, const char* otherwise) {
  return value.empty() && otherwise != nullptr ? otherwise : value;
}

/// A conninfo in any of libpq's forms; a bare word is a database's name, as psql takes it.
Options parse_conninfo(const std::string& conninfo) {
  const bool is_uri = conninfo.starts_with("postgresql://") || conninfo.starts_with("postgres://");
  if (!is_uri && conninfo.find('=') == std::string::npos) return nullptr;
  char* complaint = nullptr;
  Options options(PQconninfoParse(conninfo.c_str(), &complaint));
  if (options) return options;
  // libpq's complaint may quote the password, so only its kind is passed on.
  PQfreemem(complaint);
  throw Error(Fault::usage, "the connection string cannot be parsed")
      .with_hint(
          "write postgresql://user@host:5432/database or 'host=... dbname=... user=...'; "
          "special characters in a URI are percent-encoded");
}

std::string option_of(const Options& options, const char* keyword) {
  for (const PQconninfoOption* at = options.get(); at != nullptr && at->keyword != nullptr; ++at) {
    if (std::string_view(at->keyword) == keyword && at->val != nullptr) return at->val;
  }
  return {};
}

bool is_local(const std::string& host) {
  return host.empty() || host.front() == '/' || host.front() == '@' || host == "localhost" ||
         host == "::1" || host.starts_with("127.");
}

Target describe(const ConnectionSettings& settings) {
  const Options options = parse_conninfo(settings.conninfo);
  const auto pick = [&](const std::string& own, const char* keyword, const char* variable) {
    return with_default(own.empty() ? option_of(options, keyword) : own, std::getenv(variable));
  };
  Target target;
  std::string host = pick(settings.host, "host", "PGHOST");
  if (host.empty()) host = pick("", "hostaddr", "PGHOSTADDR");
  const std::string port = with_default(pick(settings.port, "port", "PGPORT"), "5432");
  target.service = pick("", "service", "PGSERVICE");
  target.local = is_local(host);
  if (host.empty() && !target.service.empty()) {
    target.place = fmt::format("service '{}'", target.service);
  } else if (host.empty()) {
    target.place = fmt::format("the default socket, port {}", port);
  } else if (host.front() == '/') {
    target.place = fmt::format("socket directory '{}', port {}", host, port);
  } else {
    target.place = fmt::format("host '{}', port {}", host, port);
  }
  target.user = pick(settings.user, "user", "PGUSER");
  target.tls_mode = pick("", "sslmode", "PGSSLMODE");
  target.ca = pick(settings.tls_ca, "sslrootcert", "PGSSLROOTCERT");
  target.has_password = !option_of(options, "password").empty();
  return target;
}

const char* tls_mode_text(TlsMode mode) {
  switch (mode) {
    case TlsMode::disable:
      return "disable";
    case TlsMode::prefer:
      return "prefer";
    case TlsMode::require:
      return "require";
    case TlsMode::verify_ca:
      return "verify-ca";
    case TlsMode::verify_full:
      return "verify-full";
  }
  return "verify-full";
}

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

/// Splits the SQLSTATE off verbose libpq messages, and leaves out where in the server's source they
/// were raised.
ServerError split_verbose(const std::string& text) {
  ServerError error;
  error.message = text;
  if (const std::size_t at = find_sqlstate(text); at != std::string::npos) {
    error.sqlstate = text.substr(at, kSqlstateSize);
    error.message = text.substr(at + kSqlstateSize + 2);
  }
  if (const auto location = error.message.find("\nLOCATION:"); location != std::string::npos) {
    error.message.erase(location);
  }
  while (!error.message.empty() && std::isspace(static_cast<unsigned char>(error.message.back()))) {
    error.message.pop_back();
  }
  std::replace(error.message.begin(), error.message.end(), '\n', ' ');
  return error;
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
    Meaning{"XX", Fault::protocol, "the server reports an internal error: look into its log"},
    // What passes by itself. Everything else would fail again at the same place.
    Meaning{"08", Fault::unavailable, ""},
    Meaning{"25P0", Fault::unavailable, ""},
    Meaning{"40", Fault::unavailable, ""},
    Meaning{"53", Fault::unavailable, ""},
    Meaning{"57", Fault::unavailable, ""},
};

struct TlsTrouble {
  std::string_view words;  ///< a part of what libpq says
  std::string_view hint;
};

/// What this side refuses about TLS: trying again would not help.
constexpr std::array kTlsTroubles = {
    TlsTrouble{"does not match host name",
               "connect by a name that the certificate has, or say --tls verify-ca, which does not "
               "compare names"},
    TlsTrouble{"certificate verify failed",
               "give the CA that signed the server's certificate with --tls-ca"},
    TlsTrouble{"root certificate file", "check --tls-ca"},
    TlsTrouble{"certificate file", "check --tls-cert and --tls-key"},
    TlsTrouble{"private key file", "check --tls-key; nobody else may read that file (chmod 600)"},
    TlsTrouble{"does not support SSL", "set ssl = on in the server, or say --tls prefer"},
};

Error unreachable(const ServerError& error, const Target& target) {
  const std::string& words = error.message;
  const std::string message = fmt::format("cannot connect to {}", target.place);
  for (const TlsTrouble& trouble : kTlsTroubles) {
    if (words.find(trouble.words) == std::string::npos) continue;
    return Error(Fault::refused, message)
        .with_detail(words)
        .with_hint("TLS failed: " + std::string(trouble.hint));
  }
  const Error result = Error(Fault::unavailable, message).with_detail(words);
  if (words.find("SSL") != std::string::npos) {
    return result.with_hint("TLS failed: choose another --tls mode, or look into the server's log");
  }
  return result.with_hint(
      "check that the server runs and listens there, and that a firewall lets "
      "this machine in");
}

std::string describe_user(const Target& target) {
  return target.user.empty() ? "the default user" : "user '" + target.user + "'";
}

Error missing_password(const Target& target) {
  return Error(Fault::refused, fmt::format("{} wants a password of {}, and none was given",
                                           target.place, describe_user(target)))
      .with_hint("give one with --password-file, --password-env, PGPASSWORD or ~/.pgpass");
}

Error refused_login(const ServerError& error, const Target& target,
                    const ConnectionSettings& settings) {
  const Error result =
      to_error(error, fmt::format("{} refuses {}", target.place, describe_user(target)));
  const std::string check =
      "the user's name and pg_hba.conf (replication connections match the database's name there)";
  if (error.sqlstate != kWrongPassword) {
    const bool plain = error.message.find("no encryption") != std::string::npos;
    return result.with_hint((plain ? "say --tls require, or check " : "check ") + check);
  }
  std::string origin = settings.password.describe();
  if (settings.password.kind == PasswordOrigin::Kind::none) {
    origin = target.has_password                    ? "in the connection string"
             : std::getenv("PGPASSWORD") != nullptr ? "from the environment variable PGPASSWORD"
                                                    : "from the password file, if any (~/.pgpass)";
  }
  return result.with_hint(fmt::format("the password came {}; check it, {}", origin, check));
}

/// Waits until `fd` is ready or `deadline`; false at the deadline. Throws Interrupted.
bool wait_for(int fd, short events, steady_clock::time_point deadline, const Stop& stop) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
  if (left.count() < 0) return false;
  std::array<pollfd, 2> watched = {pollfd{fd, events, 0}, pollfd{stop.fd(), POLLIN, 0}};
  const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(left.count()) + 1);
  if (stop.requested()) throw Interrupted();
  return ready > 0 || steady_clock::now() < deadline;
}

/// Drives PQconnectPoll. False where it failed or the time is over.
bool await_connection(PGconn* connection, milliseconds timeout, const Log& log, const Stop& stop) {
  const auto deadline = steady_clock::now() + timeout;
  auto next_word = steady_clock::now() + seconds(2);
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
    const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait_for(PQsocket(connection), events, std::min(deadline, next_word), stop)) {
      if (steady_clock::now() >= deadline) return false;
      log.info("still connecting: the server has not answered yet");
      next_word += seconds(10);
      continue;
    }
    status = PQconnectPoll(connection);
  }
  return status == PGRES_POLLING_OK;
}

ServerError server_error(const PGresult* result, const PGconn* connection) {
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string() : std::string(text);
  };
  ServerError error{field(PG_DIAG_SQLSTATE), field(PG_DIAG_MESSAGE_PRIMARY),
                    field(PG_DIAG_MESSAGE_HINT)};
  if (error.message.empty()) error = split_verbose(PQerrorMessage(connection));
  return error;
}

void forget_notice(void*, const PGresult*) {}

}  // namespace

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

void Connection::Finish::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

Connection::Connection(const ConnectionSettings& settings, Kind kind, const Log& log,
                       const Stop& stop)
    : log_(log), stop_(stop) {
  connect(settings, kind);
  set_session(kind);
}

void Connection::connect(const ConnectionSettings& settings, Kind kind) {
  const Target target = describe(settings);
  const auto attempt = [&](const std::string& mode, const std::string& ca) {
    return try_connect(settings, kind, mode, ca);
  };
  bool connected = false;
  if (settings.tls) {
    connected = attempt(tls_mode_text(*settings.tls), target.ca);
  } else if (!target.tls_mode.empty() || !target.service.empty() || target.local) {
    connected = attempt("", target.ca);
  } else if (!target.ca.empty()) {
    connected = attempt("verify-full", target.ca);
  } else {
    connected = std::filesystem::exists(kSystemStore) && attempt("verify-full", kSystemStore);
    if (!connected && (failure_.empty() || failure_.find("certificate") != std::string::npos)) {
      connected = attempt("require", "");
      if (connected) {
        log_.warning(fmt::format("the certificate of {} is not verified", target.place),
                     "give its CA with --tls-ca, or say --tls require to silence this");
      }
    }
  }
  if (connected) return;
  const ServerError error = split_verbose(failure_);
  if (error.sqlstate.starts_with("28")) throw refused_login(error, target, settings);
  if (error.sqlstate.empty()) {
    if (needs_password_) throw missing_password(target);
    throw unreachable(error, target);
  }
  throw to_error(error, "cannot connect to " + target.place);
}

bool Connection::try_connect(const ConnectionSettings& settings, Kind kind,
                             const std::string& tls_mode, const std::string& ca) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  const auto put = [&](const char* keyword, const std::string& value) {
    if (value.empty()) return;
    keywords.push_back(keyword);
    values.push_back(value.c_str());
  };
  const Secret password = settings.password.read();
  put("fallback_application_name", "cdcctl");
  put("dbname", settings.conninfo);
  put("host", settings.host);
  put("port", settings.port);
  put("user", settings.user);
  put("dbname", settings.database);
  put("password", password.reveal());
  put("sslmode", tls_mode);
  put("sslrootcert", ca);
  put("sslcert", settings.tls_cert);
  put("sslkey", settings.tls_key);
  put("replication", kind == Kind::replication ? "database" : "");
  keywords.push_back(nullptr);
  values.push_back(nullptr);

  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 1));
  PGconn* connection = connection_.get();
  if (connection == nullptr) throw Error(Fault::internal, "out of memory while connecting");
  // Verbose messages carry the SQLSTATE, which no accessor gives while a connection is made.
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection, forget_notice, nullptr);
  if (PQstatus(connection) != CONNECTION_BAD &&
      await_connection(connection, settings.connect_timeout, log_, stop_)) {
    PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
    return true;
  }
  failure_ = PQerrorMessage(connection);
  needs_password_ = PQconnectionNeedsPassword(connection) != 0;
  if (PQstatus(connection) != CONNECTION_BAD) {
    failure_ = fmt::format("no answer within {:g} s",
                           std::chrono::duration<double>(settings.connect_timeout).count());
  }
  connection_.reset();
  return false;
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
      "('client_encoding', '{}')",
      client_encoding);
  if (server_version() >= 140000) settings += ", ('idle_session_timeout', '0')";
  if (server_version() >= 170000) settings += ", ('transaction_timeout', '0')";
  settings += ") AS setting (name, value)";
  run(settings, "cannot set up the session");
}

Result Connection::run(const std::string& sql, const std::string& doing) {
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) {
    throw to_error(split_verbose(PQerrorMessage(connection_.get())), doing);
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
    throw to_error(split_verbose(PQerrorMessage(connection_.get())), doing);
  }
  return finish(doing, {});
}

Result Connection::run_long(const std::string& sql, const std::string& doing,
                            const std::function<void(seconds)>& every_second) {
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) {
    throw to_error(split_verbose(PQerrorMessage(connection_.get())), doing);
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
    throw to_error(split_verbose(PQerrorMessage(connection_.get())), doing);
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
