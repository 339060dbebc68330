#include "commands/postgres/all.hpp"

namespace cdcctl {

void add_postgres_commands(std::vector<std::unique_ptr<Command>>& commands) {
  commands.push_back(make_slot_create());
  commands.push_back(make_slot_drop());
  commands.push_back(make_slot_list());
  commands.push_back(make_slot_status());
}

}  // namespace cdcctl
