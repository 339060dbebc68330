#pragma once

#ifdef CDCCTL_FAILPOINTS
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#endif

namespace cdc {

/// A place where crash tests end the process as SIGKILL would: only in `cdcctl_failpoints`, for
/// which cli/CMakeLists.txt compiles the files that include this header once more, and only where
/// the environment variable CDCCTL_FAILPOINT names the place; `place@3` means the third time there.
inline void failpoint([[maybe_unused]] const char* place) {
#ifdef CDCCTL_FAILPOINTS
  const char* chosen = std::getenv("CDCCTL_FAILPOINT");
  const std::size_t length = std::strlen(place);
  if (chosen == nullptr || std::strncmp(chosen, place, length) != 0) return;
  static int passed = 0;
  const bool counts = chosen[length] == '@';
  if (!counts && chosen[length] != 0) return;
  if (++passed >= (counts ? std::atoi(chosen + length + 1) : 1)) std::raise(SIGKILL);
#endif
}

}  // namespace cdc
