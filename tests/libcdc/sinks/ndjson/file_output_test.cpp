#include "libcdc/sinks/ndjson/file_output.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libcdc/base/error.hpp"
#include "tests/libcdc/sinks/ndjson/scratch.hpp"

namespace cdc::ndjson {
namespace {

using namespace cdc::test;
using namespace std::chrono_literals;
using nlohmann::json;

/// A file in a directory of its own, opened and closed like a process that starts and ends.
class Fixture {
 public:
  FileOutput& open(const json& remembered = json::object(), std::uint64_t rotate_size = 0) {
    output_.reset();
    output_ = std::make_unique<FileOutput>(
        FileOutputOptions{path(), rotate_size}, "\n", remembered,
        Log([this](const LogRecord& record) { log_ += record.message + "\n"; }));
    return *output_;
  }
  void end() { output_.reset(); }

  void write(const std::string& text) {
    output_->text() += text;
    REQUIRE(output_->drain(1s));
  }
  json commit() {
    output_->sync();
    return output_->remembered(output_->bytes_written());
  }

  std::string path() const { return scratch_ / "out.ndjson"; }
  std::string content() const { return content_of(path()); }
  const std::string& log() const { return log_; }
  bool logged(const std::string& words) const { return log_.find(words) != std::string::npos; }

