#pragma once

#include <string>

#include "commands/command_tree.hpp"

namespace cdcctl {

/// `-h`: at most 24 lines of 80 columns, with the examples. Of many options the first ones are
/// shown, and how many more there are.
std::string short_help(const CommandNode& node);

/// `--help`: everything, the options by group, those of the root at the end.
std::string full_help(const CommandNode& root, const CommandNode& node);

/// "cdcctl slot list [OPTIONS] [CONNINFO]".
std::string usage_line(const CommandNode& node);

}  // namespace cdcctl
