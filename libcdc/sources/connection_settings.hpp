#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "libcdc/base/secret.hpp"

namespace cdc {

/// Where a password comes from. Files and environment are read again at every connect, so a
/// rotation needs no restart.
struct PasswordOrigin {
  enum class Kind { none, given, file, environment };
  Kind kind = Kind::none;
  std::string name;  ///< path of the file or name of the variable
  Secret given;

  /// Reads it. A file's last line end is not part of it. Throws usage where it cannot be read.
  Secret read() const;
  /// For messages: "from the file /run/secrets/pg", "from the environment variable PW".
  std::string describe() const;
};

enum class TlsMode { disable, prefer, require, verify_ca, verify_full };

/// How to reach a server: one form for every source. Empty members are not set.
struct ConnectionSettings {
  std::string conninfo;  ///< URI or the client library's own notation, without its password
  std::string host;
  std::string port;
  std::string user;
  std::string database;
  PasswordOrigin password;
  std::optional<TlsMode> tls;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  std::chrono::milliseconds connect_timeout{30000};
};

}  // namespace cdc
