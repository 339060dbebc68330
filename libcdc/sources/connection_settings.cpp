#include "libcdc/sources/connection_settings.hpp"

#include <cstdlib>

#include "libcdc/base/error.hpp"
#include "libcdc/base/file.hpp"

namespace cdc {
namespace {

Secret read_password_file(const std::string& path) {
  std::optional<std::string> content;
  try {
    content = read_file(path);
  } catch (const Error& error) {
    throw Error(Fault::usage, "cannot read the password file " + path).caused_by(error);
  }
  if (!content) {
    throw Error(Fault::usage, "the password file " + path + " does not exist")
        .with_hint("check --password-file");
  }
  const std::size_t line_end = content->ends_with("\r\n") ? 2 : content->ends_with('\n') ? 1 : 0;
  content->resize(content->size() - line_end);
  return Secret(*std::move(content));
}

Secret read_environment(const std::string& variable) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment while we run
  const char* value = std::getenv(variable.c_str());
  if (value != nullptr) return Secret(value);
  throw Error(Fault::usage, "the environment variable " + variable + " is not set")
      .with_hint("export it, or check --password-env");
}

}  // namespace

Secret PasswordOrigin::read() const {
  switch (kind) {
    case Kind::none:
      return {};
    case Kind::given:
      return given;
    case Kind::file:
      return read_password_file(name);
    case Kind::environment:
      return read_environment(name);
  }
  return {};
}

std::string PasswordOrigin::describe() const {
  switch (kind) {
    case Kind::none:
      return "from nowhere: none was given";
    case Kind::given:
      return "from the command line or the configuration";
    case Kind::file:
      return "from the file " + name;
    case Kind::environment:
      return "from the environment variable " + name;
  }
  return "";
}

}  // namespace cdc
