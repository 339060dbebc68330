#include "libcdc/sources/postgres/table_locks.hpp"

#include <fmt/format.h>

#include <chrono>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/postgres/sessions.hpp"

namespace cdc::postgres {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{1000};
constexpr milliseconds kPause{200};
constexpr int kTriesOfAWord = 10;

/// Sessions that hold locks which keep readers away.
constexpr const char* kExclusive =
    "pid IN (SELECT pid FROM pg_catalog.pg_locks WHERE mode = 'AccessExclusiveLock' AND granted "
    "AND locktype = 'relation' AND database = "
    "(SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))";

}  // namespace

void warn_of_lock(Connection& plain, std::string_view who, const std::string& condition,
                  const Log& log) {
  log.warning(fmt::format("{} waits for the lock of a table, held by {}", who,
                          describe_sessions(plain, condition)),
              "end that transaction, or interrupt");
}

void limit_lock_waits(Connection& plain) {
  plain.run(fmt::format("SET lock_timeout = {}", kPatience.count()), "cannot set a timeout");
}

void read_patiently(Connection& plain, std::string_view who, const Log& log, const Stop& stop,
                    const std::function<void()>& read) {
  for (int tries = 0;; ++tries) {
    try {
      return read();
    } catch (const Error& error) {
      if (error.detail() != kLockNotAvailable) throw;
      if (tries % kTriesOfAWord == 0) warn_of_lock(plain, who, kExclusive, log);
    }
    sleep_for(kPause, stop);
  }
}

}  // namespace cdc::postgres
