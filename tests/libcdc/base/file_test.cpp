#include "libcdc/base/file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/libcdc/base/temporary_directory.hpp"
#include "tests/libcdc/base/thrown.hpp"

using cdc::Fault;
using cdc::test::TemporaryDirectory;
using cdc::test::thrown_by;

namespace {

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// No file can grow beyond `bytes` while this lives: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

}  // namespace

TEST_CASE("a file is written whole, with its mode, and nothing is left beside it") {
  const TemporaryDirectory directory;
  const std::string path = directory / "file";
  std::string content(100'000, 'x');
  content[5] = '\0';
  cdc::write_file_atomic(path, content, 0600);
  CHECK(cdc::read_file(path) == content);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  cdc::write_file_atomic(path, "new", 0640);
  CHECK(cdc::read_file(path) == "new");
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
  CHECK(names_in(directory.path()) == std::vector<std::string>{"file"});
}

TEST_CASE("where there is no file there is nothing") {
  const TemporaryDirectory directory;
  CHECK_FALSE(cdc::read_file(directory / "missing").has_value());
}

TEST_CASE("what cannot be read is a state error that names the path") {
  const TemporaryDirectory directory;
  const cdc::Error error = thrown_by([&] { cdc::read_file(directory.path()); });
  CHECK(error.fault() == Fault::state);
  CHECK(error.message() == "cannot read " + directory.path() + ": Is a directory");
}

TEST_CASE("a full disk leaves the old content and no temporary file") {
  const TemporaryDirectory directory;
  const std::string path = directory / "file";
  cdc::write_file_atomic(path, "old", 0600);
  const cdc::Error error = thrown_by([&] {
    const FullDisk full(1000);
    cdc::write_file_atomic(path, std::string(5000, 'x'), 0600);
  });
  CHECK(error.fault() == Fault::output);
  CHECK(error.message().find(path) != std::string::npos);
  CHECK(cdc::read_file(path) == "old");
  CHECK(names_in(directory.path()) == std::vector<std::string>{"file"});
}

TEST_CASE("a directory in the file's place is an output error and leaves nothing") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "file");
  const cdc::Error error =
      thrown_by([&] { cdc::write_file_atomic(directory / "file", "text", 0600); });
  CHECK(error.fault() == Fault::output);
  CHECK(names_in(directory.path()) == std::vector<std::string>{"file"});
}

TEST_CASE("what a killed process left beside a file is removed, and nothing else") {
  const TemporaryDirectory directory;
  for (const char* name : {"file", "file.tmp.Ab12Cd", "file.tmp.longer_name", "file.tmp",
                           "file.bak", "other.tmp.Ab12Cd"}) {
    cdc::write_file_atomic(directory / name, "text", 0600);
  }
  cdc::remove_leftovers(directory / "file");
  CHECK(names_in(directory.path()) == std::vector<std::string>{"file", "file.bak", "file.tmp",
                                                               "file.tmp.longer_name",
                                                               "other.tmp.Ab12Cd"});
  cdc::remove_leftovers(directory / "no/file");
}

TEST_CASE("a missing directory is an output error") {
  const TemporaryDirectory directory;
  CHECK(thrown_by([&] { cdc::write_file_atomic(directory / "no/file", "text", 0600); }).fault() ==
        Fault::output);
  CHECK(thrown_by([&] { cdc::sync_directory(directory / "no"); }).fault() == Fault::output);
}

TEST_CASE("write_all names what it could not write") {
  const cdc::Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const cdc::Error error = thrown_by([&] { cdc::write_all(full.get(), "text", "the output"); });
  CHECK(error.fault() == Fault::output);
  CHECK(error.message() == "cannot write the output: No space left on device");
}

TEST_CASE("the directory of a path") {
  CHECK(cdc::directory_of("a") == ".");
  CHECK(cdc::directory_of("") == ".");
  CHECK(cdc::directory_of("a/b") == "a");
  CHECK(cdc::directory_of("a/b/") == "a");
  CHECK(cdc::directory_of("a//b") == "a");
  CHECK(cdc::directory_of("/a") == "/");
  CHECK(cdc::directory_of("/a/") == "/");
  CHECK(cdc::directory_of("/") == "/");
  CHECK(cdc::directory_of("/a/b/c") == "/a/b");
}
