#include "commands/finding_json.hpp"

#include <nlohmann/json.hpp>

namespace cdcctl {

nlohmann::ordered_json to_json(const std::vector<cdc::Finding>& problems) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const cdc::Finding& problem : problems) {
    json.push_back(
        {{"code", problem.code}, {"sentence", problem.sentence}, {"way_out", problem.way_out}});
  }
  return json;
}

}  // namespace cdcctl
