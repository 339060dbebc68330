#include "libcdc/sinks/ndjson/fd_writer.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "libcdc/base/error.hpp"
#include "tests/libcdc/sinks/ndjson/scratch.hpp"

namespace cdc::ndjson {
namespace {

using namespace cdc::test;
using namespace std::chrono_literals;

/// As the process does it: SIGPIPE, and here SIGXFSZ, are errors of write(2), not ends.
const bool kSignalsIgnored = [] {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  return true;
}();

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  Fd read;
  Fd write;
};

std::string read_all(int fd, std::size_t size, std::chrono::microseconds pause = 0us) {
  std::string content;
  std::array<char, 10000> piece;
  while (content.size() < size) {
    const ssize_t count = ::read(fd, piece.data(), piece.size());
    if (count <= 0) break;
    content.append(piece.data(), static_cast<std::size_t>(count));
    if (pause > 0us) std::this_thread::sleep_for(pause);
  }
  return content;
}

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "{\"line\":" + std::to_string(i) + "}\n";
  return text;
}

/// Sets a limit of this process and gives it back at the end.
class Limit {
 public:
  Limit(decltype(RLIMIT_FSIZE) which, rlim_t soft) : which_(which) {
    REQUIRE(::getrlimit(which_, &before_) == 0);
    rlimit now = before_;
    now.rlim_cur = soft;
    REQUIRE(::setrlimit(which_, &now) == 0);
  }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() { ::setrlimit(which_, &before_); }

 private:
  decltype(RLIMIT_FSIZE) which_;
  rlimit before_{};
};

/// The error of a drain that must fail.
Error drain_error(FdWriter& writer) {
  try {
    writer.drain(0ms);
  } catch (const Error& error) {
    return error;
  }
  FAIL("drain did not throw");
  return {Fault::internal, ""};
}

