#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/app.hpp"
#include "libcdc/base/fd.hpp"

namespace cdcctl {

/// A file in memory that stands for stdout or stderr.
class Captured {
 public:
  Captured() : file_(::memfd_create("captured", MFD_CLOEXEC)) {}

  int fd() const { return file_.get(); }
  std::string text() const {
    std::string text;
    char buffer[4096];
    off_t at = 0;
    for (ssize_t got; (got = ::pread(fd(), buffer, sizeof buffer, at)) > 0; at += got) {
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  cdc::Fd file_;
};

/// Runs the program with commands, arguments and an environment of the test's choice.
struct FakeProcess {
  std::map<std::string, std::string> variables;
  Captured out;
  Captured err;

  int run(std::vector<std::unique_ptr<Command>> commands, const std::vector<std::string>& arguments,
          PasswordOnArgv password = PasswordOnArgv::no) {
    const auto environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return {};
      return found->second;
    };
    Application application(std::move(commands), environment, out.fd(), err.fd());
    return application.run(arguments, password);
  }
};

}  // namespace cdcctl
