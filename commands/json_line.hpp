#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cdcctl {

/// `json` as one line without its end. Paths may hold any bytes: those that are not UTF-8 become
/// U+FFFD.
template <typename Json>
std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cdcctl
