#pragma once

#include "commands/command.hpp"
#include "libcdc/flow/stop.hpp"

namespace cdcctl {

/// Installs the signal handlers of the process for its lifetime and puts the old ones back after:
/// SIGINT, SIGTERM and (until reopen_on_hangup) SIGHUP ask `stop`, a second one of them ends the
/// process at once with its default action; SIGUSR1 is remembered; SIGPIPE and SIGXFSZ are ignored.
/// A SIGHUP that was ignored at the start (nohup) stays ignored until reopen_on_hangup. One at a
/// time.
class ProcessSignals : public Signals {
 public:
  /// `stop` outlives this object. Throws internal where the kernel gives no descriptor.
  explicit ProcessSignals(cdc::Stop& stop);
  ~ProcessSignals() override;
  ProcessSignals(const ProcessSignals&) = delete;
  ProcessSignals& operator=(const ProcessSignals&) = delete;

  int fd() const override;
  bool take_status_request() override;
  bool take_reopen_request() override;
  void reopen_on_hangup() override;
  int exit_code() const override;

  /// How many times SIGHUP has said "reopen" so far; does not clear anything.
  static int reopen_count();
};

}  // namespace cdcctl
