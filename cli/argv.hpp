#pragma once

namespace cdcctl {

/// Overwrites every password in the arguments of the process with `*`, in place, so that
/// /proc/PID/cmdline no longer shows it: the values of `--password` and of any `--*-password`, and
/// what stands in connection strings. Copy the arguments before. True where there was one.
bool scrub_passwords(int argc, char** argv);

}  // namespace cdcctl
