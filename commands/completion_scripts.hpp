#pragma once

#include <string>

#include "commands/command_tree.hpp"

namespace cdcctl {

/// The completion script of a shell for the whole tree: commands, flags, the words that a flag
/// takes, and files or directories where its value is a path.
std::string bash_completion(const CommandNode& root);
std::string zsh_completion(const CommandNode& root);
std::string fish_completion(const CommandNode& root);

}  // namespace cdcctl
