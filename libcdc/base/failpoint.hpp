#pragma once

#ifdef CDCCTL_FAILPOINTS
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#endif

namespace cdc {

/// A place where crash tests end the process as SIGKILL would: only in `cdcctl_failpoints`, for
/// which cli/CMakeLists.txt compiles the files that include this header once more, and only where
/// the environment variable CDCCTL_FAILPOINT names the place; `PLACE@3` means the third time there.
/// Where it says `bug:PLACE` the place throws what no code of ours expects.
inline void failpoint([[maybe_unused]] const char* place) {
#ifdef CDCCTL_FAILPOINTS
  const char* value = std::getenv("CDCCTL_FAILPOINT");
  const std::string chosen = value == nullptr ? "" : value;
  const std::string bug = std::string("bug:") + place;
  if (chosen == bug) throw std::logic_error(bug);
  const std::size_t at = chosen.find('@');
  if (chosen.substr(0, at) != place) return;
  static int passed = 0;
  const int wanted = at == std::string::npos ? 1 : std::atoi(chosen.c_str() + at + 1);
  if (++passed >= wanted) std::raise(SIGKILL);
#endif
}

}  // namespace cdc
