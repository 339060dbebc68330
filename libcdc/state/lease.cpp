#include "libcdc/state/lease.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <ctime>
#include <limits>
#include <string_view>
#include <thread>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/base/file.hpp"

// A lease is written and locked under a name of its own and then linked to its place, so nobody
// ever sees one that is half written or not yet locked, and link(2) fails where one exists as
// O_EXCL does. Whoever removes a lease holds its lock and has checked that the name still means
// the file that he locked: of two processes that find the same dead lease, one removes it, and
// one link succeeds.

namespace cdc {
namespace {

constexpr const char* kFileName = ".rustcdc_checkpoint.owner";
constexpr std::size_t kLongestLease = 512;

std::string lease_path(const std::string& directory) {
  return directory + "/" + kFileName;
}

std::string this_host() {
  std::array<char, 256> name{};
  // The last byte stays 0: a name that is too long may come without one.
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == 0) return "unknown";
  return name.data();
}

bool is_here(const LeaseOwner& owner) {
  return owner.host.empty() || owner.host == this_host();
}

bool same_file(int fd, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// The beginning of a file: more than any lease has. Empty where it cannot be read.
std::string read_beginning(int fd) {
  std::string content(2 * kLongestLease, '\0');
  const ssize_t size = ::pread(fd, content.data(), content.size(), 0);
  content.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return content;
}

using Seconds = std::chrono::duration<double>;

Seconds clock_now(clockid_t clock) {
  struct timespec now {};
  ::clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// What /proc says of a process.
struct ProcessFacts {
  char state = 0;
  Seconds age{0};
};

std::optional<ProcessFacts> look_at_process(long pid) {
  const Fd file(::open(fmt::format("/proc/{}/stat", pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  const std::string line = read_beginning(file.get());
  // The name of the program stands in parentheses and may hold blanks and parentheses.
  std::size_t at = line.rfind(')');
  if (at == std::string::npos || at + 2 >= line.size()) return std::nullopt;
  ProcessFacts facts;
  facts.state = line[at + 2];
  constexpr int kFieldsToStart = 20;
  for (int field = 0; field < kFieldsToStart && at != std::string::npos; ++field) {
    at = line.find(' ', at + 1);
  }
  if (at == std::string::npos) return std::nullopt;
  long long ticks = 0;
  std::from_chars(line.data() + at + 1, line.data() + line.size(), ticks);
  const auto ticks_a_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  facts.age = clock_now(CLOCK_BOOTTIME) - Seconds(static_cast<double>(ticks) / ticks_a_second);
  return facts;
}

bool process_exists(long pid) {
  return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

/// Whether the process that wrote this lease may still live, where nobody holds the lock: an
/// owner without our lock is an older program. A process that is younger than the file has been
/// given the number of a dead one.
bool owner_may_live(long pid, int lease) {
  // We hold no lease that we could lock: the number was ours by chance, as 1 is in a container.
  if (pid == ::getpid() || !process_exists(pid)) return false;
  const std::optional<ProcessFacts> process = look_at_process(pid);
  struct stat status {};
  if (!process || ::fstat(lease, &status) != 0) return true;
  if (process->state == 'Z' || process->state == 'X') return false;
  const Seconds written = std::chrono::seconds(status.st_mtim.tv_sec) +
                          std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  constexpr Seconds kDoubt(10);
  return process->age + kDoubt >= clock_now(CLOCK_REALTIME) - written;
}

/// What there is, and the file where its lock is ours now: nobody else can take or remove it.
struct Examined {
  LeaseState state;
  Fd locked;
};

LeaseState::Kind classify(const std::optional<LeaseOwner>& owner, int lease) {
  if (!owner) return LeaseState::Kind::unreadable;
  if (!is_here(*owner)) return LeaseState::Kind::other_host;
  return owner_may_live(owner->pid, lease) ? LeaseState::Kind::held_here
                                           : LeaseState::Kind::dead_here;
}

/// One look; nothing where the file was removed or replaced under our hands.
std::optional<Examined> look(const std::string& path) {
  Examined result;
  result.state.path = path;
  Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) {
    // Who may not look cannot tell whether a live process holds its lock.
    if (errno == EACCES || errno == EPERM) {
      throw system_error(Fault::refused, "cannot open the lease '" + path + "'", errno)
          .with_hint("run this as the owner of that file");
    }
    if (errno != ENOENT) result.state.kind = LeaseState::Kind::unreadable;
    return result;
  }
  const bool locked = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
  if (!same_file(file.get(), path)) return std::nullopt;
  const std::optional<LeaseOwner> owner = parse_lease(read_beginning(file.get()));
  if (owner) result.state.owner = *owner;
  result.state.kind = locked ? classify(owner, file.get()) : LeaseState::Kind::held_here;
  if (locked) result.locked = std::move(file);
  return result;
}

/// Looks until the answer is sure: others hold the lock for a moment when they look or take over,
/// its owner holds it for good.
Examined examine(const std::string& path) {
  constexpr int kLooks = 10;
  constexpr std::chrono::milliseconds kPause(10);
  for (int n = 1;; ++n) {
    std::optional<Examined> found = look(path);
    const bool held = found && found->state.kind == LeaseState::Kind::held_here;
    if (found && (!held || found->locked || n >= kLooks)) return *std::move(found);
    std::this_thread::sleep_for(kPause);
  }
}

std::string describe(const LeaseOwner& owner) {
  if (owner.pid == 0) return "lock owned by a live process that it does not name";
  if (is_here(owner)) return fmt::format("lock owned by pid {} on this host", owner.pid);
  return fmt::format("lock owned by pid {} on host '{}'", owner.pid, owner.host);
}

/// The refusal that belongs to a lease that cannot be had.
Error conflict(const std::string& directory, const LeaseState& state) {
  const auto refused = [&](const std::string& why, const std::string& hint) {
    return Error(Fault::refused,
                 fmt::format("checkpoint owner lease conflict for '{}': {}", directory, why))
        .with_hint(hint);
  };
  switch (state.kind) {
    case LeaseState::Kind::unreadable:
      return refused("the owner in '" + state.path + "' is unreadable",
                     fmt::format("make sure that no process uses the directory, then run: "
                                 "cdcctl lease clear '{}' --force",
                                 directory));
    case LeaseState::Kind::other_host:
      return refused(describe(state.owner),
                     fmt::format("make sure that it is gone there, then run: "
                                 "cdcctl lease clear '{}' --force --host {}",
                                 directory, state.owner.host));
    default:
      return refused(describe(state.owner),
                     "stop that process, or give this one a checkpoint directory of its own");
  }
}

void remove_name(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
  throw system_error(Fault::output, "cannot remove the lease " + path, errno);
}

/// A lease under a name of its own, written and locked; that name is gone with this object.
class DraftLease {
 public:
  /// Named as remove_leftovers expects it: a process that is killed leaves it behind.
  explicit DraftLease(const std::string& path) : name_(path + ".tmp.XXXXXX") {
    file_ = Fd(::mkostemp(name_.data(), O_CLOEXEC));
    if (!file_) throw system_error(Fault::output, "cannot make a lease beside " + path, errno);
  }
  DraftLease(const DraftLease&) = delete;
  DraftLease& operator=(const DraftLease&) = delete;
  ~DraftLease() { ::unlink(name_.c_str()); }

  void fill(const std::string& token) const {
    write_all(file_.get(), token, "the lease " + name_);
    if (::fsync(file_.get()) != 0) {
      throw system_error(Fault::output, "cannot sync the lease " + name_, errno);
    }
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
      throw system_error(Fault::output, "cannot lock the lease " + name_, errno)
          .with_hint("put the checkpoint directory on a file system with locks");
    }
  }

  /// Gives it its place. False where there is a lease already, or its taker has removed this draft.
  bool publish(const std::string& path) const {
    if (::link(name_.c_str(), path.c_str()) == 0) return true;
    const int reason = errno;
    if (reason == EEXIST || reason == ENOENT) return false;
    const Error error = system_error(Fault::output, "cannot take the lease " + path, reason);
    if (reason != EPERM && reason != EOPNOTSUPP && reason != ENOSYS) throw Error(error);
    throw error.with_hint(
        "this file system has no hard links: put the checkpoint directory elsewhere");
  }

  Fd take_file() { return std::move(file_); }

 private:
  std::string name_;
  Fd file_;
};

/// Removes a lease that a dead process left. Throws refused where it did not.
void remove_dead(const std::string& directory, const std::string& path, const Log& log) {
  const Examined found = examine(path);
  if (found.state.kind == LeaseState::Kind::free) return;
  if (found.state.kind != LeaseState::Kind::dead_here) throw conflict(directory, found.state);
  remove_name(path);
  log.warning(
      fmt::format("taking over the checkpoint owner lease of '{}' from pid {}, which is "
                  "dead",
                  directory, found.state.owner.pid));
}

}  // namespace

std::optional<LeaseOwner> parse_lease(const std::string& content) {
  std::string_view text = content;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  const auto is_strange = [](char c) { return c <= ' ' || c == 0x7F; };
  if (text.size() > kLongestLease || std::any_of(text.begin(), text.end(), is_strange)) {
    return std::nullopt;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == 0) return std::nullopt;
  const bool bare = colon == std::string_view::npos;
  const std::string_view digits = bare ? text : text.substr(colon + 1);
  LeaseOwner owner;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), owner.pid);
  const bool is_pid = error == std::errc{} && end == digits.data() + digits.size() &&
                      owner.pid > 0 && owner.pid <= std::numeric_limits<pid_t>::max();
  if (!is_pid) return std::nullopt;
  if (!bare) owner.host = text.substr(0, colon);
  return owner;
}

LeaseState inspect_lease(const std::string& directory) {
  return examine(lease_path(directory)).state;
}

Lease::Lease(const std::string& directory, const Log& log)
    : directory_(directory),
      path_(lease_path(directory)),
      token_(fmt::format("{}:{}", this_host(), ::getpid())) {
  while (!file_) {
    DraftLease draft(path_);
    draft.fill(token_);
    if (draft.publish(path_)) {
      file_ = draft.take_file();
    } else {
      remove_dead(directory_, path_, log);
    }
  }
  remove_leftovers(path_);
  sync_directory(directory_);
}

Lease::~Lease() {
  // Before the lock goes: whoever waits for it finds that the name no longer means this file.
  if (same_file(file_.get(), path_)) ::unlink(path_.c_str());
}

void Lease::check() const {
  if (same_file(file_.get(), path_) && read_beginning(file_.get()) == token_) return;
  throw Error(Fault::refused, fmt::format("checkpoint owner lease conflict for '{}': the lease of "
                                          "this process (pid {}) was removed or taken over",
                                          directory_, ::getpid()))
      .with_hint("nothing more was written; find out with cdcctl lease show who owns it now");
}

LeaseState clear_lease(const std::string& directory, bool force, const std::string& force_host) {
  const Examined found = examine(lease_path(directory));
  const LeaseState& state = found.state;
  const bool may_go =
      state.kind == LeaseState::Kind::dead_here ||
      (state.kind == LeaseState::Kind::unreadable && force) ||
      (state.kind == LeaseState::Kind::other_host && force && force_host == state.owner.host);
  if (state.kind == LeaseState::Kind::free) return state;
  if (!may_go) throw conflict(directory, state);
  remove_name(state.path);
  sync_directory(directory);
  return state;
}

}  // namespace cdc
