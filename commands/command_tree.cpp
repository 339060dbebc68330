#include "commands/command_tree.hpp"

#include <CLI/CLI.hpp>
#include <sstream>

namespace cdcctl {
namespace {

// CLI11 appends the descriptions of validators after a colon; its IsMember lists "{a,b}" there.
void read_type(std::string type, OptionNode& node) {
  const std::size_t colon = type.find(':');
  if (colon != std::string::npos && type.back() == '}' && type[colon + 1] == '{') {
    node.choices = CLI::detail::split(type.substr(colon + 2, type.size() - colon - 3), ',');
    node.value_name = CLI::detail::join(node.choices, "|");
    return;
  }
  node.value_name = type.substr(0, colon);
  if (type.find('|') != std::string::npos) node.choices = CLI::detail::split(type, '|');
}

OptionNode read_option(const CLI::Option& option) {
  OptionNode node;
  node.positional = option.get_positional();
  if (!option.get_snames().empty()) node.short_name = "-" + option.get_snames().front();
  if (!option.get_lnames().empty()) node.long_name = "--" + option.get_lnames().front();
  if (node.positional) node.long_name = option.get_name(true);
  const bool takes_value = option.get_items_expected_max() > 0;
  if (takes_value) {
    read_type(option.get_type_name(), node);
    const std::string initial = option.get_default_str();
    if (initial != "[]" && initial != "{}") node.default_text = initial;
  }
  node.help = option.get_description();
  node.group = option.get_group();
  node.required = option.get_required();
  node.flag_only = !option.get_configurable();
  return node;
}

void read_into(const CLI::App& app, const std::string& parent_path, CommandNode& node) {
  node.name = app.get_name();
  node.path = parent_path.empty() ? node.name : parent_path + ' ' + node.name;
  node.summary = app.get_description();
  node.hidden = app.get_group().empty();
  std::istringstream examples(app.get_footer());
  for (std::string line; std::getline(examples, line);) node.examples.push_back(line);
  for (const CLI::Option* option : app.get_options({})) {
    const bool is_help = option == app.get_help_ptr() || option == app.get_help_all_ptr();
    const bool inherited = is_help && app.get_parent() != nullptr;
    if (inherited || option->get_group().empty()) continue;
    node.options.push_back(read_option(*option));
  }
  for (const CLI::App* child : app.get_subcommands({})) {
    node.children.emplace_back();
    read_into(*child, app.get_parent() == nullptr ? "" : node.path, node.children.back());
  }
}

}  // namespace

CommandNode read_tree(const CLI::App& app) {
  CommandNode root;
  std::string parent_path;
  for (const CLI::App* up = app.get_parent(); up != nullptr && up->get_parent() != nullptr;
       up = up->get_parent()) {
    parent_path = up->get_name() + (parent_path.empty() ? "" : " " + parent_path);
  }
  read_into(app, parent_path, root);
  if (app.get_parent() == nullptr) root.path.clear();
  return root;
}

const CommandNode* find_node(const CommandNode& node, const std::string& path) {
  if (node.path == path) return &node;
  for (const auto& child : node.children) {
    if (const CommandNode* found = find_node(child, path)) return found;
  }
  return nullptr;
}

}  // namespace cdcctl
