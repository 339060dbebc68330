#include "commands/all.hpp"

namespace cdcctl {

std::vector<std::unique_ptr<Command>> all_commands() {
  std::vector<std::unique_ptr<Command>> commands;
  for (const cdc::SourceType* type : cdc::source_types()) commands.push_back(make_tail(*type));
  commands.push_back(make_checkpoint_inspect());
  commands.push_back(make_checkpoint_validate());
  commands.push_back(make_checkpoint_rewrite());
  add_engine_commands(commands);
  commands.push_back(make_lease_show());
  commands.push_back(make_lease_clear());
  commands.push_back(make_force_reset_checklist());
  commands.push_back(make_completion());
  return commands;
}

}  // namespace cdcctl
