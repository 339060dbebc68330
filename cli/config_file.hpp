#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cdcctl {

/// One `key = value` of a configuration file.
struct ConfigEntry {
  std::string section;  ///< path of the command, "tail postgres"; empty at the top of the file
  std::string key;      ///< the option without its dashes: "log-format"
  std::vector<std::string> values;
  int line = 0;
};

/// Gives the value of an environment variable, nothing where it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// Reads TOML as far as options need it, and INI: `[tail.postgres]`, `key = value`, `key` alone for
/// a switch, "quoted" and 'literal' text, `[arrays, of, values]`, `# comments`. `${VAR}` and
/// `${VAR:-default}` are expanded but in literal text. Throws usage, naming `name` and the line.
std::vector<ConfigEntry> parse_config(std::string_view text, const std::string& name,
                                      const Environment& environment);

/// `value` as the file would write it.
std::string config_quoted(std::string_view value);

}  // namespace cdcctl
