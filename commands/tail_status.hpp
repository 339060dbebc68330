#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "commands/command.hpp"
#include "libcdc/base/clock.hpp"
#include "libcdc/flow/pump.hpp"
#include "libcdc/sinks/ndjson/sink.hpp"

namespace cdcctl {

/// The counters of a running tail on stderr: every `--stats` interval (a line that is written over
/// on a terminal), and at SIGUSR1. While a snapshot is read, how far it has come: without asking on
/// a terminal once it takes long, else as a log line now and then.
class TailStatus {
 public:
  TailStatus(Context& context, cdc::ndjson::NdjsonSink& sink,
             std::optional<std::chrono::milliseconds> interval);
  /// Ends a live line.
  ~TailStatus();

  /// Called in every round of the pump; answers SIGUSR1 and SIGHUP too.
  void tick(const cdc::PumpProgress& progress);

 private:
  std::string words(const cdc::PumpProgress& progress, cdc::Instant now);
  void follow_snapshot(const cdc::PumpProgress& progress);
  std::string snapshot_words(const cdc::SnapshotStatus& status, cdc::Instant now) const;
  void print(const cdc::PumpProgress& progress, cdc::Instant now, bool live);

  Context& context_;
  cdc::ndjson::NdjsonSink& sink_;
  std::optional<std::chrono::milliseconds> interval_;
  cdc::Instant next_;
  cdc::Instant last_;
  std::uint64_t last_events_ = 0;
  bool live_line_ = false;
  std::optional<cdc::Instant> snapshot_since_;
  cdc::Instant next_snapshot_word_;
};

}  // namespace cdcctl
