#pragma once

#include <cstdint>
#include <string>

namespace cdcctl {

/// How long ago, in one unit that is large enough: "42 s ago", "3 h ago", "5 days ago". A negative
/// age is "in the future: clocks differ".
std::string age_words(std::int64_t micros);

}  // namespace cdcctl
