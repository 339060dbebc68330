#include "commands/mysql/all.hpp"

namespace cdcctl {

void add_mysql_commands(std::vector<std::unique_ptr<Command>>& commands) {
  commands.push_back(make_binlog_purge_safe());
  commands.push_back(make_binlog_status());
}

}  // namespace cdcctl
