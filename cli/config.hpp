#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/config_file.hpp"
#include "commands/command_tree.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace cdcctl {

/// Gives the options of the chosen command what the environment (`CDCCTL_LOG_FORMAT`) and the
/// configuration file say, each where nothing stronger has spoken: flags, environment, file,
/// defaults. The values pass through the same checks as those of flags.
class Config {
 public:
  explicit Config(Environment environment) : environment_(std::move(environment)) {}

  /// Reads the file and checks that every section and key names something in the tree. Throws
  /// usage.
  void read_file(const std::string& path, const CommandNode& root);

  /// After the parse of the flags. `path` is the command's: its entries and those of `app`'s own
  /// options are taken. Throws usage, naming the variable, or the file and the line.
  void apply(CLI::App& app, const std::string& path);

  /// What the environment or the file says of one option of the command `path`, unchecked; empty
  /// where neither does.
  std::string find_text(const std::string& name, const std::string& path) const;

  /// All options of `app` as lines of a configuration file, each with the place that its value came
  /// from; secrets as ***.
  std::string print(const CLI::App& app) const;

 private:
  struct Found {
    std::vector<std::string> values;
    std::string origin;
  };

  Found find(const std::string& name, const std::string& path) const;

  Environment environment_;
  std::string file_;
  std::vector<ConfigEntry> entries_;
  std::map<const CLI::Option*, std::string> origins_;
};

/// How messages call an option: "--slot", or "CONNINFO" for an argument.
std::string shown_name(const CLI::Option& option);

/// The name that an option has in the environment: "--log-format" is CDCCTL_LOG_FORMAT.
std::string environment_name(const std::string& option_name);

}  // namespace cdcctl
