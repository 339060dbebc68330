#include "cli/app.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "cli/describe.hpp"
#include "cli/help.hpp"
#include "cli/signals.hpp"
#include "cli/suggest.hpp"
#include "cli/usage_error.hpp"
#include "cli/version.hpp"
#include "commands/conninfo_secrets.hpp"
#include "commands/validators.hpp"

namespace cdcctl {
namespace {

const char* const kSummary =
    "Stream committed database changes as NDJSON, and look after the stream";

/// The words that only group commands, with what help says of them.
const std::pair<const char*, const char*> kGroups[] = {
    {"tail", "Stream the changes of a database to stdout"},
    {"checkpoint", "Look at, check and change a remembered position"},
    {"slot", "Look after PostgreSQL replication slots"},
    {"lease", "See and clear who owns a checkpoint directory"},
};

std::string path_of(const CLI::App& app) {
  std::string path = app.get_name();
  const CLI::App* up = app.get_parent();
  for (; up != nullptr && up->get_parent() != nullptr; up = up->get_parent()) {
    path = up->get_name() + ' ' + path;
  }
  return app.get_parent() == nullptr ? "" : path;
}

std::string value_of(const std::string& flag, const std::vector<std::string>& arguments) {
  std::string value;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == flag && i + 1 < arguments.size()) value = arguments[i + 1];
    if (arguments[i].starts_with(flag + '=')) value = arguments[i].substr(flag.size() + 1);
  }
  return value;
}

LogFormat format_of(const std::string& word) {
  return word == "json" ? LogFormat::json : LogFormat::text;
}

/// Flags as the tree knows them, of a node and of the root.
std::vector<std::string> flags_of(const CommandNode& node, const CommandNode& root) {
  std::vector<std::string> flags;
  for (const CommandNode* each : {&node, &root}) {
    for (const auto& option : each->options) {
      if (!option.positional && !option.long_name.empty()) flags.push_back(option.long_name);
    }
  }
  return flags;
}

std::vector<CLI::Option*> all_options(CLI::App& app) {
  return app.get_options([](CLI::Option*) { return true; });
}

/// What a group shows: an example of its first two commands, or those of its only one.
std::string examples_of_group(const CommandNode& group) {
  const bool alone = group.children.size() == 1;
  std::string lines;
  std::size_t commands = 0;
  for (const auto& child : group.children) {
    if (child.examples.empty() || ++commands > 2) continue;
    const std::size_t count = alone ? child.examples.size() : 1;
    for (std::size_t i = 0; i < count; ++i) lines += child.examples[i] + '\n';
  }
  return lines;
}

/// CLI11 looks for required options among the flags alone. While it parses, none is required.
class RequirementsLifted {
 public:
  explicit RequirementsLifted(CLI::App& app) { lift(app); }
  ~RequirementsLifted() {
    for (CLI::Option* option : lifted_) option->required();
  }
  RequirementsLifted(const RequirementsLifted&) = delete;
  RequirementsLifted& operator=(const RequirementsLifted&) = delete;

 private:
  void lift(CLI::App& app) {
    for (CLI::Option* option : all_options(app)) {
      if (!option->get_required()) continue;
      option->required(false);
      lifted_.push_back(option);
    }
    for (CLI::App* child : app.get_subcommands([](CLI::App*) { return true; })) lift(*child);
  }

  std::vector<CLI::Option*> lifted_;
};

}  // namespace

Application::Application(std::vector<std::unique_ptr<Command>> commands, Environment environment,
                         int out, int err)
    : commands_(std::move(commands)),
      root_(std::make_unique<CLI::App>(kSummary, "cdcctl")),
      config_(environment),
      environment_(std::move(environment)),
      out_(out),
      err_(err),
      report_(err_) {
  declare_globals();
  commands_.push_back(make_describe());
  for (const auto& command : commands_) add_command(*command);
  for (CLI::App* app : root_->get_subcommands([](CLI::App*) { return true; })) {
    const CommandNode group = read_tree(*app);
    if (!group.children.empty()) app->footer(examples_of_group(group));
  }
  tree_ = read_tree(*root_);
}

Application::~Application() = default;

