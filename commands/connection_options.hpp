#pragma once

#include <string>
#include <string_view>

#include "libcdc/sources/connection_settings.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace cdcctl {

/// The options of every command that connects to a server.
class ConnectionOptions {
 public:
  /// Where the conninfo itself stands.
  enum class Form {
    positional,  ///< `slot list [CONNINFO]`
    against,     ///< `--against CONNINFO`
  };

  /// Of commands that take a server of any source.
  static constexpr std::string_view kAnyServer =
      "Server: URI of its source (postgresql://, mysql://), or a conninfo of PostgreSQL";
  static constexpr std::string_view kPostgresServer =
      "Server: URI or conninfo (PG* variables work too)";

  /// Adds them to `app`, which must not outlive this object.
  void declare(CLI::App& app, Form form, std::string_view conninfo_help = kAnyServer);

  /// True where anything says which server: the conninfo, --host, --user, --database.
  bool given() const;

  /// What was typed, with the password taken out of the conninfo. Throws usage where two places
  /// give a password.
  cdc::ConnectionSettings settings() const;

 private:
  std::string password_;
  std::string password_file_;
  std::string password_env_;
  cdc::ConnectionSettings settings_;
};

}  // namespace cdcctl
