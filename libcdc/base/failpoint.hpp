#pragma once

#ifdef CDCCTL_FAILPOINTS
#include <csignal>
#include <cstdlib>
#include <cstring>
#endif

namespace cdc {

/// A place where crash tests end the process as SIGKILL would: only in `cdcctl_failpoints`, for
/// which cli/CMakeLists.txt compiles the files that include this header once more, and only where
/// the environment variable CDCCTL_FAILPOINT names the place.
inline void failpoint([[maybe_unused]] const char* place) {
#ifdef CDCCTL_FAILPOINTS
  const char* chosen = std::getenv("CDCCTL_FAILPOINT");
  if (chosen != nullptr && std::strcmp(chosen, place) == 0) std::raise(SIGKILL);
#endif
}

}  // namespace cdc
