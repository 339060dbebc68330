#pragma once

#include <cstddef>

namespace cdc::mysql {

/// The longest text of a number with its sign.
inline constexpr std::size_t kMostFloatText = 40;

/// Writes the shortest digits that read back to the same finite value, laid out as the servers
/// print a DOUBLE: `0.1`, `-0`, `1e20`, `1.5e-20`. A JSON number. `to` has room for kMostFloatText;
/// returns where the text ends.
char* put_float(char* to, float value);
char* put_float(char* to, double value);

}  // namespace cdc::mysql
