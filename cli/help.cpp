#include "cli/help.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <utility>
#include <vector>

namespace cdcctl {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kLines = 24;
constexpr std::size_t kWidestLabel = 30;

/// A label and what it means; the two columns of every list in help.
using Item = std::pair<std::string, std::string>;

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string label_of(const OptionNode& option) {
  if (option.positional) return upper(option.long_name);
  std::string label = option.short_name.empty() ? "    " : option.short_name;
  if (!option.short_name.empty() && !option.long_name.empty()) label += ", ";
  label += option.long_name;
  if (!option.value_name.empty()) label += ' ' + option.value_name;
  return label;
}

std::string meaning_of(const OptionNode& option) {
  if (option.default_text.empty()) return option.help;
  return option.help + " [" + option.default_text + "]";
}

std::vector<Item> items_of(const std::vector<OptionNode>& options) {
  std::vector<Item> items;
  for (const auto& option : options) items.emplace_back(label_of(option), meaning_of(option));
  return items;
}

std::vector<Item> children_of(const CommandNode& node) {
  std::vector<Item> items;
  for (const auto& child : node.children) {
    if (!child.hidden) items.emplace_back(child.name, child.summary);
  }
  return items;
}

std::size_t label_width(const std::vector<Item>& items) {
  std::size_t widest = 0;
  for (const auto& [label, meaning] : items) {
    if (label.size() <= kWidestLabel) widest = std::max(widest, label.size());
  }
  return widest;
}

std::string clipped(const std::string& text, std::size_t size) {
  if (text.size() <= size) return text;
  const std::size_t blank = text.rfind(' ', size - 3);
  return text.substr(0, blank == std::string::npos ? size - 3 : blank) + "...";
}

// One line per item; a label that is too long for its column stands clipped of its value.
std::string short_list(const std::vector<Item>& items) {
  const std::size_t width = label_width(items);
  std::string text;
  for (const auto& [label, meaning] : items) {
    std::string shown = label.size() <= width ? label : label.substr(0, label.rfind(' ')) + " ...";
    if (shown.size() < width) shown.resize(width, ' ');
    text += "  " + clipped(shown + "  " + meaning, kColumns - 2) + '\n';
  }
  return text;
}

std::string wrapped(const std::string& text, std::size_t indent) {
  std::istringstream words(text);
  std::string result;
  std::size_t column = indent;
  for (std::string word; words >> word;) {
    const bool first = column == indent;
    if (!first && column + 1 + word.size() > kColumns) {
      result += '\n' + std::string(indent, ' ') + word;
      column = indent + word.size();
    } else {
      result += (first ? "" : " ") + word;
      column += word.size() + (first ? 0 : 1);
    }
  }
  return result;
}

std::string full_list(const std::vector<Item>& items) {
  const std::size_t width = label_width(items);
  const std::size_t indent = width + 4;
  std::string text;
  for (const auto& [label, meaning] : items) {
    text += "  " + label;
    text += label.size() <= width ? std::string(width - label.size() + 2, ' ')
                                  : '\n' + std::string(indent, ' ');
    text += wrapped(meaning, indent) + '\n';
  }
  return text;
}

// Arguments first; how to connect, the same everywhere, after what is special to the command.
std::vector<OptionNode> in_help_order(std::vector<OptionNode> options) {
  std::stable_partition(options.begin(), options.end(),
                        [](const OptionNode& option) { return option.group != "Connection"; });
  std::stable_partition(options.begin(), options.end(),
                        [](const OptionNode& option) { return option.positional; });
  return options;
}

std::vector<std::string> groups_of(const CommandNode& node) {
  std::vector<std::string> groups;
  for (const auto& option : in_help_order(node.options)) {
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) {
      groups.push_back(option.group);
    }
  }
  return groups;
}

std::string heading(const std::string& group, bool global) {
  if (group != "Options") return group + ":\n";
  return global ? "Global options:\n" : "Options:\n";
}

std::string option_lists(const CommandNode& node, bool global) {
  std::string text;
  for (const auto& group : groups_of(node)) {
    std::vector<OptionNode> members;
    for (const auto& option : in_help_order(node.options)) {
      if (option.group == group) members.push_back(option);
    }
    text += '\n' + heading(group, global) + full_list(items_of(members));
  }
  return text;
}

std::string examples_of(const CommandNode& node) {
  std::string text = node.examples.empty() ? "" : "\nExamples:\n";
  for (const auto& example : node.examples) text += "  " + example + '\n';
  return text;
}

std::string start_of(const CommandNode& node) {
  return "Usage: " + usage_line(node) + '\n' + node.summary + ".\n";
}

std::size_t line_count(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string command_words(const CommandNode& node) {
  return node.path.empty() ? "cdcctl" : "cdcctl " + node.path;
}

}  // namespace

std::string usage_line(const CommandNode& node) {
  std::string line = command_words(node);
  if (!node.children.empty()) return line + " COMMAND [OPTIONS]";
  line += " [OPTIONS]";
  for (const auto& option : node.options) {
    if (!option.positional && option.required) {
      line += ' ' + option.long_name + ' ' + option.value_name;
    }
  }
  for (const auto& option : node.options) {
    if (!option.positional) continue;
    const std::string name = option.choices.empty() ? upper(option.long_name) : option.value_name;
    line += option.required ? ' ' + name : " [" + name + "]";
  }
  return line;
}

std::string short_help(const CommandNode& node) {
  std::string text = start_of(node);
  if (!node.children.empty()) text += "\nCommands:\n" + short_list(children_of(node));
  const std::string end = examples_of(node) + "\nAll options: " + command_words(node) + " --help";
  const std::size_t taken = line_count(text) + line_count(end) + 3;
  const std::size_t room = kLines > taken ? kLines - taken : 0;
  std::vector<OptionNode> shown = in_help_order(node.options);
  if (room < 2) shown.clear();
  if (shown.size() > room) shown.resize(room);
  if (!shown.empty()) text += "\nOptions:\n" + short_list(items_of(shown));
  const std::size_t more = node.options.size() - shown.size();
  return text + end + (more > 0 ? " (" + std::to_string(more) + " more)" : "") + '\n';
}

std::string full_help(const CommandNode& root, const CommandNode& node) {
  std::string text = start_of(node);
  if (!node.children.empty()) text += "\nCommands:\n" + full_list(children_of(node));
  const bool is_root = &root == &node;
  text += option_lists(node, is_root);
  if (!is_root) text += option_lists(root, true);
  return text + examples_of(node);
}

}  // namespace cdcctl
