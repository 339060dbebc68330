#pragma once

#include <string>
#include <string_view>

#include "libcdc/base/error.hpp"

struct st_mysql;

namespace cdc::mysql {

/// What the server or the client library says of a failure.
struct ServerError {
  unsigned number = 0;   ///< errno of the server (1000 and up) or of the client library (2000)
  std::string sqlstate;  ///< "" where the library gives none
  std::string message;
};

/// The last failure of a connection.
ServerError server_error(st_mysql* connection);

/// What an error packet says: `FF, errno u16, '#', sqlstate[5], text`.
ServerError parse_error_packet(std::string_view packet);

/// An Error of `doing` ("cannot read the binlog") with the fault and the hint that fit.
Error to_error(const ServerError& error, const std::string& doing);

}  // namespace cdc::mysql
