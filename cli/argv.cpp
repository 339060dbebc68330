#include "cli/argv.hpp"

#include <algorithm>
#include <string_view>

#include "commands/conninfo_secrets.hpp"

namespace cdcctl {
namespace {

bool takes_password(std::string_view flag) {
  constexpr std::string_view kEnd = "password";
  return flag.starts_with("--") && flag.ends_with(kEnd) &&
         (flag.size() == kEnd.size() + 2 || flag[flag.size() - kEnd.size() - 1] == '-');
}

void scrub(char* text, std::size_t size) {
  std::fill(text, text + size, '*');
}

// The value of a flag stands after its equals sign; without one the whole argument is the text.
bool scrub_connection_string(char* argument) {
  std::string_view text(argument);
  std::size_t begin = 0;
  if (text.starts_with("-")) begin = std::min(text.find('=') + 1, text.size());
  const auto ranges = find_passwords(text.substr(begin));
  for (const auto& range : ranges) scrub(argument + begin + range.begin, range.size);
  return !ranges.empty();
}

}  // namespace

bool scrub_passwords(int argc, char** argv) {
  bool found = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view text(argv[i]);
    const std::size_t equals = text.find('=');
    if (takes_password(text.substr(0, equals))) {
      const bool next = equals == std::string_view::npos;
      if (next && i + 1 == argc) break;
      char* value = next ? argv[++i] : argv[i] + equals + 1;
      scrub(value, std::string_view(value).size());
      found = true;
    } else if (scrub_connection_string(argv[i])) {
      found = true;
    }
  }
  return found;
}

}  // namespace cdcctl
