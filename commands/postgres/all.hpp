#pragma once

#include <memory>
#include <vector>

#include "commands/command.hpp"

namespace cdcctl {

/// One maker per command about PostgreSQL alone; the definition stands in the command's own file.
std::unique_ptr<Command> make_slot_create();
std::unique_ptr<Command> make_slot_drop();
std::unique_ptr<Command> make_slot_list();
std::unique_ptr<Command> make_slot_status();

/// Appends them all. Called only where the build has the source.
void add_postgres_commands(std::vector<std::unique_ptr<Command>>& commands);

}  // namespace cdcctl
