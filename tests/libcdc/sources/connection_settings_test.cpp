#include "libcdc/sources/connection_settings.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <string>

#include "libcdc/base/file.hpp"
#include "tests/libcdc/base/temporary_directory.hpp"
#include "tests/libcdc/base/thrown.hpp"

using cdc::Fault;
using cdc::PasswordOrigin;
using cdc::Secret;
using cdc::test::TemporaryDirectory;
using cdc::test::thrown_by;

namespace {

PasswordOrigin origin(PasswordOrigin::Kind kind, const std::string& name) {
  return {kind, name, Secret()};
}

std::string read_from_file(const std::string& content) {
  const TemporaryDirectory directory;
  cdc::write_file_atomic(directory / "password", content, 0600);
  return origin(PasswordOrigin::Kind::file, directory / "password").read().reveal();
}

}  // namespace

TEST_CASE("no origin gives no password") {
  CHECK(PasswordOrigin().read().empty());
  CHECK(PasswordOrigin().describe() == "from nowhere: none was given");
}

TEST_CASE("a given password is given back and never described") {
  const PasswordOrigin given{PasswordOrigin::Kind::given, "", Secret("hunter2")};
  CHECK(given.read().reveal() == "hunter2");
  CHECK(given.describe() == "from the command line or the configuration");
}

TEST_CASE("a file's last line end is not part of the password") {
  CHECK(read_from_file("hunter2") == "hunter2");
  CHECK(read_from_file("hunter2\n") == "hunter2");
  CHECK(read_from_file("hunter2\r\n") == "hunter2");
  CHECK(read_from_file("hunter2\n\n") == "hunter2\n");
  CHECK(read_from_file(" hunter 2 ") == " hunter 2 ");
  CHECK(read_from_file("hunter2\r") == "hunter2\r");
  CHECK(read_from_file("").empty());
}

TEST_CASE("a file is read again each time, so that a rotation is seen") {
  const TemporaryDirectory directory;
  const PasswordOrigin file = origin(PasswordOrigin::Kind::file, directory / "password");
  cdc::write_file_atomic(file.name, "old\n", 0600);
  CHECK(file.read().reveal() == "old");
  cdc::write_file_atomic(file.name, "new\n", 0600);
  CHECK(file.read().reveal() == "new");
  CHECK(file.describe() == "from the file " + file.name);
}

TEST_CASE("a missing or unreadable file is a usage error that names it") {
  const TemporaryDirectory directory;
  const cdc::Error missing =
      thrown_by([&] { origin(PasswordOrigin::Kind::file, directory / "none").read(); });
  CHECK(missing.fault() == Fault::usage);
  CHECK(missing.message() == "the password file " + (directory / "none") + " does not exist");
  const cdc::Error unreadable =
      thrown_by([&] { origin(PasswordOrigin::Kind::file, directory.path()).read(); });
  CHECK(unreadable.fault() == Fault::usage);
  CHECK(unreadable.message() == "cannot read the password file " + directory.path());
  CHECK(unreadable.cause() != nullptr);
}

TEST_CASE("the environment is read each time") {
  const PasswordOrigin variable = origin(PasswordOrigin::Kind::environment, "CDC_TEST_PASSWORD");
  ::setenv("CDC_TEST_PASSWORD", "from outside", 1);
  CHECK(variable.read().reveal() == "from outside");
  ::setenv("CDC_TEST_PASSWORD", "", 1);
  CHECK(variable.read().empty());
  ::unsetenv("CDC_TEST_PASSWORD");
  const cdc::Error error = thrown_by([&] { variable.read(); });
  CHECK(error.fault() == Fault::usage);
  CHECK(error.message() == "the environment variable CDC_TEST_PASSWORD is not set");
  CHECK(variable.describe() == "from the environment variable CDC_TEST_PASSWORD");
}
