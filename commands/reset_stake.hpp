#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libcdc/base/log.hpp"
#include "libcdc/flow/stop.hpp"
#include "libcdc/sources/connection_settings.hpp"

namespace cdcctl {

/// Label and value.
using Stake = std::vector<std::pair<std::string, std::string>>;

/// What a forced reset of a checkpoint directory would throw away: its positions, what the server
/// keeps for them where one is given, who owns it, and the files. Changes nothing. Throws state
/// where there is no such directory, unavailable and refused.
Stake reset_stake(const std::string& directory,
                  const std::optional<cdc::ConnectionSettings>& server, const cdc::Log& log,
                  const cdc::Stop& stop);

}  // namespace cdcctl
