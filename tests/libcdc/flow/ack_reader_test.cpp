#include "libcdc/flow/ack_reader.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/libcdc/flow/fakes.hpp"

using namespace cdc;

namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  void say(const std::string& text) const {
    REQUIRE(::write(write.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }

  Fd read;
  Fd write;
};

struct TemporaryFile {
  TemporaryFile() {
    std::string name = std::filesystem::temp_directory_path() / "cdc_acks_XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory = name;
    path = directory / "acks";
  }
  ~TemporaryFile() { std::filesystem::remove_all(directory); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  void append(const std::string& text) const { std::ofstream(path, std::ios::app) << text; }

  std::filesystem::path directory;
  std::string path;
};

std::string latest(const AckReader& reader) {
  if (!reader.latest()) return "none";
  return to_text(ChangePosition{reader.latest()->position, reader.latest()->ordinal});
}

Fault fault_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.fault();
  }
  return Fault::internal;
}

}  // namespace

TEST_CASE("whole lines of a descriptor count, the last one wins") {
  const Pipe pipe;
  AckReader reader = AckReader::from_fd(pipe.read.get(), fake::parse);
  CHECK(reader.watch_fd() == pipe.read.get());
  reader.read();
  CHECK(latest(reader) == "none");
  pipe.say("10#1\n10#2\r\n17  \n2");
  reader.read();
  CHECK(latest(reader) == "17#0");
  pipe.say("0#3");
  reader.read();
  CHECK(latest(reader) == "17#0");
  pipe.say("\n");
  reader.read();
  CHECK(latest(reader) == "20#3");
  CHECK_FALSE(reader.ended());
}

TEST_CASE("the end of a descriptor is seen, its torn last line is not taken") {
  Pipe pipe;
  AckReader reader = AckReader::from_fd(pipe.read.get(), fake::parse);
  pipe.say("10#1\n10#2");
  pipe.write.close();
  reader.read();
  CHECK(reader.ended());
  CHECK(reader.watch_fd() == -1);
  CHECK(latest(reader) == "10#1");
  reader.read();
  CHECK(latest(reader) == "10#1");
}

TEST_CASE("a descriptor that is not open is a mistake of the call") {
  CHECK(fault_of([] { AckReader::from_fd(987, fake::parse); }) == Fault::usage);
}

TEST_CASE("a line that is no position names its number and source, and not itself") {
  for (const std::string bad : {"", "x", "10#", "10#-1", "#1", "10#1#", "secret"}) {
    const Pipe pipe;
    AckReader reader = AckReader::from_fd(pipe.read.get(), fake::parse);
    pipe.say("10#1\n" + bad + "\n");
    CAPTURE(bad);
    try {
      reader.read();
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
      CHECK(error.message() == "line 2 of the acknowledgements from fd " +
                                   std::to_string(pipe.read.get()) + " is not a position");
    }
  }
}

TEST_CASE("a line that never ends is not collected for ever") {
  const Pipe pipe;
  AckReader reader = AckReader::from_fd(pipe.read.get(), fake::parse);
  pipe.say(std::string(5000, 'x'));
  CHECK(fault_of([&] { reader.read(); }) == Fault::usage);
}

TEST_CASE("a file is followed from when it is there") {
  const TemporaryFile file;
  AckReader reader = AckReader::from_file(file.path, fake::parse);
  CHECK(reader.name() == "file " + file.path);
  CHECK(reader.watch_fd() == -1);
  reader.read();
  CHECK(latest(reader) == "none");
  file.append("10#1\n");
  reader.read();
  CHECK(latest(reader) == "10#1");
  file.append("10#2\n10#");
  reader.read();
  CHECK(latest(reader) == "10#2");
  file.append("3\n");
  reader.read();
  CHECK(latest(reader) == "10#3");
  CHECK_FALSE(reader.ended());
}

TEST_CASE("what a file held before this run is not read") {
  const TemporaryFile file;
  file.append("10#1\n10#2\n1");
  AckReader reader = AckReader::from_file(file.path, fake::parse);
  reader.read();
  CHECK(latest(reader) == "none");
  // The line that an earlier consumer tore is lost, and nothing else.
  file.append("0#4\n");
  reader.read();
  CHECK(latest(reader) == "none");
  file.append("10#5\n");
  reader.read();
  CHECK(latest(reader) == "10#5");
}

TEST_CASE("a file that begins anew is followed") {
  const TemporaryFile file;
  AckReader reader = AckReader::from_file(file.path, fake::parse);
  file.append("10#1\n10#2\n");
  reader.read();
  CHECK(latest(reader) == "10#2");

  SUBCASE("cut to nothing") {
    REQUIRE(::truncate(file.path.c_str(), 0) == 0);
  }
  SUBCASE("under the same name") {
    REQUIRE(::unlink(file.path.c_str()) == 0);
  }
  reader.read();
  file.append("10#3\n");
  reader.read();
  CHECK(latest(reader) == "10#3");
}

TEST_CASE("a long file is read to its end in one go") {
  const TemporaryFile file;
  std::string text;
  for (int i = 1; i <= 20000; ++i) text += "10#" + std::to_string(i) + "\n";
  AckReader reader = AckReader::from_file(file.path, fake::parse);
  file.append(text);
  reader.read();
  CHECK(latest(reader) == "10#20000");
}

TEST_CASE("a file that cannot be read is an error of state") {
  const TemporaryFile file;
  AckReader reader = AckReader::from_file(file.directory, fake::parse);
  CHECK(fault_of([&] { reader.read(); }) == Fault::state);
}
