#include "commands/output.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "libcdc/base/error.hpp"
#include "libcdc/base/fd.hpp"

namespace cdcctl {
namespace {

/// Both ends of a pipe or of a terminal.
struct Ends {
  cdc::Fd read;
  cdc::Fd write;

  std::string text() {
    write.close();
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got; (got = ::read(read.get(), buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
};

Ends open_pipe() {
  int fds[2];
  REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  return {cdc::Fd(fds[0]), cdc::Fd(fds[1])};
}

Ends open_terminal() {
  int master = -1;
  int slave = -1;
  REQUIRE(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
  return {cdc::Fd(master), cdc::Fd(slave)};
}

}  // namespace

TEST_CASE("a table has tabs in a pipe") {
  Ends ends = open_pipe();
  Output out(ends.write.get());
  out.table({"SLOT", "STATE"}, {{"a", {"lost", Style::red}}, {"long_name", "ok"}});
  CHECK(ends.text() == "SLOT\tSTATE\na\tlost\nlong_name\tok\n");
}

TEST_CASE("a table is aligned and coloured on a terminal") {
  Ends ends = open_terminal();
  ::setenv("TERM", "xterm", 1);
  Output out(ends.write.get(), ColorChoice::always);
  CHECK(out.is_terminal());
  out.table({"SLOT", "STATE"}, {{"\xc3\xa9", {"lost", Style::red}}, {"name", "ok"}});
  CHECK(ends.text() ==
        "\x1b[1mSLOT\x1b[0m  \x1b[1mSTATE\x1b[0m\r\n\xc3\xa9     \x1b[31mlost\x1b[0m\r\nname  "
        "ok\r\n");
}

TEST_CASE("colours follow the choice, NO_COLOR and the terminal") {
  Ends pipe_ends = open_pipe();
  Ends terminal = open_terminal();
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  CHECK_FALSE(Output(pipe_ends.write.get()).colors());
  CHECK(Output(pipe_ends.write.get(), ColorChoice::always).colors());
  CHECK(Output(terminal.write.get()).colors());
  CHECK_FALSE(Output(terminal.write.get(), ColorChoice::never).colors());
  ::setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(Output(terminal.write.get()).colors());
  CHECK(Output(terminal.write.get(), ColorChoice::always).colors());
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  CHECK_FALSE(Output(terminal.write.get()).colors());
}

TEST_CASE("facts line up on a terminal only") {
  Ends ends = open_pipe();
  Output out(ends.write.get());
  out.facts({{"a", "1"}, {"longer", "2"}});
  CHECK(ends.text() == "a: 1\nlonger: 2\n");
}

TEST_CASE("a reader that goes away is no failure") {
  std::signal(SIGPIPE, SIG_IGN);
  Ends ends = open_pipe();
  ends.read.close();
  Output out(ends.write.get());
  CHECK_FALSE(out.reader_gone());
  out.line("lost");
  CHECK(out.reader_gone());
  out.line("lost as well");
}

TEST_CASE("a full disk is a failure of output") {
  const cdc::Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (!full) return;
  Output out(full.get());
  try {
    out.line("x");
    FAIL("no error");
  } catch (const cdc::Error& error) {
    CHECK(error.fault() == cdc::Fault::output);
  }
}

TEST_CASE("what may get lost is dropped where the reader does not take it") {
  Ends ends = open_pipe();
  Output out(ends.write.get());
  for (int i = 0; i < 100; ++i) out.offer(std::string(4096, 'x'));
  out.offer("lost");
  ends.write.close();
  CHECK(ends.text().find("lost") == std::string::npos);
  out.offer("nobody has this descriptor");
}

}  // namespace cdcctl
