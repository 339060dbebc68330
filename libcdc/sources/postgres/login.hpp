#pragma once

#include <memory>

#include "libcdc/base/log.hpp"
#include "libcdc/flow/stop.hpp"
#include "libcdc/sources/connection_settings.hpp"

struct pg_conn;

namespace cdc::postgres {

struct FinishConnection {
  void operator()(pg_conn* connection) const;
};
using ConnectionHandle = std::unique_ptr<pg_conn, FinishConnection>;

enum class ConnectionKind {
  plain,        ///< SQL with parameters
  replication,  ///< walsender: replication commands, and SQL without parameters
};

/// Connects within the settings' timeout, with TLS verified where nobody said otherwise and the
/// server is not local. Throws unavailable (naming host and port), refused (authentication, naming
/// the user and where the password came from; TLS), usage (bad conninfo), and Interrupted.
ConnectionHandle log_in(const ConnectionSettings& settings, ConnectionKind kind, const Log& log,
                        const Stop& stop);

}  // namespace cdc::postgres
