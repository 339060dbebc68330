#include "commands/completion_scripts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

namespace cdcctl {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// As one word of a shell, in single quotes.
std::string quoted(const std::string& text) {
  return "'" + replaced(text, "'", "'\\''") + "'";
}

/// Calls `visit` for every node that people see, parents first.
void walk(const CommandNode& node, const std::function<void(const CommandNode&)>& visit) {
  if (node.hidden) return;
  visit(node);
  for (const auto& child : node.children) walk(child, visit);
}

std::vector<const CommandNode*> shown_children(const CommandNode& node) {
  std::vector<const CommandNode*> shown;
  for (const auto& child : node.children) {
    if (!child.hidden) shown.push_back(&child);
  }
  return shown;
}

bool has_short_name_only(const OptionNode& option) {
  return option.long_name.empty();
}

// A node's own options and those of the root, which every command takes; a name that the command
// gives a meaning of its own wins.
std::vector<OptionNode> options_of(const CommandNode& node, const CommandNode& root) {
  std::vector<OptionNode> options = node.options;
  if (node.path.empty()) return options;
  for (const auto& global : root.options) {
    const auto same = [&](const OptionNode& own) {
      return own.long_name == global.long_name && own.short_name == global.short_name;
    };
    if (global.long_name == "--version" || std::any_of(options.begin(), options.end(), same)) {
      continue;
    }
    options.push_back(global);
  }
  return options;
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  return fmt::format("{}", fmt::join(words, between));
}

// What a value is, as the bash function below hands it over: @file, @dir, @any or words.
std::string bash_value(const OptionNode& option) {
  if (!option.choices.empty()) return joined(option.choices, " ");
  if (option.value_name == "FILE") return "@file";
  if (option.value_name == "DIR") return "@dir";
  return "@any";
}

std::string bash_names(const OptionNode& option, const std::string& between) {
  if (option.short_name.empty()) return option.long_name;
  if (has_short_name_only(option)) return option.short_name;
  return option.short_name + between + option.long_name;
}

std::string bash_words(const CommandNode& node, const CommandNode& root) {
  std::vector<std::string> words;
  for (const auto* child : shown_children(node)) words.push_back(child->name);
  for (const auto& option : options_of(node, root)) {
    if (!option.positional) words.push_back(bash_names(option, " "));
  }
  return fmt::format("    {}) echo {} ;;\n", quoted(node.path), quoted(joined(words, " ")));
}

std::string bash_values(const CommandNode& node, const CommandNode& root) {
  std::string cases;
  for (const auto& option : options_of(node, root)) {
    if (option.value_name.empty()) continue;
    std::string pattern = quoted(node.path + "|" + option.long_name);
    if (option.positional) pattern = quoted(node.path + "|");
    if (!option.positional && !option.short_name.empty()) {
      pattern = quoted(node.path + "|" + option.short_name) + " | " + pattern;
    }
    cases += fmt::format("    {}) echo {} ;;\n", pattern, quoted(bash_value(option)));
  }
  return cases;
}

constexpr const char* kBashEnd = R"(
_cdcctl() {
  local current=${COMP_WORDS[COMP_CWORD]} path='' pending='' word value i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then
      continue
    elif [[ -n $pending ]]; then
      pending=''
    elif [[ $word == -* ]]; then
      [[ -n $(_cdcctl_value "$path" "$word") ]] && pending=$word
    elif [[ -n $(_cdcctl_words "${path:+$path }$word") ]]; then
      path=${path:+$path }$word
    fi
  done
  if [[ $current == '=' ]]; then
    current=''
  fi
  if [[ -z $pending && $current == -* ]]; then
    value=$(_cdcctl_words "$path")
  elif [[ -n $pending ]]; then
    value=$(_cdcctl_value "$path" "$pending")
  else
    value=$(_cdcctl_value "$path" '')
    [[ -z $value ]] && value=$(_cdcctl_words "$path")
  fi
  case $value in
    @file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    @dir) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    @any) ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$value" -- "$current") ;;
  esac
}

complete -F _cdcctl cdcctl
)";

std::string zsh_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string zsh_action(const OptionNode& option) {
  if (!option.choices.empty()) return "(" + joined(option.choices, " ") + ")";
  if (option.value_name == "FILE") return "_files";
  if (option.value_name == "DIR") return "_files -/";
  return " ";
}

std::string zsh_option(const OptionNode& option) {
  if (option.positional) {
    return fmt::format("    {} \\\n",
                       quoted(":" + zsh_escaped(option.long_name) + ":" + zsh_action(option)));
  }
  std::string rest = "[" + zsh_escaped(option.help) + "]";
  const std::string value_name = option.choices.empty() ? option.value_name : "choice";
  if (!option.value_name.empty()) rest += ":" + value_name + ":" + zsh_action(option);
  if (option.short_name.empty() || has_short_name_only(option)) {
    const std::string name = bash_names(option, "");
    const std::string joint = option.value_name.empty() ? "" : "=";
    return fmt::format("    {} \\\n", quoted("*" + name + joint + rest));
  }
  return fmt::format("    '*'{{{}}}{} \\\n", bash_names(option, ","), quoted(rest));
}

