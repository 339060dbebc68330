#pragma once

#include <memory>
#include <vector>

#include "commands/command.hpp"
#include "libcdc/sources/source_type.hpp"

namespace cdcctl {

/// One maker per command; the definition stands in the command's own file.
std::unique_ptr<Command> make_tail(const cdc::SourceType& type);
std::unique_ptr<Command> make_checkpoint_inspect();
std::unique_ptr<Command> make_checkpoint_validate();
std::unique_ptr<Command> make_checkpoint_rewrite();
std::unique_ptr<Command> make_lease_show();
std::unique_ptr<Command> make_lease_clear();
std::unique_ptr<Command> make_force_reset_checklist();
std::unique_ptr<Command> make_completion();

/// Appends the commands about one engine, of every source that this build has: commands/<source>/.
void add_engine_commands(std::vector<std::unique_ptr<Command>>& commands);

}  // namespace cdcctl
