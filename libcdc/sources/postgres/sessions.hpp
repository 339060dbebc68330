#pragma once

#include <string>

#include "libcdc/sources/postgres/connection.hpp"

namespace cdc::postgres {

/// The transactions of the oldest sessions of pg_stat_activity of which the SQL condition holds, as
/// a part of a sentence; empty where there are none.
std::string list_sessions(Connection& connection, const std::string& condition);

/// The same; where there are none, that there was one a moment ago.
std::string describe_sessions(Connection& connection, const std::string& condition);

struct Blockers {
  std::string words;
  std::string way_out;
};

/// What keeps a new slot waiting: transactions and prepared transactions, on a standby its primary.
Blockers find_blockers(Connection& connection);

}  // namespace cdc::postgres
