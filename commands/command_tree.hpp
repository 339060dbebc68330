#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace cdcctl {

/// One option as help, man pages and completions need it.
struct OptionNode {
  std::string short_name;            ///< "-v", or empty
  std::string long_name;             ///< "--verbose"; of a positional its name, "conninfo"
  std::string value_name;            ///< "FILE"; empty for a switch
  std::vector<std::string> choices;  ///< the only values that it takes, or empty
  std::string default_text;          ///< empty where help shows none
  std::string help;
  std::string group;  ///< "Options", "Connection", ...
  bool positional = false;
  bool required = false;
  bool flag_only = false;  ///< cannot come from the environment or a configuration file
};

/// A node of the command tree: the root, a group (`slot`) or a command (`slot list`).
struct CommandNode {
  std::string path;  ///< words from the root, without the program's name
  std::string name;  ///< the last word
  std::string summary;
  std::vector<std::string> examples;
  std::vector<OptionNode> options;
  std::vector<CommandNode> children;
  bool hidden = false;
};

/// Reads the tree below `app`, in the order of declaration.
CommandNode read_tree(const CLI::App& app);

/// The node with that path in the tree below `node`; null where there is none.
const CommandNode* find_node(const CommandNode& node, const std::string& path);

}  // namespace cdcctl
