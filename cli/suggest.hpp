#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cdcctl {

/// How many insertions, deletions, changes and swaps of neighbours lead from a to b.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that was probably meant; nothing where none is near.
std::optional<std::string> nearest(const std::string& typed,
                                   const std::vector<std::string>& candidates);

}  // namespace cdcctl
