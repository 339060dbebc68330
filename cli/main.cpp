#include <cstdlib>
#include <string>
#include <vector>

#include "cli/app.hpp"
#include "cli/argv.hpp"

namespace {

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return {};
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const bool scrubbed = cdcctl::scrub_passwords(argc, argv);
  cdcctl::Application application(cdcctl::all_commands(), environment);
  return application.run(arguments,
                         scrubbed ? cdcctl::PasswordOnArgv::yes : cdcctl::PasswordOnArgv::no);
}
