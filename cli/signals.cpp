#include "cli/signals.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "libcdc/base/error.hpp"
#include "libcdc/base/fd.hpp"

namespace cdcctl {
namespace {

// A write beyond the file size limit fails, as one to a closed pipe does, and is reported.
constexpr std::array<int, 6> kSignals = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ};

// A signal handler reaches nothing but what is static and lock-free.
std::atomic<cdc::Stop*> the_stop{nullptr};
std::atomic<int> stop_signal{0};
std::atomic<int> wake_fd{-1};
std::atomic<bool> status_requested{false};
std::atomic<bool> reopen_requested{false};
std::atomic<int> reopens{0};
std::atomic<bool> hangup_reopens{false};
static_assert(std::atomic<cdc::Stop*>::is_always_lock_free);

cdc::Fd wake;
std::array<struct sigaction, kSignals.size()> old_actions;

void wake_poll() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = ::write(wake_fd.load(), &one, sizeof one);
}

void ask_to_stop(int number) {
  int none = 0;
  if (stop_signal.compare_exchange_strong(none, number)) {
    if (cdc::Stop* stop = the_stop.load()) stop->request();
    return;
  }
  // The second time: what the signal would do by itself, once this handler returns.
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void on_signal(int number) {
  const int saved = errno;
  if (number == SIGUSR1) {
    status_requested = true;
    wake_poll();
  } else if (number == SIGHUP && hangup_reopens) {
    reopen_requested = true;
    ++reopens;
    wake_poll();
  } else {
    ask_to_stop(number);
  }
  errno = saved;
}

void drain_wake() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t ignored = ::read(wake.get(), &count, sizeof count);
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

}  // namespace

ProcessSignals::ProcessSignals(cdc::Stop& stop) {
  wake = cdc::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) throw cdc::system_error(cdc::Fault::internal, "cannot make an eventfd", errno);
  the_stop = &stop;
  stop_signal = 0;
  wake_fd = wake.get();
  status_requested = false;
  reopen_requested = false;
  reopens = 0;
  hangup_reopens = false;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], nullptr, &old_actions[i]);
    const bool keep = kSignals[i] == SIGHUP && old_actions[i].sa_handler == SIG_IGN;
    const bool ignore = kSignals[i] == SIGPIPE || kSignals[i] == SIGXFSZ;
    if (!keep) handle(kSignals[i], ignore ? SIG_IGN : on_signal);
  }
}

ProcessSignals::~ProcessSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &old_actions[i], nullptr);
  }
  the_stop = nullptr;
  wake_fd = -1;
  wake.close();
}

int ProcessSignals::fd() const {
  return wake.get();
}

// Draining first: a signal between the two steps wakes once too often, never once too seldom.
bool ProcessSignals::take_status_request() {
  // Asked in every round of a busy loop: without a signal it costs no system call.
  if (!status_requested) return false;
  drain_wake();
  if (reopen_requested) wake_poll();
  return status_requested.exchange(false);
}

bool ProcessSignals::take_reopen_request() {
  if (!reopen_requested) return false;
  drain_wake();
  if (status_requested) wake_poll();
  return reopen_requested.exchange(false);
}

void ProcessSignals::reopen_on_hangup() {
  hangup_reopens = true;
  handle(SIGHUP, on_signal);
}

int ProcessSignals::exit_code() const {
  return stop_signal == 0 ? 0 : 128 + stop_signal;
}

int ProcessSignals::reopen_count() {
  return reopens;
}

}  // namespace cdcctl
