#include "libcdc/sources/postgres/login.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libcdc/sources/postgres/server_error.hpp"

namespace cdc::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kWrongPassword = "28P01";
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

void forget_notice(void*, const PGresult*) {}

/// The attempts to make one connection.
class Login {
 public:
  Login(const ConnectionSettings& settings, ConnectionKind kind, const Log& log, const Stop& stop)
      : settings_(settings), kind_(kind), log_(log), stop_(stop), target_(describe(settings)) {}

  ConnectionHandle connect();

 private:
  bool attempt(const std::string& tls_mode, const std::string& ca);
  bool attempt_with_defaults();
  Error failed() const;

  const ConnectionSettings& settings_;
  ConnectionKind kind_;
  const Log& log_;
  const Stop& stop_;
  Target target_;
  ConnectionHandle connection_;
  bool needs_password_ = false;  ///< the last attempt failed for want of one
  std::string failure_;          ///< why the last attempt failed, in libpq's words
};

ConnectionHandle Login::connect() {
  if (attempt_with_defaults()) return std::move(connection_);
  throw failed();
}

// Who says nothing of TLS gets it verified by the system's store, or at least encrypted.
bool Login::attempt_with_defaults() {
  if (settings_.tls) return attempt(tls_mode_text(*settings_.tls), target_.ca);
  if (!target_.tls_mode.empty() || !target_.service.empty() || target_.local) {
    return attempt("", target_.ca);
  }
  if (!target_.ca.empty()) return attempt("verify-full", target_.ca);
  if (std::filesystem::exists(kSystemStore) && attempt("verify-full", kSystemStore)) return true;
  if (!failure_.empty() && failure_.find("certificate") == std::string::npos) return false;
  if (!attempt("require", "")) return false;
  log_.warning(fmt::format("the certificate of {} is not verified", target_.place),
               "give its CA with --tls-ca, or say --tls require to silence this");
  return true;
}

Error Login::failed() const {
  const ServerError error = parse_server_error(failure_);
  if (error.sqlstate.starts_with("28")) return refused_login(error, target_, settings_);
  if (!error.sqlstate.empty()) return to_error(error, "cannot connect to " + target_.place);
  return needs_password_ ? missing_password(target_) : unreachable(error, target_);
}

bool Login::attempt(const std::string& tls_mode, const std::string& ca) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  const auto put = [&](const char* keyword, const std::string& value) {
    if (value.empty()) return;
    keywords.push_back(keyword);
    values.push_back(value.c_str());
  };
  const Secret password = settings_.password.read();
  put("fallback_application_name", "cdcctl");
  put("dbname", settings_.conninfo);
  put("host", settings_.host);
  put("port", settings_.port);
  put("user", settings_.user);
  put("dbname", settings_.database);
  put("password", password.reveal());
  put("sslmode", tls_mode);
  put("sslrootcert", ca);
  put("sslcert", settings_.tls_cert);
  put("sslkey", settings_.tls_key);
  put("replication", kind_ == ConnectionKind::replication ? "database" : "");
  keywords.push_back(nullptr);
  values.push_back(nullptr);

  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 1));
  PGconn* connection = connection_.get();
  if (connection == nullptr) throw Error(Fault::internal, "out of memory while connecting");
  // Verbose messages carry the SQLSTATE, which no accessor gives while a connection is made.
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection, forget_notice, nullptr);
  if (PQstatus(connection) != CONNECTION_BAD &&
      await_connection(connection, settings_.connect_timeout, log_, stop_)) {
    PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
    return true;
  }
  failure_ = PQerrorMessage(connection);
  needs_password_ = PQconnectionNeedsPassword(connection) != 0;
  if (PQstatus(connection) != CONNECTION_BAD) {
    failure_ = fmt::format("no answer within {:g} s",
                           std::chrono::duration<double>(settings_.connect_timeout).count());
  }
  connection_.reset();
  return false;
}

}  // namespace

void FinishConnection::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

ConnectionHandle log_in(const ConnectionSettings& settings, ConnectionKind kind, const Log& log,
                        const Stop& stop) {
  return Login(settings, kind, log, stop).connect();
}

}  // namespace cdc::postgres
