#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "libcdc/base/log.hpp"
#include "libcdc/flow/stop.hpp"
#include "libcdc/sources/postgres/connection.hpp"

namespace cdc::postgres {

/// The detail of an error that says that a lock was not to be had in time.
inline constexpr const char* kLockNotAvailable = "SQLSTATE 55P03";

/// Says that `who` waits for the lock of a table that the sessions of the condition hold.
void warn_of_lock(Connection& plain, std::string_view who, const std::string& condition,
                  const Log& log);

/// From now on statements of this session fail where a table's lock is not to be had soon.
void limit_lock_waits(Connection& plain);

/// Calls `read`, which asks the catalog what is published: the server locks tables for that (16).
/// As long as others hold such a lock it is tried again, and said who waits for whom. Behind
/// limit_lock_waits, since nobody may wait for a statement that waits for us.
void read_patiently(Connection& plain, std::string_view who, const Log& log, const Stop& stop,
                    const std::function<void()>& read);

}  // namespace cdc::postgres
