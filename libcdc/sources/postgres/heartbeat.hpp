#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/log.hpp"
#include "libcdc/flow/stop.hpp"
#include "libcdc/sources/connection_settings.hpp"
#include "libcdc/sources/postgres/connection.hpp"
#include "libcdc/sources/postgres/pgoutput.hpp"

namespace cdc::postgres {

/// What is written on a quiet database, and how often.
struct HeartbeatOptions {
  std::chrono::milliseconds interval{0};
  std::string schema;  ///< of the table whose row is written; empty: a message
  std::string table;
  std::string slot;  ///< names the row

  bool has_table() const { return !table.empty(); }
};

/// Reads `--heartbeat` and `--heartbeat-table`; nothing where neither is given. Throws usage.
std::optional<HeartbeatOptions> read_heartbeat(std::string_view interval, std::string_view table,
                                               std::string_view slot);

/// True of the message that a heartbeat is, of whatever process.
bool is_heartbeat(const LogicalMessage& message);

/// When a beat is due, and whether its outcome is news. Clocks are given.
class HeartbeatSchedule {
 public:
  HeartbeatSchedule(std::chrono::milliseconds interval, Instant begin)
      : interval_(interval), next_(begin + interval) {}

  /// Never while one is under way.
  bool due(Instant now) const { return !under_way_ && now >= next_; }
  void begin(Instant now);

  enum class News { none, broken, mended };
  enum class Outcome { written, failed };
  News end(Outcome outcome);

 private:
  std::chrono::milliseconds interval_;
  Instant next_;
  bool under_way_ = false;
  bool broken_ = false;
};

/// Writes one beat on a connection of its own. Throws where that cannot work: refused and usage
/// with what to do, unavailable where the server is.
void check_heartbeat(const ConnectionSettings& settings, const HeartbeatOptions& options,
                     const Log& log, const Stop& stop);

/// Writes a beat every interval, on a connection and in a thread of its own: neither a server that
/// does not answer nor a lock that somebody holds stops the stream. A beat that fails is a warning,
/// once until one is written again.
class Heartbeat {
 public:
  /// The first beat is due an interval from now. `log` outlives it.
  Heartbeat(ConnectionSettings settings, HeartbeatOptions options, const Log& log);
  /// Breaks off the beat that is under way.
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// Begins a beat that is due, and says what became of the one before. Never waits.
  void keep(Instant now);

 private:
  void beat();
  void conclude();

  const ConnectionSettings settings_;
  const HeartbeatOptions options_;
  const Log& log_;
  HeartbeatSchedule schedule_;
  Stop stop_;

  // Of the thread while it runs, else ours.
  std::unique_ptr<Connection> connection_;
  std::optional<Error> failure_;

  std::atomic<bool> ended_{false};
  std::jthread thread_;  ///< the last member: it ends before what it uses
};

}  // namespace cdc::postgres