void Application::declare_globals() {
  CLI::App& app = *root_;
  app.footer("cdcctl tail postgres postgresql://app@db1/shop\ncdcctl tail postgres --help");
  app.option_defaults()->always_capture_default();
  app.fallthrough();
  // One command at most: a directory may well be called `slot`.
  app.require_subcommand(0, 1);
  app.set_help_flag("-h", "Show help that fits one screen");
  app.set_help_all_flag("--help", "Show all help");
  app.add_flag("--version", globals_.version, "Show the version and the libraries")
      ->configurable(false);
  app.add_flag("-q,--quiet", globals_.quiet, "Say nothing but errors");
  app.add_flag("-v,--verbose", globals_.verbosity, "Say more; -vv says everything");
  add_choice<LogFormat, LogFormat>(app, "--log-format", globals_.log_format,
                                   {{"text", LogFormat::text}, {"json", LogFormat::json}},
                                   "How messages on stderr look");
  add_file(app, "--log-file", globals_.log_file, "Write messages to this file; SIGHUP reopens it");
  add_choice<ColorChoice, ColorChoice>(app, "--color", globals_.color,
                                       {{"auto", ColorChoice::automatic},
                                        {"always", ColorChoice::always},
                                        {"never", ColorChoice::never}},
                                       "When to use colours");
  add_file(app, "--config", globals_.config, "Read options from this file (TOML or INI)")
      ->configurable(false);
  app.add_flag("--print-config", globals_.print_config,
               "Show the merged options and where each comes from, and stop")
      ->configurable(false);
}

CLI::App& Application::group_for(const std::string& path) {
  const std::size_t blank = path.find(' ');
  if (blank == std::string::npos) return *root_;
  const std::string name = path.substr(0, blank);
  const auto known = root_->get_subcommands([&](CLI::App* app) { return app->get_name() == name; });
  if (!known.empty()) return *known.front();
  std::string summary;
  for (const auto& [group, words] : kGroups) {
    if (name == group) summary = words;
  }
  CLI::App* group = root_->add_subcommand(name, summary);
  group->require_subcommand(0, 1);
  group->footer("");
  return *group;
}

void Application::add_command(Command& command) {
  const std::string path(command.path());
  CLI::App* app = group_for(path).add_subcommand(path.substr(path.find(' ') + 1),
                                                 std::string(command.summary()));
  app->footer(CLI::detail::join(command.examples(), "\n"));
  if (path == "describe") app->group("");
  command.declare(*app);
}

int Application::run(const std::vector<std::string>& arguments, PasswordOnArgv password_on_argv) {
  std::string format = value_of("--log-format", arguments);
  if (format.empty()) format = environment_("CDCCTL_LOG_FORMAT").value_or("");
  report_.set_format(format_of(format));
  try {
    return run_or_throw(arguments, password_on_argv);
  } catch (const cdc::Error& error) {
    return report_.fail(error);
  } catch (const std::exception& error) {
    return report_.fail(error);
  }
}

int Application::run_or_throw(const std::vector<std::string>& arguments,
                              PasswordOnArgv password_on_argv) {
  try {
    parse(arguments);
  } catch (const cdc::Error&) {
    take_format_of_file(arguments);
    throw;
  } catch (const CLI::CallForHelp&) {
    return print_help(node_of(chosen()), false);
  } catch (const CLI::CallForAllHelp&) {
    return print_help(node_of(chosen()), true);
  }
  if (globals_.version) {
    out_.write(version_text());
    return Exit::done;
  }
  CLI::App& leaf = chosen();
  const CommandNode& node = node_of(leaf);
  if (!node.children.empty()) {
    err_.write(short_help(node));
    return Exit::usage;
  }
  configure(leaf);
  if (globals_.print_config) return print_config(leaf);
  require(leaf);
  return run_command(leaf, password_on_argv);
}

void Application::parse(const std::vector<std::string>& arguments) {
  const RequirementsLifted lifted(*root_);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    root_->parse(std::move(reversed));
  } catch (const CLI::Success&) {
    throw;
  } catch (const CLI::ExtrasError&) {
    auto extra = root_->remaining(true);
    std::erase(extra, "--");
    reject_unexpected(extra.empty() ? "" : extra.front());
  } catch (const CLI::ParseError& error) {
    throw usage_error(error).with_hint("see: cdcctl " + path_of(chosen()) + " -h");
  }
}

// An error of the parse has a format too. A pipe gives a file once: nobody reads it after this.
void Application::take_format_of_file(const std::vector<std::string>& arguments) {
  if (!value_of("--log-format", arguments).empty()) return;
  std::string file = value_of("--config", arguments);
  if (file.empty()) file = environment_("CDCCTL_CONFIG").value_or("");
  if (file.empty()) return;
  try {
    config_.read_file(file, tree_);
    report_.set_format(format_of(config_.find_text("log-format", "")));
  } catch (const cdc::Error&) {
    // The mistake on the command line is told first.
  }
}