  /// The names beside the file itself, sorted.
  std::vector<std::string> others() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
      if (entry.path().string() != path()) names.push_back(entry.path().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  ScratchDirectory scratch_;
  std::string log_;
  std::unique_ptr<FileOutput> output_;
};

Fault fault_of(Fixture& file, const json& remembered) {
  try {
    file.open(remembered);
  } catch (const Error& error) {
    CHECK_FALSE(error.hint().empty());
    return error.fault();
  }
  FAIL("opening did not throw");
  return Fault::internal;
}

TEST_CASE("a file is made with the user's mask and appended to") {
  Fixture file;
  const mode_t mask = ::umask(027);
  file.open();
  ::umask(mask);
  file.write("{\"a\":1}\n");
  file.open();
  file.write("{\"a\":2}\n");
  CHECK(file.content() == "{\"a\":1}\n{\"a\":2}\n");
  CHECK(file.log().empty());
  struct stat status {};
  REQUIRE(::stat(file.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("a restart goes back to the size of the last commit") {
  Fixture file;
  file.open();
  file.write("{\"a\":1}\n");
  const json remembered = file.commit();
  CHECK(remembered["path"] == file.path());
  CHECK(remembered["size"] == 8);
  file.write("{\"a\":2}\n{\"a\"");
  file.open(remembered);
  CHECK(file.content() == "{\"a\":1}\n");
  CHECK(file.logged("cut 12 B off output file"));
  file.write("{\"a\":2}\n");
  CHECK(file.commit()["size"] == 16);
  CHECK(file.content() == "{\"a\":1}\n{\"a\":2}\n");
}

TEST_CASE("a commit in the middle of what was taken remembers the size at its position") {
  Fixture file;
  std::ofstream(file.path()) << "{\"old\":1}\n";
  FileOutput& output = file.open();
  file.write("{\"a\":1}\n{\"a\":2}\n");
  CHECK(output.remembered(8)["size"] == 18);
}

TEST_CASE("a file that is shorter than remembered is a state error") {
  Fixture file;
  file.open();
  file.write("{\"a\":1}\n");
  const json remembered = file.commit();
  file.end();
  std::filesystem::resize_file(file.path(), 3);
  CHECK(fault_of(file, remembered) == Fault::state);
  CHECK(content_of(file.path()).size() == 3);
}

TEST_CASE("another file under the name is appended to, with a warning") {
  Fixture file;
  file.open();
  file.write("{\"a\":1}\n");
  const json remembered = file.commit();
  file.end();
  std::filesystem::rename(file.path(), file.path() + ".mine");
  std::ofstream(file.path()) << "{\"theirs\":1}\n";
  file.open(remembered);
  CHECK(file.logged("is not the file that the checkpoint remembers"));
  file.write("{\"a\":2}\n");
  CHECK(file.content() == "{\"theirs\":1}\n{\"a\":2}\n");
  CHECK(content_of(file.path() + ".mine") == "{\"a\":1}\n");
}

TEST_CASE("a remembered file that is gone is begun anew, with a warning") {
  Fixture file;
  file.open();
  file.write("{\"a\":1}\n");
  const json remembered = file.commit();
  file.end();
  std::filesystem::rename(file.path(), file.path() + ".mine");
  file.open(remembered);
  CHECK(file.logged("is gone"));
  CHECK(file.content().empty());
}

TEST_CASE("a torn line of a crash does not swallow the next one") {
  Fixture file;
  std::ofstream(file.path()) << "{\"a\":1}\n{\"a\"";
  file.open();
  file.write("{\"a\":2}\n");
  CHECK(file.content() == "{\"a\":1}\n{\"a\"\n{\"a\":2}\n");
  CHECK(file.logged("middle of a line"));
  CHECK(file.commit()["size"] == 21);
}

TEST_CASE("a second writer of the same file is refused") {
  Fixture file;
  file.open();
  try {
    FileOutput second({file.path()}, "\n", json::object(), Log());
    FAIL("a second writer was let in");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::refused);
  }
}

TEST_CASE("a memory that is not one is a state error") {
  Fixture file;
  CHECK(fault_of(file, {{"device", 1}, {"inode", 2}}) == Fault::state);
  CHECK(fault_of(file, {{"device", 1}, {"inode", 2}, {"size", -1}}) == Fault::state);
  CHECK(fault_of(file, json::array({1})) == Fault::state);
  CHECK_FALSE(std::filesystem::exists(file.path()));
}

TEST_CASE("a directory that is missing is an output error with a hint") {
  try {
    FileOutput output({"/nonexistent/out"}, "\n", json::object(), Log());
    FAIL("opened");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::output);
    CHECK(error.message() ==
          "cannot open output file '/nonexistent/out': No such file or directory");
    CHECK(error.hint() == "create the directory, or choose another place");
  }
}

TEST_CASE("reopen takes up the name after the file was moved away") {
  Fixture file;
  FileOutput& output = file.open();
  file.write("{\"a\":1}\n");
  output.reopen();
  CHECK(file.log().empty());
  std::filesystem::rename(file.path(), file.path() + ".1");
  file.write("{\"a\":2}\n");
  output.reopen();
  file.write("{\"a\":3}\n");
  CHECK(content_of(file.path() + ".1") == "{\"a\":1}\n{\"a\":2}\n");
  CHECK(file.content() == "{\"a\":3}\n");
  const json remembered = file.commit();
  CHECK(remembered["size"] == 8);
  file.write("{\"a\":4}\n");
  file.open(remembered);
  CHECK(file.content() == "{\"a\":3}\n");
}

TEST_CASE("a file emptied under us is remembered with its real size") {
  Fixture file;
  file.open();
  file.write("{\"a\":1}\n{\"a\":2}\n");
  std::filesystem::resize_file(file.path(), 0);
  file.write("{\"a\":3}\n");
  const json remembered = file.commit();
  CHECK(remembered["size"] == 8);
  CHECK(file.logged("changed by somebody else"));
  file.open(remembered);
  CHECK(file.content() == "{\"a\":3}\n");
}

TEST_CASE("rotation begins the next file behind the line that reaches the size") {
  Fixture file;
  file.open({}, 10);
  file.write("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n{\"a\":5}\n");
  CHECK(file.content() == "{\"a\":5}\n");
  const auto rotated = file.others();
  REQUIRE(rotated.size() == 2);
  CHECK(content_of(rotated[0]) == "{\"a\":1}\n{\"a\":2}\n");
  CHECK(content_of(rotated[1]) == "{\"a\":3}\n{\"a\":4}\n");
  CHECK(rotated[0].substr(file.path().size()).find("Z") == 16);
  CHECK(file.commit()["size"] == 8);
}

TEST_CASE("a rotation is later than every one before it, also of files that were moved away") {
  Fixture file;
  std::ofstream(file.path() + ".20991120T080000Z.7") << "{}\n";
  file.open({}, 8);
  file.write("{\"a\":1}\n{\"a\":2}\n");
  CHECK(content_of(file.path() + ".20991120T080000Z.8") == "{\"a\":1}\n");
  std::filesystem::rename(file.path() + ".20991120T080000Z.8", file.path() + ".mine");
  file.write("{\"a\":3}\n");
  CHECK_FALSE(std::filesystem::exists(file.path() + ".20991120T080000Z.8"));
  CHECK(content_of(file.path() + ".20991120T080000Z.9") == "{\"a\":2}\n");
}

TEST_CASE("a file removed under us is an output error before anything is remembered") {
  Fixture file;
  FileOutput& output = file.open();
  file.write("{\"a\":1}\n");
  output.sync();
  std::filesystem::remove(file.path());
  CHECK_NOTHROW(output.sync());
  file.write("{\"a\":2}\n");
  for (const bool reopens : {false, true}) {
    try {
      reopens ? output.reopen() : output.sync();
      FAIL("a removed file was taken for durable");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::output);
      CHECK(error.message().ends_with("was removed while it was being written"));
      CHECK_FALSE(error.hint().empty());
    }
  }
}

TEST_CASE("a foreign file with the same inode is not cut") {
  Fixture file;
  file.open();
  file.write("{\"a\":1}\n");
  const json remembered = file.commit();
  file.end();
  std::ofstream(file.path()) << "something else, longer\n";
  CHECK(fault_of(file, remembered) == Fault::state);
  CHECK(file.content() == "something else, longer\n");
}

TEST_CASE("the number of the device does not say which file it is") {
  Fixture file;
  file.open();
  file.write("{\"a\":1}\n");
  json remembered = file.commit();
  remembered["device"] = remembered["device"].get<std::uint64_t>() + 1;
  file.write("{\"a\":2}\n");
  file.open(remembered);
  CHECK(file.content() == "{\"a\":1}\n");
}

TEST_CASE("a stop ends the wait for the reader of a FIFO") {
  ScratchDirectory scratch;
  const std::string path = scratch / "fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  Stop stop;
  stop.request();
  CHECK_THROWS_AS(FileOutput({path, 0, &stop}, "\n", json::object(), Log()), Interrupted);
}

TEST_CASE("a line longer than the rotation size stays whole") {
  Fixture file;
  file.open({}, 4);
  file.write("{\"a\":\"long\"}\n{\"a\":\"longer\"}\n");
  CHECK(file.content() == "{\"a\":\"longer\"}\n");
  REQUIRE(file.others().size() == 1);
  CHECK(content_of(file.others()[0]) == "{\"a\":\"long\"}\n");
}

TEST_CASE("a rotation after the last commit is undone at the restart, and nothing is removed") {
  Fixture file;
  file.open({}, 16);
  file.write("{\"a\":1}\n");
  const json remembered = file.commit();
  file.write("{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n{\"a\":5}\n");
  REQUIRE(file.others().size() == 2);
  file.open(remembered, 16);
  CHECK(file.content() == "{\"a\":1}\n");
  REQUIRE(file.others().size() == 2);
  std::string aside;
  for (const std::string& path : file.others()) {
    CHECK(path.ends_with(".repeated"));
    aside += content_of(path);
  }
  CHECK(aside.find("{\"a\":3}\n{\"a\":4}\n") != std::string::npos);
  CHECK(aside.find("{\"a\":5}\n") != std::string::npos);
  CHECK(file.logged("come again; moved to"));
}

TEST_CASE("a commit behind a rotation remembers the file that its position stands in") {
  Fixture file;
  FileOutput& output = file.open({}, 16);
  file.write("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
  REQUIRE(file.others().size() == 1);
  const json first = output.remembered(8);
  CHECK(first["size"] == 8);
  struct stat rotated {};
  REQUIRE(::stat(file.others()[0].c_str(), &rotated) == 0);
  CHECK(first["inode"] == rotated.st_ino);
  CHECK(output.remembered(16)["size"] == 0);
  CHECK(output.remembered(24)["size"] == 8);
  file.open(first, 16);
  CHECK(file.content() == "{\"a\":1}\n");
}

TEST_CASE("what is no regular file is written and not remembered") {
  FileOutput output({"/dev/null", 1}, "\n", json::object(), Log());
  output.text() += "{}\n";
  CHECK(output.drain(0ms));
  CHECK(output.remembered(3).empty());
}

}  // namespace
}  // namespace cdc::ndjson
