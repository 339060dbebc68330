#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "libcdc/base/clock.hpp"
#include "libcdc/change/batch.hpp"
#include "libcdc/change/position.hpp"

namespace cdc {

/// What to do after a poll before the next one.
struct Next {
  enum class Kind {
    poll,  ///< more is at hand
    nap,   ///< it comes so fast that a short sleep gathers many changes for one system call
    wait,  ///< nothing is at hand: wait until `wait_fd` is readable
    end,   ///< nothing will ever come again (a snapshot without a stream behind it)
  };
  Kind kind = Kind::wait;
  Instant until{};  ///< of a nap
};

/// How far a snapshot has come, in units that need not be exact.
struct SnapshotStatus {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  ///< of rows as the server sends them
  std::uint64_t done = 0;   ///< bytes of the tables, as they lie on the server's disk
  std::uint64_t total = 0;
  std::uint64_t done_before = 0;  ///< of `done`, by earlier runs
};

/// What a source keeps of transactions that have not ended.
struct HeldStats {
  std::uint64_t transactions = 0;
  std::uint64_t memory = 0;   ///< bytes
  std::uint64_t spilled = 0;  ///< bytes in files
};

/// A stream of committed changes. Used from one thread. Every call may throw Error; after
/// `unavailable` the source may be started again.
class Source {
 public:
  virtual ~Source() = default;

  /// Connects, checks that the server is the right one and still has the position, and begins
  /// after it. An empty position begins where the server says that nothing is acknowledged yet.
  virtual void start(const ResumePoint& after) = 0;

  /// Appends what is at hand to `batch`, up to a bounded size. Does not wait.
  virtual Next poll(Batch& batch) = 0;

  /// Readable when `poll` has work; -1 while there is no connection.
  virtual int wait_fd() const = 0;

  /// Keeps the connection alive without taking changes from it. Called at least every second while
  /// the consumer is slow; cheap.
  virtual void keep_alive() = 0;

  /// Everything up to this resume position is remembered: the server may forget it. Moves only
  /// forward.
  virtual void acknowledge(std::string_view resume) = 0;

  /// False where the stream is gone with its connection, so that `suspend` would lose changes.
  virtual bool survives_suspension() const { return true; }

  /// Lets go of the server, for a consumer that has stalled; `start` takes the stream up again.
  virtual void suspend() = 0;

  /// The resume position at the end of the server's log now: what `--until now` means.
  virtual std::string end_position() = 0;

  /// What ties positions to this server, as checkpoints hold it; known after `start`.
  virtual nlohmann::json identity() const = 0;

  /// How many bytes of log the last known end is ahead of the last change or keepalive seen.
  virtual std::uint64_t bytes_behind() const = 0;

  /// Nothing where no snapshot is under way.
  virtual std::optional<SnapshotStatus> snapshot_status() const { return std::nullopt; }

  virtual HeldStats held() const { return {}; }
};

}  // namespace cdc
