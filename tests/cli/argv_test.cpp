#include "cli/argv.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace cdcctl {
namespace {

/// The arguments as the process list shows them after the scrub.
std::vector<std::string> scrubbed(std::vector<std::string> arguments, bool expected) {
  arguments.insert(arguments.begin(), "cdcctl");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  CHECK(scrub_passwords(static_cast<int>(argv.size()), argv.data()) == expected);
  arguments.erase(arguments.begin());
  return arguments;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("passwords are overwritten in place") {
  CHECK(scrubbed({"--password", "hush"}, true) == Words{"--password", "****"});
  CHECK(scrubbed({"--password=hush"}, true) == Words{"--password=****"});
  CHECK(scrubbed({"--target-password", "a=b"}, true) == Words{"--target-password", "***"});
  CHECK(scrubbed({"postgresql://u:pw@h/db"}, true) == Words{"postgresql://u:**@h/db"});
  CHECK(scrubbed({"--against=postgresql://u:pw@h/db"}, true) ==
        Words{"--against=postgresql://u:**@h/db"});
  CHECK(scrubbed({"--against", "host=h password=pw"}, true) ==
        Words{"--against", "host=h password=**"});
}

TEST_CASE("the rest stays as it is") {
  const Words plain = {
      "tail",          "--password-file",          "/run/pw",     "--password-env=PW",
      "host=h user=u", "postgresql://u@h:5432/db", "--xpassword", "v"};
  CHECK(scrubbed(plain, false) == plain);
  CHECK(scrubbed({"--password"}, false) == Words{"--password"});
}

}  // namespace cdcctl
