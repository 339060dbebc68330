#pragma once

#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/config.hpp"
#include "cli/report.hpp"
#include "commands/command.hpp"
#include "commands/command_tree.hpp"

namespace cdcctl {

/// Was there a password among the arguments of the process?
enum class PasswordOnArgv { no, yes };

/// The program: the tree of commands with the options that all share, from arguments to exit code.
/// Runs once.
class Application {
 public:
  /// `out` and `err` are borrowed; `environment` is asked for CDCCTL_* and for ${...} in files.
  Application(std::vector<std::unique_ptr<Command>> commands, Environment environment,
              int out = STDOUT_FILENO, int err = STDERR_FILENO);
  ~Application();

  /// `arguments` without the program's name. Never throws: every error is reported.
  int run(const std::vector<std::string>& arguments, PasswordOnArgv password_on_argv);

  const CommandNode& tree() const { return tree_; }

 private:
  /// The options of the root.
  struct Globals {
    std::string config;
    std::string log_file;
    LogFormat log_format = LogFormat::text;
    ColorChoice color = ColorChoice::automatic;
    int verbosity = 0;
    bool quiet = false;
    bool print_config = false;
    bool version = false;
  };

  void declare_globals();
  void add_command(Command& command);
  CLI::App& group_for(const std::string& path);

  int run_or_throw(const std::vector<std::string>& arguments, PasswordOnArgv password_on_argv);
  void parse(const std::vector<std::string>& arguments);
  void take_format_of_file(const std::vector<std::string>& arguments);
  [[noreturn]] void reject_unexpected(const std::string& word) const;
  void configure(CLI::App& leaf);
  void require(const CLI::App& leaf) const;
  void set_up_streams();
  int run_command(CLI::App& leaf, PasswordOnArgv password_on_argv);
  int print_config(const CLI::App& leaf);
  int print_help(const CommandNode& node, bool full);

  CLI::App& chosen() const;
  const CommandNode& node_of(const CLI::App& app) const;
  cdc::LogLevel level() const;

  std::vector<std::unique_ptr<Command>> commands_;
  std::unique_ptr<CLI::App> root_;
  CommandNode tree_;
  Globals globals_;
  Config config_;
  Environment environment_;
  Output out_;
  Output err_;
  Report report_;
};

}  // namespace cdcctl
