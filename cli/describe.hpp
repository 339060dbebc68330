#pragma once

#include <memory>
#include <string>

#include "commands/command.hpp"
#include "commands/command_tree.hpp"

namespace cdcctl {

/// The hidden command `describe`: the command tree as JSON, or with `--man PATH` the OPTIONS
/// section of a command's man page (`--man cdcctl`: of the root's). Scripts make the pages from it.
std::unique_ptr<Command> make_describe();

/// The tree as pretty JSON.
std::string describe_json(const CommandNode& node);

/// The options of `node` as Markdown for go-md2man, by group.
std::string describe_man(const CommandNode& node);

}  // namespace cdcctl
