#include "libcdc/state/lease.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libcdc/base/file.hpp"
#include "tests/libcdc/base/temporary_directory.hpp"
#include "tests/libcdc/base/thrown.hpp"

using cdc::clear_lease;
using cdc::Error;
using cdc::Fault;
using cdc::Fd;
using cdc::inspect_lease;
using cdc::Lease;
using cdc::LeaseState;
using cdc::Log;
using cdc::parse_lease;
using cdc::test::TemporaryDirectory;
using cdc::test::thrown_by;
using Kind = cdc::LeaseState::Kind;

namespace {

/// What happens just before the nth next lock is tried; then it is forgotten.
struct BeforeLock {
  int nth = 0;
  std::function<void()> action;
} before_lock;

}  // namespace

/// Stands in for the C library's in this program, so that a test can step between open and lock.
extern "C" int flock(int fd, int operation) noexcept {
  if (before_lock.nth > 0 && --before_lock.nth == 0) before_lock.action();
  return static_cast<int>(::syscall(SYS_flock, fd, operation));
}

namespace {

std::string host() {
  std::array<char, 256> name{};
  REQUIRE(::gethostname(name.data(), name.size() - 1) == 0);
  return name.data();
}

/// A process of this test: it runs `work` and ends. Killed and waited for where it is still there.
class Child {
 public:
  explicit Child(const std::function<void()>& work) : pid_(::fork()) {
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    work();
    ::_exit(0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  pid_t pid() const { return pid_; }

  void end() {
    if (ended_) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  void wait() {
    if (!ended_) ::waitpid(pid_, nullptr, 0);
    ended_ = true;
  }

 private:
  pid_t pid_;
  bool ended_ = false;
};

void sleep_for_ever() {
  for (;;) ::pause();
}

/// The number of a process that has ended.
pid_t dead_pid() {
  Child child([] {});
  child.wait();
  return child.pid();
}

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  void send(char byte) const { REQUIRE(::write(write.get(), &byte, 1) == 1); }
  /// 0 at the end of the pipe.
  char receive() const {
    char byte = 0;
    return ::read(read.get(), &byte, 1) == 1 ? byte : '\0';
  }

  Fd read;
  Fd write;
};

/// A directory and what is written where its lease stands.
struct Place {
  TemporaryDirectory directory;
  std::string path = directory / ".rustcdc_checkpoint.owner";

  const std::string& name() const { return directory.path(); }
  void leave(const std::string& content) const { cdc::write_file_atomic(path, content, 0600); }
  void leave(const std::string& owner, pid_t pid) const {
    leave(owner + ":" + std::to_string(pid));
  }
  void make_old(long seconds) const {
    struct timespec now {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const std::array<struct timespec, 2> times{
        {{now.tv_sec - seconds, 0}, {now.tv_sec - seconds, 0}}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(name())) {
      count += entry.exists() ? 1 : 0;
    }
    return count;
  }
  Kind kind() const { return inspect_lease(name()).kind; }
  Error refusal() const {
    Error error = thrown_by([&] { const Lease lease(name(), Log()); });
    CHECK(error.fault() == Fault::refused);
    CHECK(error.message().starts_with("checkpoint owner lease conflict for '" + name() + "': "));
    CHECK_FALSE(error.hint().empty());
    return error;
  }
  /// The reason in the refusal, without what each begins with.
  std::string reason() const {
    return refusal().message().substr(("checkpoint owner lease conflict for '': " + name()).size());
  }
  Error clear_refusal(bool force, const std::string& force_host) const {
    const Error error = thrown_by([&] { clear_lease(name(), force, force_host); });
    CHECK(error.fault() == Fault::refused);
    CHECK(std::filesystem::exists(path));
    return error;
  }
};

}  // namespace

TEST_CASE("a lease names its owner, is private and goes with it") {
  const Place place;
  CHECK(place.kind() == Kind::free);
  {
    const Lease lease(place.name(), Log());
    CHECK(cdc::read_file(place.path) == host() + ":" + std::to_string(::getpid()));
    struct stat status {};
    REQUIRE(::stat(place.path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(status.st_nlink == 1);
    CHECK(place.files() == 1);
    CHECK(place.kind() == Kind::held_here);
    lease.check();
  }
  CHECK(place.files() == 0);
}

TEST_CASE("two leases in one process conflict") {
  const Place place;
  const Lease lease(place.name(), Log());
  CHECK(place.reason() == "lock owned by pid " + std::to_string(::getpid()) + " on this host");
  CHECK(place.files() == 1);
  lease.check();
}

TEST_CASE("a live holder in another process is refused and cannot be cleared") {
  const Place place;
  const Pipe ready;
  Child holder([&] {
    const Lease lease(place.name(), Log());
    ready.send('r');
    sleep_for_ever();
  });
  REQUIRE(ready.receive() == 'r');
  CHECK(inspect_lease(place.name()).owner.pid == holder.pid());
  CHECK(place.kind() == Kind::held_here);
  CHECK(place.reason() == "lock owned by pid " + std::to_string(holder.pid()) + " on this host");
  place.clear_refusal(true, host());
  holder.end();
  CHECK(place.kind() == Kind::dead_here);
  const Lease lease(place.name(), Log());
  lease.check();
}

TEST_CASE("the lease of a dead process is taken over, with a warning") {
  const Place place;
  const pid_t dead = dead_pid();
  for (const std::string& owner : {host() + ":", std::string()}) {
    place.leave(owner + std::to_string(dead) + "\n");
    CHECK(place.kind() == Kind::dead_here);
    std::vector<std::string> warnings;
    const Lease lease(place.name(), Log([&](const cdc::LogRecord& record) {
                        CHECK(record.level == cdc::LogLevel::warning);
                        warnings.push_back(record.message);
                      }));
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0] == "taking over the checkpoint owner lease of '" + place.name() +
                             "' from pid " + std::to_string(dead) + ", which is dead");
    CHECK(place.kind() == Kind::held_here);
    CHECK(place.files() == 1);
  }
}

TEST_CASE("the lease of a live process that holds no lock is refused: an older program's") {
  const Place place;
  const Child other(sleep_for_ever);
  for (const std::string& owner : {host() + ":", std::string()}) {
    place.leave(owner + std::to_string(other.pid()));
    CHECK(place.kind() == Kind::held_here);
    CHECK(place.reason() == "lock owned by pid " + std::to_string(other.pid()) + " on this host");
    place.clear_refusal(true, host());
  }
}

TEST_CASE("a recycled PID does not fool it: its process is younger than the lease") {
  const Place place;
  const Child other(sleep_for_ever);
  place.leave(host(), other.pid());
  place.make_old(3600);
  CHECK(place.kind() == Kind::dead_here);
  const Lease lease(place.name(), Log());
  lease.check();
}

TEST_CASE("our own PID in a lease that nobody holds is a dead process's, as in a container") {
  const Place place;
  place.leave(host(), ::getpid());
  CHECK(place.kind() == Kind::dead_here);
  const Lease lease(place.name(), Log());
  CHECK(place.kind() == Kind::held_here);
}

TEST_CASE("a process that has ended but was not waited for is dead") {
  const Place place;
  Child child([] {});
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT) == 0);
  place.leave(host(), child.pid());
  CHECK(place.kind() == Kind::dead_here);
}

TEST_CASE("a held lock counts, even where the PID names a dead process") {
  const Place place;
  place.leave(host(), dead_pid());
  const Fd file(::open(place.path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(file.get(), LOCK_EX) == 0);
  CHECK(place.kind() == Kind::held_here);
  place.refusal();
  place.clear_refusal(true, host());
}

TEST_CASE("a held lock counts, even where the content is garbage") {
  const Place place;
  place.leave("garbage");
  const Fd file(::open(place.path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(file.get(), LOCK_EX) == 0);
  CHECK(place.kind() == Kind::held_here);
  CHECK(place.reason() == "lock owned by a live process that it does not name");
  place.clear_refusal(true, "");
}

TEST_CASE("another host's lease is refused by name and cleared only by naming it") {
  const Place place;
  place.leave("db7.example.com:42");
  CHECK(place.kind() == Kind::other_host);
  CHECK(place.reason() == "lock owned by pid 42 on host 'db7.example.com'");
  CHECK(place.refusal().hint().find("--force --host db7.example.com") != std::string::npos);
  place.clear_refusal(false, "");
  place.clear_refusal(true, "");
  place.clear_refusal(false, "db7.example.com");
  place.clear_refusal(true, "db8");
  const LeaseState cleared = clear_lease(place.name(), true, "db7.example.com");
  CHECK(cleared.kind == Kind::other_host);
  CHECK(cleared.owner.pid == 42);
  CHECK(place.files() == 0);
}

TEST_CASE("an unreadable lease is refused and cleared only by force") {
  for (const std::string& content : {std::string(), std::string("garbage"), std::string("host:"),
                                     std::string("\0\xFF\x01", 3), std::string(100'000, '7')}) {
    const Place place;
    place.leave(content);
    CHECK(place.kind() == Kind::unreadable);
    CHECK(place.reason() == "the owner in '" + place.path + "' is unreadable");
    CHECK(place.refusal().hint().find("--force") != std::string::npos);
    place.clear_refusal(false, "");
    CHECK(clear_lease(place.name(), true, "").kind == Kind::unreadable);
    CHECK(place.files() == 0);
  }
}

TEST_CASE("a link in the lease's place is not followed") {
  const Place place;
  cdc::write_file_atomic(place.directory / "precious", host() + ":1", 0600);
  std::filesystem::create_symlink("precious", place.path);
  CHECK(place.kind() == Kind::unreadable);
  place.refusal();
  clear_lease(place.name(), true, "");
  CHECK(std::filesystem::exists(place.directory / "precious"));
}

TEST_CASE("who may not open a lease cannot clear it") {
  if (::geteuid() != 0) return;
  const Place place;
  const Lease lease(place.name(), Log());
  REQUIRE(::chmod(place.name().c_str(), 0777) == 0);
  const Pipe answer;
  Child other([&] {
    bool refused = false;
    if (::setuid(65534) != 0) return;
    try {
      clear_lease(place.name(), true, "");
    } catch (const Error& error) {
      refused =
          error.fault() == Fault::refused && error.hint() == "run this as the owner of that file";
    }
    answer.send(refused ? 'y' : 'n');
  });
  CHECK(answer.receive() == 'y');
  lease.check();
}

TEST_CASE("what a killed process left of its lease goes with the next one") {
  const Place place;
  cdc::write_file_atomic(place.path + ".tmp.AbCd12", host() + ":1", 0600);
  const Lease lease(place.name(), Log());
  CHECK(place.files() == 1);
}

TEST_CASE("clearing removes a dead process's lease and says what it was") {
  const Place place;
  const pid_t dead = dead_pid();
  place.leave(host(), dead);
  const LeaseState cleared = clear_lease(place.name(), false, "");
  CHECK(cleared.kind == Kind::dead_here);
  CHECK(cleared.owner.pid == dead);
  CHECK(cleared.owner.host == host());
  CHECK(cleared.path == place.path);
  CHECK(place.files() == 0);
  CHECK(clear_lease(place.name(), false, "").kind == Kind::free);
}

TEST_CASE("a process that lost its lease finds out") {
  const Place place;
  const Lease lease(place.name(), Log());
  const std::string token = *cdc::read_file(place.path);
  const auto lost = [&] { return thrown_by([&] { lease.check(); }).fault() == Fault::refused; };
  lease.check();
  SUBCASE("removed") {
    std::filesystem::remove(place.path);
    CHECK(lost());
  }
  SUBCASE("replaced by another owner's") {
    place.leave("db7:42");
    CHECK(lost());
  }
  SUBCASE("replaced by a file that our lock does not guard") {
    place.leave(token);
    CHECK(lost());
  }
  SUBCASE("written over") {
    const Fd file(::open(place.path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    cdc::write_all(file.get(), "db7:42", "the lease");
    CHECK(lost());
  }
  SUBCASE("emptied") {
    std::filesystem::resize_file(place.path, 0);
    CHECK(lost());
  }
}

TEST_CASE("a process that lost its lease does not remove another's") {
  const Place place;
  {
    const Lease lease(place.name(), Log());
    place.leave("db7:42");
  }
  CHECK(cdc::read_file(place.path) == "db7:42");
}

TEST_CASE("a directory that is not there is an output error") {
  const Place place;
  CHECK(thrown_by([&] { const Lease lease(place.directory / "none", Log()); }).fault() ==
        Fault::output);
  CHECK(inspect_lease(place.directory / "none").kind == Kind::free);
}

TEST_CASE("a lease is a host and a PID, or a bare PID") {
  CHECK(parse_lease("db7:42")->host == "db7");
  CHECK(parse_lease("db7:42")->pid == 42);
  CHECK(parse_lease("fe80::1:42\n")->host == "fe80::1");
  CHECK(parse_lease("42")->host.empty());
  CHECK(parse_lease("42\r\n")->pid == 42);
  for (const char* content :
       {"", "\n", ":", ":42", "db7:", "db7:x", "db7:0", "db7:-1", "db7:4 2", "db7:42x", "0", "-1",
        "x", "db7:99999999999999999999", "db7:2147483648", "a b:42", "a\x1B[31m:42"}) {
    CAPTURE(content);
    CHECK_FALSE(parse_lease(content).has_value());
  }
}

namespace {

/// Lets `count` processes go for the lease at the same moment; how many got it. Each keeps what it
/// has until all have tried.
int race(const Place& place, int count) {
  Pipe start;
  Pipe finish;
  const Pipe results;
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < count; ++i) {
    children.push_back(std::make_unique<Child>([&] {
      start.write.close();
      finish.write.close();
      start.receive();
      try {
        const Lease lease(place.name(), Log());
        results.send('w');
        finish.receive();
      } catch (const Error& error) {
        results.send(error.fault() == Fault::refused ? 'l' : 'x');
      }
    }));
  }
  start.write.close();
  int winners = 0;
  for (int i = 0; i < count; ++i) {
    const char result = results.receive();
    CHECK(result != 'x');
    winners += result == 'w' ? 1 : 0;
  }
  finish.write.close();
  for (auto& child : children) child->wait();
  return winners;
}

}  // namespace

TEST_CASE("a lease that is taken over between open and lock is left alone") {
  const Place place;
  place.leave(host(), dead_pid());
  const Pipe ready;
  std::unique_ptr<Child> winner;
  const auto take_over = [&] {
    winner = std::make_unique<Child>([&] {
      const Lease lease(place.name(), Log());
      ready.send('r');
      sleep_for_ever();
    });
    ready.receive();
  };
  SUBCASE("by one that clears") {
    before_lock = {1, take_over};
    place.clear_refusal(false, "");
  }
  SUBCASE("by one that takes over too") {
    // The first lock is that of its own draft.
    before_lock = {2, take_over};
    place.refusal();
  }
  REQUIRE(winner != nullptr);
  CHECK(inspect_lease(place.name()).owner.pid == winner->pid());
  CHECK(place.kind() == Kind::held_here);
}

TEST_CASE("of many processes that find the same dead lease exactly one takes it over") {
  const Place place;
  const pid_t dead = dead_pid();
  for (int round = 0; round < 15; ++round) {
    place.leave(host(), dead);
    REQUIRE(race(place, 6) == 1);
    CHECK(place.files() == 0);
  }
}

TEST_CASE("of many processes that find no lease exactly one gets it") {
  const Place place;
  for (int round = 0; round < 15; ++round) {
    REQUIRE(race(place, 6) == 1);
    CHECK(place.files() == 0);
  }
}

TEST_CASE("leases that come, go and are left behind are never held twice") {
  const Place place;
  const std::string critical = place.directory / "critical";
  const Pipe results;
  const auto work = [&] {
    int taken = 0;
    for (int i = 0; i < 40; ++i) {
      try {
        const Lease lease(place.name(), Log());
        const Fd alone(::open(critical.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
        if (!alone) results.send('x');
        ::unlink(critical.c_str());
        // Dies with its lease: the others have to take over.
        if (++taken == 5) ::_exit(0);
      } catch (const Error&) {
        ::usleep(1000);
      }
    }
  };
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 6; ++i) children.push_back(std::make_unique<Child>(work));
  for (auto& child : children) child->wait();
  results.send('.');
  CHECK(results.receive() == '.');
}
