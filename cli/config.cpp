#include "cli/config.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "cli/suggest.hpp"
#include "cli/usage_error.hpp"
#include "commands/conninfo_secrets.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/file.hpp"

namespace cdcctl {
namespace {

std::string bare_name(const std::string& name) {
  const std::size_t begin = name.find_first_not_of('-');
  return begin == std::string::npos ? "" : name.substr(begin);
}

// What steers the parse itself has no place outside the command line, nor has what guards a step
// that cannot be taken back: it is said each time.
bool is_flag_only(const CLI::Option& option) {
  return (option.get_lnames().empty() && !option.get_positional()) || !option.get_configurable();
}

// `--checkpoint "$DIR"` of a script whose variable is not set.
void refuse_empty(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return;
  for (const std::string& value : option.results()) {
    if (!value.empty()) continue;
    throw cdc::Error(cdc::Fault::usage, shown_name(option) + " is empty")
        .with_hint("give it a value, or leave it out");
  }
}

std::string option_key(const CLI::Option& option) {
  return option.get_positional() ? option.get_name(true) : option.get_lnames().front();
}

bool is_secret(const std::string& key) {
  const std::size_t dash = key.rfind('-');
  return key.substr(dash == std::string::npos ? 0 : dash + 1) == "password";
}

std::vector<std::string> keys_of(const CommandNode& node) {
  std::vector<std::string> keys;
  for (const auto& option : node.options) {
    if (!option.long_name.empty() && !option.flag_only) {
      keys.push_back(bare_name(option.long_name));
    }
  }
  return keys;
}

void add_all_keys(const CommandNode& node, std::vector<std::string>& keys) {
  const auto own = keys_of(node);
  keys.insert(keys.end(), own.begin(), own.end());
  for (const auto& child : node.children) add_all_keys(child, keys);
}

void add_all_paths(const CommandNode& node, std::vector<std::string>& paths) {
  paths.push_back(node.path);
  for (const auto& child : node.children) add_all_paths(child, paths);
}

cdc::Error unknown(const std::string& what, const std::string& name,
                   const std::vector<std::string>& known) {
  const cdc::Error error(cdc::Fault::usage, what + " '" + name + "'");
  const auto meant = nearest(name, known);
  return meant ? error.with_hint("did you mean '" + *meant + "'?") : error;
}

void check_entry(const ConfigEntry& entry, const std::string& place, const CommandNode& root) {
  const CommandNode* node = find_node(root, entry.section);
  if (node == nullptr) {
    std::vector<std::string> paths;
    add_all_paths(root, paths);
    throw unknown(place + ": no command has the name of the section", entry.section, paths);
  }
  std::vector<std::string> keys;
  add_all_keys(*node, keys);
  if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) {
    throw unknown(place + ": no option has the name", entry.key, keys);
  }
}

std::string printed_values(const CLI::Option& option, const std::vector<std::string>& values) {
  if (is_secret(option_key(option))) return "\"***\"";
  if (option.get_items_expected_max() == 0) {
    return values.size() == 1 ? values.front() : std::to_string(values.size());
  }
  std::string text;
  for (const auto& value : values) {
    text += (text.empty() ? "" : ", ") + config_quoted(redact(value));
  }
  return values.size() == 1 ? text : "[" + text + "]";
}

}  // namespace

std::string shown_name(const CLI::Option& option) {
  if (!option.get_positional()) return option.get_name();
  std::string name = option.get_name(true);
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string environment_name(const std::string& option_name) {
  std::string name = "CDCCTL_" + bare_name(option_name);
  for (char& c : name) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

void Config::read_file(const std::string& path, const CommandNode& root) {
  std::optional<std::string> text;
  try {
    text = cdc::read_file(path);
  } catch (const cdc::Error& error) {
    throw cdc::Error(cdc::Fault::usage, "cannot read the configuration file '" + path + "'")
        .caused_by(error);
  }
  if (!text) {
    throw cdc::Error(cdc::Fault::usage, "there is no configuration file '" + path + "'")
        .with_hint("check --config and CDCCTL_CONFIG");
  }
  file_ = path;
  entries_ = parse_config(*text, path, environment_);
  for (const auto& entry : entries_) {
    check_entry(entry, path + ":" + std::to_string(entry.line), root);
  }
}

// Of several entries in the file the one of the nearest section counts, and there the last.
Config::Found Config::find(const std::string& name, const std::string& path) const {
  const std::string variable = environment_name(name);
  if (const auto value = environment_(variable); value && !value->empty()) {
    return {{*value}, "the environment variable " + variable};
  }
  const ConfigEntry* best = nullptr;
  for (const auto& entry : entries_) {
    const bool applies =
        entry.section.empty() || entry.section == path || path.rfind(entry.section + ' ', 0) == 0;
    if (!applies || entry.key != name) continue;
    if (best == nullptr || entry.section.size() >= best->section.size()) best = &entry;
  }
  if (best == nullptr) return {};
  return {best->values, file_ + ":" + std::to_string(best->line)};
}

std::string Config::find_text(const std::string& name, const std::string& path) const {
  const Found found = find(name, path);
  return found.values.empty() ? "" : found.values.back();
}

void Config::apply(CLI::App& app, const std::string& path) {
  for (CLI::Option* option : app.get_options([](CLI::Option*) { return true; })) {
    if (option->count() > 0) refuse_empty(*option);
    if (is_flag_only(*option)) continue;
    if (option->count() > 0) {
      origins_[option] = "the command line";
      continue;
    }
    const Found found = find(option_key(*option), path);
    if (found.values.empty()) continue;
    origins_[option] = found.origin;
    try {
      option->add_result(found.values);
      option->run_callback();
    } catch (const CLI::ParseError& error) {
      throw usage_error(error).with_detail("the value comes from " + found.origin);
    }
  }
}

std::string Config::print(const CLI::App& app) const {
  std::string text;
  for (const CLI::Option* option : app.get_options({})) {
    if (is_flag_only(*option)) continue;
    const auto origin = origins_.find(option);
    const bool given = origin != origins_.end();
    if (given) {
      text += option_key(*option) + " = " + printed_values(*option, option->results());
      text += "  # from " + origin->second + '\n';
    } else if (option->get_items_expected_max() == 0) {
      text += "# " + option_key(*option) + " = false\n";
    } else if (!option->get_default_str().empty() && option->get_default_str() != "[]") {
      text += option_key(*option) + " = " + printed_values(*option, {option->get_default_str()});
      text += "  # default\n";
    } else {
      text += "# " + option_key(*option) + " is not set\n";
    }
  }
  return text;
}

}  // namespace cdcctl