std::string zsh_function_name(const CommandNode& node) {
  return node.path.empty() ? "_cdcctl" : "_cdcctl_" + replaced(node.path, " ", "_");
}

std::string zsh_function(const CommandNode& node, const CommandNode& root) {
  const auto children = shown_children(node);
  std::string text = zsh_function_name(node) + "() {\n";
  if (!children.empty()) text += "  local state line\n";
  text += children.empty() ? "  _arguments -s \\\n" : "  _arguments -s -C \\\n";
  for (const auto& option : options_of(node, root)) text += zsh_option(option);
  if (children.empty()) return text.substr(0, text.size() - 3) + "\n}\n\n";
  std::string commands;
  std::string cases;
  for (const auto* child : children) {
    commands += fmt::format(" {}\\:{}", child->name,
                            "\"" + replaced(zsh_escaped(child->summary), "\"", "") + "\"");
    cases += fmt::format("    {}) {} ;;\n", child->name, zsh_function_name(*child));
  }
  text += fmt::format("    {} \\\n    '*::argument:->rest'\n",
                      quoted("1:command:((" + commands.substr(1) + "))"));
  return text + "  [[ $state == rest ]] || return\n  case $words[1] in\n" + cases + "  esac\n}\n\n";
}

std::string fish_option(const CommandNode& node, const OptionNode& option) {
  std::string line = "complete -c cdcctl -n " + quoted("__cdcctl_at " + quoted(node.path));
  if (option.positional) {
    if (option.value_name == "FILE") return line + " -F\n";
    if (option.value_name == "DIR") return line + " -a '(__fish_complete_directories)'\n";
    if (!option.choices.empty()) return line + " -a " + quoted(joined(option.choices, " ")) + "\n";
    return "";
  }
  if (!option.short_name.empty()) line += " -s " + option.short_name.substr(1);
  if (!option.long_name.empty()) line += " -l " + option.long_name.substr(2);
  if (option.value_name == "FILE") {
    line += " -r -F";
  } else if (option.value_name == "DIR") {
    line += " -x -a '(__fish_complete_directories)'";
  } else if (!option.choices.empty()) {
    line += " -x -a " + quoted(joined(option.choices, " "));
  } else if (!option.value_name.empty()) {
    line += " -x";
  }
  return line + " -d " + quoted(option.help) + "\n";
}

constexpr const char* kFishStart = R"(function __cdcctl_path
  set -l path
  for word in (commandline -opc)[2..]
    if contains -- (string join ' ' -- $path $word) $__cdcctl_commands
      set -a path $word
    end
  end
  string join ' ' -- $path
end

function __cdcctl_at
  set -l path (__cdcctl_path)
  test "$path" = "$argv[1]"
end

complete -c cdcctl -f
)";

}  // namespace

std::string bash_completion(const CommandNode& root) {
  std::string words;
  std::string values;
  walk(root, [&](const CommandNode& node) {
    words += bash_words(node, root);
    values += bash_values(node, root);
  });
  return "# bash completion of cdcctl, made by: cdcctl completion bash\n\n"
         "# The commands and flags that can follow a command.\n"
         "_cdcctl_words() {\n  case $1 in\n" +
         words +
         "  esac\n}\n\n"
         "# What the value of a flag is; with an empty flag, what the command's argument is.\n"
         "_cdcctl_value() {\n  case \"$1|$2\" in\n" +
         values + "  esac\n}\n" + kBashEnd;
}

std::string zsh_completion(const CommandNode& root) {
  std::string text =
      "#compdef cdcctl\n# zsh completion of cdcctl, made by: cdcctl completion zsh\n\n";
  walk(root, [&](const CommandNode& node) { text += zsh_function(node, root); });
  return text +
         "if [[ $funcstack[1] == _cdcctl ]]; then\n  _cdcctl \"$@\"\nelse\n  compdef _cdcctl "
         "cdcctl\nfi\n";
}

std::string fish_completion(const CommandNode& root) {
  std::string commands;
  std::string lines;
  walk(root, [&](const CommandNode& node) {
    if (!node.path.empty()) commands += ' ' + quoted(node.path);
    for (const auto* child : shown_children(node)) {
      lines += fmt::format("complete -c cdcctl -n {} -a {} -d {}\n",
                           quoted("__cdcctl_at " + quoted(node.path)), child->name,
                           quoted(child->summary));
    }
    for (const auto& option : options_of(node, root)) lines += fish_option(node, option);
  });
  return "# fish completion of cdcctl, made by: cdcctl completion fish\n\nset -g "
         "__cdcctl_commands" +
         commands + "\n\n" + kFishStart + lines;
}

}  // namespace cdcctl
