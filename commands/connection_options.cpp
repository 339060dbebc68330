#include "commands/connection_options.hpp"

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "commands/conninfo_secrets.hpp"
#include "commands/validators.hpp"
#include "libcdc/base/error.hpp"

namespace cdcctl {
namespace {

using cdc::PasswordOrigin;
using cdc::TlsMode;

const char* const kGroup = "Connection";

const std::vector<std::pair<std::string, TlsMode>> kTlsModes = {
    {"disable", TlsMode::disable},         {"prefer", TlsMode::prefer},
    {"require", TlsMode::require},         {"verify-ca", TlsMode::verify_ca},
    {"verify-full", TlsMode::verify_full},
};

}  // namespace

void ConnectionOptions::declare(CLI::App& app, Form form, std::string_view conninfo_help) {
  const char* conninfo = form == Form::positional ? "conninfo" : "--against";
  app.add_option(conninfo, settings_.conninfo, std::string(conninfo_help))->type_name("CONNINFO");
  const auto text = [&app](const char* name, std::string& target, const char* value_name,
                           const char* help) {
    app.add_option(name, target, help)->type_name(value_name)->group(kGroup);
  };
  text("--host", settings_.host, "HOST", "Host name, or directory of the socket");
  text("--port", settings_.port, "PORT", "Port number");
  text("--user", settings_.user, "NAME", "User to connect as");
  text("--database", settings_.database, "NAME", "Database to connect to");
  text("--password-file", password_file_, "FILE",
       "Read the password from this file, at every connect");
  text("--password-env", password_env_, "NAME", "Read the password from this environment variable");
  text("--password", password_, "TEXT", "The password; others may see it: prefer a file");
  add_choice(app, "--tls", settings_.tls, kTlsModes, "How to protect and verify the connection")
      ->group(kGroup);
  text("--tls-ca", settings_.tls_ca, "FILE", "Certificates of the authorities to trust");
  text("--tls-cert", settings_.tls_cert, "FILE", "Certificate of this client");
  text("--tls-key", settings_.tls_key, "FILE", "Private key of this client");
  add_duration(app, "--connect-timeout", settings_.connect_timeout, "Give up connecting after this")
      ->group(kGroup);
}

bool ConnectionOptions::given() const {
  return !settings_.conninfo.empty() || !settings_.host.empty() || !settings_.user.empty() ||
         !settings_.database.empty();
}

cdc::ConnectionSettings ConnectionOptions::settings() const {
  if (settings_.connect_timeout.count() == 0) {
    throw cdc::Error(cdc::Fault::usage, "--connect-timeout 0s leaves no time to connect")
        .with_hint("leave it out, or say for example --connect-timeout 10s");
  }
  cdc::ConnectionSettings settings = settings_;
  std::vector<std::pair<std::string, PasswordOrigin>> origins;
  if (auto password = take_password(settings.conninfo)) {
    origins.push_back({"the conninfo", {PasswordOrigin::Kind::given, "", *password}});
  }
  if (!password_.empty()) {
    origins.push_back({"--password", {PasswordOrigin::Kind::given, "", cdc::Secret(password_)}});
  }
  if (!password_file_.empty()) {
    origins.push_back({"--password-file", {PasswordOrigin::Kind::file, password_file_, {}}});
  }
  if (!password_env_.empty()) {
    origins.push_back({"--password-env", {PasswordOrigin::Kind::environment, password_env_, {}}});
  }
  if (origins.size() > 1) {
    throw cdc::Error(cdc::Fault::usage,
                     "two places give a password: " + origins[0].first + " and " + origins[1].first)
        .with_hint("keep one of them");
  }
  if (!origins.empty()) settings.password = std::move(origins[0].second);
  return settings;
}

}  // namespace cdcctl