void Application::reject_unexpected(const std::string& word) const {
  const CommandNode& node = node_of(chosen());
  const std::string command = node.path.empty() ? "cdcctl" : "cdcctl " + node.path;
  const bool is_flag = word.starts_with("-") && word.size() > 1;
  const std::string name = is_flag ? word.substr(0, word.find('=')) : word;
  std::vector<std::string> candidates;
  std::string what = "unexpected argument";
  if (is_flag) {
    what = "unknown option";
    candidates = flags_of(node, tree_);
  } else if (!node.children.empty()) {
    what = "unknown command";
    for (const auto& child : node.children) {
      if (!child.hidden) candidates.push_back(child.name);
    }
  }
  const auto meant = nearest(name, candidates);
  const std::string before =
      is_flag || node.path.empty() || node.children.empty() ? "" : node.path + ' ';
  const std::string see = "see: " + command + " -h";
  throw cdc::Error(cdc::Fault::usage, what + " '" + before + redact(name) + "'")
      .with_hint(meant ? "did you mean '" + before + *meant + "'? " + see : see);
}

void Application::configure(CLI::App& leaf) {
  if (globals_.config.empty()) globals_.config = environment_("CDCCTL_CONFIG").value_or("");
  if (!globals_.config.empty()) config_.read_file(globals_.config, tree_);
  const std::string path = path_of(leaf);
  config_.apply(*root_, path);
  report_.set_format(globals_.log_format);
  config_.apply(leaf, path);
}

void Application::require(const CLI::App& leaf) const {
  for (const CLI::Option* option : leaf.get_options({})) {
    if (!option->get_required() || option->count() > 0) continue;
    const CommandNode& node = node_of(leaf);
    throw cdc::Error(cdc::Fault::usage, shown_name(*option) + " is required")
        .with_hint("usage: " + usage_line(node));
  }
}

void Application::set_up_streams() {
  out_ = Output(out_.fd(), globals_.color);
  err_ = Output(err_.fd(), globals_.color);
  report_.set_format(globals_.log_format);
  if (!globals_.log_file.empty()) report_.log_to(globals_.log_file);
}

cdc::LogLevel Application::level() const {
  if (globals_.quiet) return cdc::LogLevel::error;
  if (globals_.verbosity == 0) return cdc::LogLevel::info;
  return globals_.verbosity == 1 ? cdc::LogLevel::debug : cdc::LogLevel::trace;
}

int Application::run_command(CLI::App& leaf, PasswordOnArgv password_on_argv) {
  const std::string path = path_of(leaf);
  const auto command = std::find_if(commands_.begin(), commands_.end(),
                                    [&](const auto& each) { return each->path() == path; });
  set_up_streams();
  const cdc::Log log = report_.log(level());
  cdc::Stop stop;
  ProcessSignals signals(stop);
  if (!globals_.log_file.empty()) signals.reopen_on_hangup();
  if (password_on_argv == PasswordOnArgv::yes) {
    log.warning("a password on the command line can be seen by others before it is hidden",
                "use --password-file or --password-env");
  }
  const bool can_ask = ::isatty(STDIN_FILENO) == 1 && err_.is_terminal();
  Context context{log, stop, signals, out_, err_, globals_.quiet, globals_.verbosity, can_ask};
  return (*command)->run(context);
}

int Application::print_config(const CLI::App& leaf) {
  out_.write("# cdcctl " + path_of(leaf) + '\n');
  out_.write(config_.print(*root_));
  out_.write("\n[" + [path = path_of(leaf)]() mutable {
    std::replace(path.begin(), path.end(), ' ', '.');
    return path;
  }() + "]\n");
  out_.write(config_.print(leaf));
  return Exit::done;
}

int Application::print_help(const CommandNode& node, bool full) {
  out_.write(full ? full_help(tree_, node) : short_help(node));
  return Exit::done;
}

CLI::App& Application::chosen() const {
  CLI::App* app = root_.get();
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

const CommandNode& Application::node_of(const CLI::App& app) const {
  const CommandNode* node = find_node(tree_, path_of(app));
  return node == nullptr ? tree_ : *node;
}

}  // namespace cdcctl
