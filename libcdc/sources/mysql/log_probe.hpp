#pragma once

#include "libcdc/sources/mysql/binlog_position.hpp"
#include "libcdc/sources/mysql/connection.hpp"

namespace cdc::mysql {

/// Has the server send its log from a position, and looks at the first event: only so a server says
/// that a GTID of MariaDB is gone, or that an offset lies inside an event. The connection can do
/// nothing else behind it. Throws what the server says.
void try_dump(Connection& connection, const ResumePosition& position, bool by_gtid);

}  // namespace cdc::mysql
