#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "libcdc/state/finding.hpp"

namespace cdcctl {

/// The `problems` of an answer: an array of `{"code","sentence","way_out"}`.
nlohmann::ordered_json to_json(const std::vector<cdc::Finding>& problems);

}  // namespace cdcctl
