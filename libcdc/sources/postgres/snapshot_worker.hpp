#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/sources/postgres/connection.hpp"
#include "libcdc/sources/postgres/snapshot_plan.hpp"

namespace cdc::postgres {

/// One connection that copies tables inside one transaction. It locks first and takes its snapshot
/// then: a table that is truncated or rewritten in between would look empty to the snapshot.
class SnapshotWorker {
 public:
  SnapshotWorker(const ConnectionSettings& settings, const Log& log, const Stop& stop);
  ~SnapshotWorker();
  SnapshotWorker(const SnapshotWorker&) = delete;
  SnapshotWorker& operator=(const SnapshotWorker&) = delete;

  enum class Patience { none, endless };
  /// Begins the transaction and locks the tables in ACCESS SHARE mode. False where `Patience::none`
  /// does not get a lock at once; the transaction has ended then. `waiting` is called each second.
  bool lock(const std::vector<SnapshotTable>& tables, Patience patience,
            const std::function<void(std::chrono::seconds)>& waiting);
  /// Ends the transaction, if there is one.
  void unlock();

  /// What the transaction sees is that of `name`, which another session exports.
  void import_snapshot(const std::string& name);
  /// The name under which others may import what this transaction sees.
  std::string export_snapshot();
  /// The text of pg_current_snapshot().
  std::string current_snapshot();

  /// Sends a COPY statement; `what` is for messages.
  void begin_copy(const std::string& statement, std::string what);

  enum class Got { row, nothing, end };
  /// The next row of the copy, without its newline; valid until the next call. `nothing`: wait
  /// until `socket` is readable. Throws what the server answers.
  Got next(std::string_view& row);

  bool is_copying() const { return phase_ != Phase::idle; }
  /// Throws unavailable where the connection was lost while it rests.
  void check_alive();
  int socket() const;
  Connection& connection() { return connection_; }

 private:
  enum class Phase { idle, starting, copying, ending };

  Got advance(std::string_view& row);
  bool has_result();
  void start();
  bool end();
  void release();
  [[noreturn]] void fail(const pg_result* result);

  Connection connection_;
  Phase phase_ = Phase::idle;
  std::string what_;
  char* buffer_ = nullptr;  ///< libpq's copy of the current row
};

}  // namespace cdc::postgres
