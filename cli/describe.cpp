#include "cli/describe.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace cdcctl {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const OptionNode& option) {
  Json json{{"name", option.long_name}, {"short", option.short_name}};
  json["value"] = option.value_name;
  json["choices"] = option.choices;
  json["default"] = option.default_text;
  json["help"] = option.help;
  json["group"] = option.group;
  json["positional"] = option.positional;
  json["required"] = option.required;
  return json;
}

Json to_json(const CommandNode& node) {
  Json json{{"path", node.path}, {"summary", node.summary}, {"examples", node.examples}};
  json["options"] = Json::array();
  for (const auto& option : node.options) json["options"].push_back(to_json(option));
  json["commands"] = Json::array();
  for (const auto& child : node.children) {
    if (!child.hidden) json["commands"].push_back(to_json(child));
  }
  return json;
}

std::string escaped(const std::string& text) {
  std::string markdown;
  for (const char c : text) {
    const bool special = c == '*' || c == '_' || c == '<' || c == '`' || c == '[' || c == '\\';
    if (special) markdown += '\\';
    markdown += c;
  }
  return markdown;
}

std::string man_entry(const OptionNode& option) {
  std::string names = option.positional ? "*" + option.long_name + "*" : "";
  if (!option.positional && !option.short_name.empty()) names = "**" + option.short_name + "**";
  if (!option.positional && !option.long_name.empty()) {
    names += (names.empty() ? "**" : ", **") + option.long_name + "**";
  }
  if (!option.positional && !option.value_name.empty()) {
    names += " *" + escaped(option.value_name) + "*";
  }
  std::string entry = names + "\n:   " + escaped(option.help) + ".";
  if (option.positional && !option.choices.empty()) {
    entry += " One of " + CLI::detail::join(option.choices, ", ") + ".";
  }
  if (option.required) entry += " Required.";
  if (!option.default_text.empty()) entry += " Default: " + escaped(option.default_text) + ".";
  return entry + "\n\n";
}

class Describe : public Command {
 public:
  std::string_view path() const override { return "describe"; }
  std::string_view summary() const override { return "Print the command tree as JSON"; }
  std::vector<std::string> examples() const override {
    return {"cdcctl describe", "cdcctl describe --man 'slot list'"};
  }

  void declare(CLI::App& app) override {
    app_ = &app;
    man_ = app.add_option("--man", command_,
                          "Print the OPTIONS of a man page instead: 'slot list', or 'cdcctl'")
               ->type_name("COMMAND");
  }

  int run(Context& context) override {
    const CLI::App* root = app_;
    while (root->get_parent() != nullptr) root = root->get_parent();
    const CommandNode tree = read_tree(*root);
    if (man_->count() == 0) {
      context.out.write(describe_json(tree));
      return Exit::done;
    }
    const CommandNode* node = find_node(tree, command_ == "cdcctl" ? "" : command_);
    if (node == nullptr) {
      throw cdc::Error(cdc::Fault::usage, "there is no command '" + command_ + "'");
    }
    context.out.write(describe_man(*node));
    return Exit::done;
  }

 private:
  const CLI::App* app_ = nullptr;
  const CLI::Option* man_ = nullptr;
  std::string command_;
};

}  // namespace

std::unique_ptr<Command> make_describe() {
  return std::make_unique<Describe>();
}

std::string describe_json(const CommandNode& node) {
  return to_json(node).dump(2) + '\n';
}

std::string describe_man(const CommandNode& node) {
  std::string text;
  std::string group = "Options";
  for (const auto& option : node.options) {
    if (option.group != group) text += "## " + option.group + "\n\n";
    group = option.group;
    text += man_entry(option);
  }
  return text;
}

}  // namespace cdcctl
