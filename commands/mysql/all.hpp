#pragma once

#include <memory>
#include <vector>

#include "commands/command.hpp"

namespace cdcctl {

/// One maker per command about MySQL and MariaDB alone; the definition stands in the command's own
/// file.
std::unique_ptr<Command> make_binlog_purge_safe();
std::unique_ptr<Command> make_binlog_status();

/// Appends them all. Called only where the build has the source.
void add_mysql_commands(std::vector<std::unique_ptr<Command>>& commands);

}  // namespace cdcctl
