#pragma once

#include <string>

#include "libcdc/base/error.hpp"

struct pg_conn;
struct pg_result;

namespace cdc::postgres {

/// What an SQL error says: the server's SQLSTATE, or "" where the connection broke.
struct ServerError {
  std::string sqlstate;
  std::string message;
  std::string hint;
};

/// Takes libpq's words apart: where they are verbose, the SQLSTATE is split off, and where in the
/// server's source the error was raised is left out.
ServerError parse_server_error(const std::string& text);

/// What a result that failed says; where it says nothing, what its connection does.
ServerError server_error(const pg_result* result, const pg_conn* connection);

/// An Error of `doing` ("cannot create slot 'a'") with the fault and the hint that fit the
/// SQLSTATE.
Error to_error(const ServerError& error, const std::string& doing);

}  // namespace cdc::postgres
