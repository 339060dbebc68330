#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/log.hpp"
#include "libcdc/flow/ack_reader.hpp"
#include "libcdc/flow/ack_tracker.hpp"
#include "libcdc/flow/limits.hpp"
#include "libcdc/flow/position_store.hpp"
#include "libcdc/flow/resume_tracker.hpp"
#include "libcdc/flow/sink.hpp"
#include "libcdc/flow/source.hpp"
#include "libcdc/flow/stop.hpp"

namespace cdc {

/// Counters for people who watch.
struct PumpProgress {
  std::uint64_t events_put = 0;        ///< changes handed to the sink
  std::uint64_t events_committed = 0;  ///< of these, remembered
  std::uint64_t bytes_behind = 0;      ///< log that the server has and we have not seen
  std::int64_t last_commit_time = 0;   ///< of the last transaction; microseconds since 1970 UTC
  bool stalled = false;                ///< the consumer takes nothing
  std::optional<SnapshotStatus> snapshot = std::nullopt;  ///< while one is under way
  HeldStats held;                                         ///< of transactions that have not ended
};

struct PumpOptions {
  std::chrono::milliseconds commit_interval{1000};
  std::chrono::milliseconds stall_timeout{300000};
  bool acknowledge = true;  ///< false: remember and acknowledge nothing (--ack none)
  /// Nothing is remembered yet: remember the beginning before the first line is out, or a crash
  /// soon after it would leave lines in a file of which nobody knows that they come again.
  bool is_beginning = false;
  /// A polite end may remember a place inside a transaction. False where what is written for a
  /// change depends on the changes around it: the transaction comes again as a whole.
  bool leaves_transactions = true;
  int extra_fd = -1;                              ///< wakes the loop when readable, for `tick`
  std::function<void(const PumpProgress&)> tick;  ///< called in every round; must be cheap
};

/// Moves changes from a source to a sink. The only loop, and the place of the order that loses
/// nothing: out, durable, remembered, acknowledged.
class Pump {
 public:
  enum class End { stopped, reader_gone, limit };

  /// `store` and `acks` may be null and empty. All references outlive it.
  Pump(Source& source, Sink& sink, PositionStore* store, std::vector<AckReader> acks,
       LimitFilter limits, ComparePositions compare, PumpOptions options, const Stop& stop,
       const Log& log);

  /// Runs until something ends it. On a polite end everything that was delivered is remembered.
  End run(const ResumePoint& after);

 private:
  std::optional<End> round();
  Next take();
  void put();
  void remember_beginning();
  void follow_written();
  void serve_stalled();
  void let_go_if_stalled(Instant now);
  void resume();
  void rest(const Next& next);
  void wait();
  void read_acks();
  void finish(End end);
  void finish_acks(End end);
  void drain_rest();
  void wait_for_acks();
  void commit_if_due();
  void commit(const ResumePoint& point, std::uint64_t events);
  ResumePoint committable() const;
  std::uint64_t committable_events() const;
  bool needs_end() const;
  bool can_take() const;
  bool waits_for_acks() const { return tracker_ && tracker_->is_full(); }

  Source& source_;
  Sink& sink_;
  PositionStore* store_;
  std::vector<AckReader> acks_;
  LimitFilter limits_;
  ComparePositions compare_;
  PumpOptions options_;
  const Stop& stop_;
  const Log& log_;

  Batch batch_;
  ResumeTracker put_;    ///< behind what the sink was given
  ResumePoint written_;  ///< behind what the sink has taken
  std::uint64_t put_events_ = 0;
  std::uint64_t put_events_at_boundary_ = 0;
  std::uint64_t written_events_at_boundary_ = 0;
  std::uint64_t written_events_ = 0;
  std::optional<AckTracker> tracker_;

  ResumePoint committed_;
  std::uint64_t committed_events_ = 0;
  Instant next_commit_;
  bool commit_asked_ = false;
  bool caught_up_ = false;
  bool source_ended_ = false;
  bool suspended_ = false;
  bool acknowledgement_owed_ = false;  ///< something was saved while suspended
  Instant last_taken_;
  std::uint64_t last_bytes_ = 0;
  PumpProgress progress_;
};

}  // namespace cdc
