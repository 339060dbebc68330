#pragma once

#include <string>

#include "libcdc/sources/connection_settings.hpp"

namespace cdc::mysql {

/// What to reach, taken from the conninfo and from the single settings, which stand above it.
struct Address {
  std::string host;    ///< empty where `socket` is used
  std::string socket;  ///< path; empty: TCP, or the library's default for "localhost"
  unsigned port = 0;   ///< 0: the default
  std::string user;
  std::string database;
  std::string password;  ///< of the conninfo; empty: none there
  bool local = true;     ///< a socket or this machine

  /// "host 'db1', port 3306" or "socket '/run/mysqld/mysqld.sock'".
  std::string describe() const;
};

/// Reads `mysql://user@host:3306/db`, `mariadb://...`, `...?socket=/path`, or nothing. A host that
/// begins with a slash is a socket. Throws usage; the message never has the conninfo, which may
/// hold a password.
Address parse_address(const ConnectionSettings& settings);

}  // namespace cdc::mysql
