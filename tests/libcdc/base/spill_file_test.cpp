#include "libcdc/base/spill_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "libcdc/base/error.hpp"
#include "tests/libcdc/base/temporary_directory.hpp"
#include "tests/libcdc/base/thrown.hpp"

using namespace cdc;
using namespace cdc::test;

namespace {

constexpr std::size_t kHeader = 16;

void damage(const SpillFile& file, off_t place) {
  char byte = 0;
  REQUIRE(::pread(file.fd(), &byte, 1, place) == 1);
  byte = static_cast<char>(~byte);
  REQUIRE(::pwrite(file.fd(), &byte, 1, place) == 1);
}

/// This process may not have more of `resource`, for as long as this lives.
class Limited {
 public:
  Limited(__rlimit_resource_t resource, rlim_t most)
      : resource_(resource), signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(resource_, &before_);
    const rlimit limit{most, before_.rlim_max};
    ::setrlimit(resource_, &limit);
  }
  Limited(const Limited&) = delete;
  Limited& operator=(const Limited&) = delete;
  ~Limited() {
    ::setrlimit(resource_, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  __rlimit_resource_t resource_;
  rlimit before_{};
  void (*signal_)(int);
};

}  // namespace

TEST_CASE("blocks come back in the order in which they were appended") {
  const TemporaryDirectory directory;
  SpillFile file(directory.path());
  file.append("one");
  file.append("");
  file.append(std::string(100000, 'x'));
  std::string block;
  REQUIRE(file.read(block));
  CHECK(block == "one");
  REQUIRE(file.read(block));
  CHECK(block.empty());
  REQUIRE(file.read(block));
  CHECK(block == std::string(100000, 'x'));
  CHECK_FALSE(file.read(block));
  CHECK(file.size() == 3 * kHeader + 100003);
}

TEST_CASE("a spill file has no name, and is nobody else's") {
  const TemporaryDirectory directory;
  SpillFile file(directory.path());
  file.append("secret");
  CHECK(std::filesystem::is_empty(directory.path()));
  struct stat status {};
  REQUIRE(::fstat(file.fd(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(status.st_nlink == 0);
}

TEST_CASE("not even a kill in the wrong moment leaves a name: there never was one") {
  const TemporaryDirectory directory;
  if (!Fd(::open(directory.path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600))) {
    MESSAGE("skipped: the file system of " << directory.path() << " has no O_TMPFILE");
    return;
  }
  const Fd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  REQUIRE(::inotify_add_watch(watch.get(), directory.path().c_str(), IN_CREATE) >= 0);
  SpillFile file(directory.path());
  file.append("secret");
  char event[sizeof(inotify_event) + 256];
  CHECK(::read(watch.get(), event, sizeof event) == -1);
}

TEST_CASE("any byte that is not as it was written is noticed") {
  const TemporaryDirectory directory;
  for (off_t place = 0; place < static_cast<off_t>(2 * kHeader + 10); ++place) {
    CAPTURE(place);
    SpillFile file(directory.path());
    file.append("12345");
    file.append("12345");
    damage(file, place);
    std::string block;
    const Error error = thrown_by([&] {
      while (file.read(block)) {
      }
    });
    CHECK(error.fault() == Fault::output);
    const bool is_first = place < static_cast<off_t>(kHeader) + 5;
    CHECK(error.message().ends_with(is_first ? "is damaged at byte 0" : "is damaged at byte 21"));
  }
}

TEST_CASE("equal blocks in each other's place are noticed, and a file that was cut") {
  CHECK(spill_checksum("same", 0) != spill_checksum("same", 20));
  CHECK(spill_checksum("same", 0) != spill_checksum(std::string_view("same\0", 5), 0));
  const TemporaryDirectory directory;
  SpillFile file(directory.path());
  file.append("12345");
  REQUIRE(::ftruncate(file.fd(), 18) == 0);
  std::string block;
  CHECK(thrown_by([&] { file.read(block); }).fault() == Fault::output);
}

TEST_CASE("where there is no room the error says so, and what was there before is whole") {
  const TemporaryDirectory directory;
  SpillFile file(directory.path());
  file.append(std::string(1000, 'a'));
  {
    const Limited size(RLIMIT_FSIZE, 5000);
    const Error error = thrown_by([&] { file.append(std::string(10000, 'b')); });
    CHECK(error.fault() == Fault::output);
    CHECK(error.message().starts_with("cannot write a spill file in " + directory.path()));
  }
  std::string block;
  REQUIRE(file.read(block));
  CHECK(block == std::string(1000, 'a'));
  CHECK_FALSE(file.read(block));
}

TEST_CASE("a directory that does not take a file is named") {
  const TemporaryDirectory directory;
  const Error error = thrown_by([&] { SpillFile file(directory.path() + "/missing"); });
  CHECK(error.fault() == Fault::output);
  CHECK(error.message().starts_with("cannot make a spill file in " + directory.path()));
}

TEST_CASE("too many open files are not a matter of the disk") {
  const TemporaryDirectory directory;
  const Limited files(RLIMIT_NOFILE, 0);
  const Error error = thrown_by([&] { SpillFile file(directory.path()); });
  CHECK(error.fault() == Fault::output);
  CHECK(error.hint() == "raise the limit of open files (ulimit -n) and start again");
}
