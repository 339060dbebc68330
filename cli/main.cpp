#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "cli/app.hpp"
#include "cli/argv.hpp"

namespace {

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return {};
  return value;
}

/// A file that is opened later must never become stdin, stdout or stderr. What stands in for a
/// closed stdout refuses every write, as the closed one does.
void occupy_closed_streams() {
  const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", modes[fd]) != fd) std::abort();
  }
}

/// Sleeps of tens of microseconds gather changes: by default the kernel lets each last 50 us
/// longer.
void sleep_exactly() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
}

}  // namespace

int main(int argc, char** argv) {
  occupy_closed_streams();
  sleep_exactly();
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const bool scrubbed = cdcctl::scrub_passwords(argc, argv);
  cdcctl::Application application(cdcctl::all_commands(), environment);
  return application.run(arguments,
                         scrubbed ? cdcctl::PasswordOnArgv::yes : cdcctl::PasswordOnArgv::no);
}
