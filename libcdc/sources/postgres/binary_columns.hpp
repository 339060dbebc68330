#pragma once

#include <string>
#include <vector>

#include "libcdc/change/selection.hpp"
#include "libcdc/sources/postgres/binary_types.hpp"
#include "libcdc/sources/postgres/connection.hpp"

namespace cdc::postgres {

/// What this session's values look like as text. Throws refused where the server is too old to send
/// them in binary.
ServerForms server_forms(Connection& replication);

/// Refuses at once what the stream would stumble over at the first row: a published column whose
/// values the server cannot send in binary, or that `selection` wants and we cannot read. Throws
/// refused, naming it.
void check_binary_columns(Connection& plain, const std::vector<std::string>& publications,
                          const Selection& selection, BinaryTypes& types);

}  // namespace cdc::postgres
