#pragma once

#include <memory>

#include "commands/command.hpp"
#include "libcdc/sources/source_type.hpp"

namespace cdcctl {

/// One maker per command; the definition stands in the command's own file.
std::unique_ptr<Command> make_tail(const cdc::SourceType& type);
std::unique_ptr<Command> make_checkpoint_inspect();
std::unique_ptr<Command> make_checkpoint_validate();
std::unique_ptr<Command> make_checkpoint_rewrite();
std::unique_ptr<Command> make_slot_create();
std::unique_ptr<Command> make_slot_drop();
std::unique_ptr<Command> make_slot_list();
std::unique_ptr<Command> make_slot_status();
std::unique_ptr<Command> make_lease_show();
std::unique_ptr<Command> make_lease_clear();
std::unique_ptr<Command> make_force_reset_checklist();
std::unique_ptr<Command> make_completion();

}  // namespace cdcctl
