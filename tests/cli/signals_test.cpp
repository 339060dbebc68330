#include "cli/signals.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace cdcctl {
namespace {

bool readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, 0) == 1;
}

sighandler_t handler_of(int number) {
  struct sigaction action {};
  ::sigaction(number, nullptr, &action);
  return action.sa_handler;
}

}  // namespace

TEST_CASE("the first signal asks to stop") {
  cdc::Stop stop;
  const ProcessSignals signals(stop);
  CHECK(signals.exit_code() == 0);
  std::raise(SIGTERM);
  CHECK(stop.requested());
  CHECK(signals.exit_code() == 128 + SIGTERM);
}

TEST_CASE("the second signal ends the process") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    cdc::Stop stop;
    const ProcessSignals signals(stop);
    std::raise(SIGTERM);
    std::raise(SIGINT);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("SIGUSR1 wakes poll and is taken once") {
  cdc::Stop stop;
  ProcessSignals signals(stop);
  CHECK_FALSE(readable(signals.fd()));
  std::raise(SIGUSR1);
  CHECK(readable(signals.fd()));
  CHECK(signals.take_status_request());
  CHECK_FALSE(signals.take_status_request());
  CHECK_FALSE(readable(signals.fd()));
  CHECK_FALSE(stop.requested());
}

TEST_CASE("SIGHUP stops, and reopens where something is to be reopened") {
  {
    cdc::Stop stop;
    const ProcessSignals signals(stop);
    std::raise(SIGHUP);
    CHECK(stop.requested());
  }
  cdc::Stop stop;
  ProcessSignals signals(stop);
  signals.reopen_on_hangup();
  std::raise(SIGHUP);
  std::raise(SIGUSR1);
  CHECK_FALSE(stop.requested());
  CHECK(signals.take_reopen_request());
  CHECK(readable(signals.fd()));
  CHECK(signals.take_status_request());
  CHECK_FALSE(signals.take_reopen_request());
}

TEST_CASE("SIGPIPE and SIGXFSZ do not end the process, and the old handlers come back") {
  const auto old_handler = handler_of(SIGTERM);
  {
    cdc::Stop stop;
    const ProcessSignals signals(stop);
    const bool replaced = handler_of(SIGTERM) != old_handler;
    CHECK(replaced);
    std::raise(SIGPIPE);
    std::raise(SIGXFSZ);
  }
  const bool restored = handler_of(SIGTERM) == old_handler;
  CHECK(restored);
}

}  // namespace cdcctl
