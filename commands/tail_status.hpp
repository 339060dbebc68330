#pragma once

#include <chrono>
#include <optional>

#include "commands/command.hpp"
#include "libcdc/base/clock.hpp"
#include "libcdc/flow/pump.hpp"
#include "libcdc/sinks/ndjson/sink.hpp"

namespace cdcctl {

/// The counters of a running tail on stderr: every `--stats` interval (a line that is written over
/// on a terminal), and at SIGUSR1.
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
  void print(const cdc::PumpProgress& progress, cdc::Instant now, bool live);

  Context& context_;
  cdc::ndjson::NdjsonSink& sink_;
  std::optional<std::chrono::milliseconds> interval_;
  cdc::Instant next_;
  cdc::Instant last_;
  std::uint64_t last_events_ = 0;
  bool live_line_ = false;
};

}  // namespace cdcctl
