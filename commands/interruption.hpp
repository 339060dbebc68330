#pragma once

#include "commands/command.hpp"
#include "libcdc/flow/stop.hpp"

namespace cdcctl {

/// Runs `work`, which returns an exit code. Where a signal cuts it short its answer is missing:
/// then the code is that of the signal, 130 or 143.
template <typename Work>
int run_unless_interrupted(const Context& context, Work work) {
  try {
    return work();
  } catch (const cdc::Interrupted&) {
    return context.signals.exit_code();
  }
}

}  // namespace cdcctl