TEST_CASE("a pipe takes what it has room for, without waiting and without a changed flag") {
  const Pipe pipe;
  FdWriter writer(pipe.write.get(), "standard output", "\n");
  CHECK((::fcntl(pipe.write.get(), F_GETFL) & O_NONBLOCK) == 0);
  const std::string text = lines(300'000);
  writer.text() += text;
  CHECK_FALSE(writer.drain(0ms));
  CHECK(writer.bytes_written() >= 65'536);
  CHECK(writer.pending() == text.size() - writer.bytes_written());

  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(writer.drain(30ms));
  CHECK(std::chrono::steady_clock::now() - start >= 30ms);
}

TEST_CASE("a slow reader gets every byte in order") {
  const Pipe pipe;
  FdWriter writer(pipe.write.get(), "standard output", "\n");
  const std::string text = lines(200'000);
  std::string taken;
  std::thread reader([&] { taken = read_all(pipe.read.get(), text.size(), 100us); });
  for (std::size_t at = 0; at < text.size(); at += 100'000) {
    writer.text() += text.substr(at, 100'000);
    writer.drain(1ms);
  }
  CHECK(writer.drain(20s));
  reader.join();
  CHECK(taken == text);
  CHECK(writer.bytes_written() == text.size());
  CHECK(writer.pending() == 0);
}

TEST_CASE("a pipe that cannot be opened again is written in small pieces, never blocking") {
  const Pipe pipe;
  const auto make = [&pipe] {
    // No descriptor is left, so the pipe cannot be opened a second time.
    const Limit none(RLIMIT_NOFILE, 0);
    return std::make_unique<FdWriter>(pipe.write.get(), "standard output", "\n");
  };
  const auto writer = make();
  CHECK(writer->watch_fd() == pipe.write.get());
  const std::string text = lines(200'000);
  writer->text() += text;
  CHECK_FALSE(writer->drain(0ms));
  std::string taken;
  std::thread reader([&] { taken = read_all(pipe.read.get(), text.size()); });
  CHECK(writer->drain(20s));
  reader.join();
  CHECK(taken == text);
}

TEST_CASE("a reader that goes while nothing is written is noticed") {
  Pipe pipe;
  const FdWriter writer(pipe.write.get(), "standard output", "\n");
  CHECK_FALSE(writer.closed());
  pipe.read.close();
  pollfd watch{writer.watch_fd(), 0, 0};
  CHECK(::poll(&watch, 1, 5000) == 1);
  CHECK(writer.closed());
}

TEST_CASE("a reader that goes while lines are written is no error") {
  Pipe pipe;
  FdWriter writer(pipe.write.get(), "standard output", "\n");
  writer.text() += lines(300'000);
  std::thread reader([&] {
    read_all(pipe.read.get(), 10'000);
    pipe.read.close();
  });
  CHECK_FALSE(writer.drain(20s));
  reader.join();
  CHECK(writer.closed());
  CHECK(writer.pending() > 0);
  CHECK_FALSE(writer.drain(20s));
}

TEST_CASE("a socket is written without blocking and tells when its reader has gone") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  FdWriter writer(ours.get(), "standard output", "\n");
  const std::string text = lines(100'000);
  writer.text() += text;
  CHECK_FALSE(writer.drain(0ms));
  std::string taken;
  std::thread reader([&] { taken = read_all(theirs.get(), text.size()); });
  CHECK(writer.drain(20s));
  reader.join();
  CHECK(taken == text);
  CHECK_FALSE(writer.closed());
  theirs.close();
  CHECK(writer.closed());
  writer.text() += "{}\n";
  CHECK_FALSE(writer.drain(20s));
}

TEST_CASE("a terminal gets its lines at once, and its hang-up is its reader's end") {
  Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0) {
    MESSAGE("skipped: no pseudo terminals");
    return;
  }
  const Fd terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(terminal);
  FdWriter writer(terminal.get(), "standard output", "\n");
  CHECK((::fcntl(terminal.get(), F_GETFL) & O_NONBLOCK) == 0);
  writer.text() += "{}\n";
  CHECK(writer.drain(1s));
  CHECK(read_all(master.get(), 4) == "{}\r\n");
  CHECK_FALSE(writer.closed());
  master.close();
  CHECK(writer.closed());
  writer.text() += "{}\n";
  CHECK_FALSE(writer.drain(1s));
}

TEST_CASE("a full device is an output error that names the place and a way out") {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  FdWriter writer(full.get(), "standard output", "\n");
  CHECK(writer.watch_fd() == -1);
  writer.text() += "{}\n";
  const Error error = drain_error(writer);
  CHECK(error.fault() == Fault::output);
  CHECK(error.message() == "cannot write to standard output: No space left on device");
  CHECK(error.hint().find("make room") != std::string::npos);
  CHECK(writer.bytes_written() == 0);
}

TEST_CASE("a closed descriptor is an output error from the start") {
  Pipe pipe;
  const int number = pipe.write.get();
  pipe.write.close();
  CHECK_THROWS_AS(FdWriter(number, "standard output", "\n"), Error);
}

TEST_CASE("/dev/null takes everything") {
  const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  FdWriter writer(null.get(), "standard output", "\n");
  writer.text() += lines(1000);
  CHECK(writer.drain(0ms));
  CHECK_FALSE(writer.closed());
  CHECK_NOTHROW(writer.sync());
  CHECK(writer.remembered(0).empty());
}

void check_torn_line_is_cut(int flags) {
  const ScratchDirectory scratch;
  const std::string path = scratch / "out";
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644));
  REQUIRE(::write(file.get(), "before\n", 7) == 7);
  FdWriter writer(file.get(), "standard output", "\n");
  writer.text() += "{\"a\":1}\n";
  REQUIRE(writer.drain(0ms));
  {
    const Limit small(RLIMIT_FSIZE, 27);
    writer.text() += "{\"a\":2}\n{\"a\":3}\n";
    const Error error = drain_error(writer);
    CHECK(error.fault() == Fault::output);
    CHECK(error.hint().find("ulimit -f") != std::string::npos);
  }
  CHECK(content_of(path) == "before\n{\"a\":1}\n{\"a\":2}\n");
  CHECK(writer.bytes_written() == 16);
  CHECK(writer.pending() == 8);
  // With room again it goes on at the same line, without a hole.
  CHECK(writer.drain(0ms));
  CHECK(content_of(path) == "before\n{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
}

TEST_CASE("a full disk leaves whole lines in a file that is appended to") {
  check_torn_line_is_cut(O_APPEND);
}

TEST_CASE("a full disk leaves whole lines in a file that is written from its start") {
  check_torn_line_is_cut(0);
}

TEST_CASE("a torn record of many lines is cut as a whole") {
  const ScratchDirectory scratch;
  const std::string path = scratch / "out";
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  FdWriter writer(file.get(), "standard output", "\n}\n");
  writer.text() += "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n";
  const Limit small(RLIMIT_FSIZE, 24);
  drain_error(writer);
  CHECK(content_of(path) == "{\n  \"a\": 1\n}\n");
}

TEST_CASE("what somebody else wrote behind a torn line is left alone") {
  const ScratchDirectory scratch;
  const std::string path = scratch / "out";
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  const Fd other(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(::pwrite(other.get(), "log\n", 4, 30) == 4);
  FdWriter writer(file.get(), "standard output", "\n");
  writer.text() += "{\"a\":2}\n{\"a\":3}\n";
  const Limit small(RLIMIT_FSIZE, 12);
  drain_error(writer);
  CHECK(content_of(path).ends_with("log\n"));
}

TEST_CASE("an emptied buffer does not keep the room of one huge row") {
  const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  FdWriter writer(null.get(), "standard output", "\n");
  writer.text().append(32 * 1024 * 1024, 'x');
  CHECK(writer.drain(0ms));
  CHECK(writer.text().capacity() < 4 * 1024 * 1024);
}

}  // namespace
}  // namespace cdc::ndjson
