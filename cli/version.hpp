#pragma once

#include <string>

namespace cdcctl {

/// Version, commit, libraries and their versions, as `--version` prints them.
std::string version_text();

}  // namespace cdcctl
