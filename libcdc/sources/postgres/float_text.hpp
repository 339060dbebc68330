#pragma once

#include "libcdc/base/text_buffer.hpp"

namespace cdc::postgres {

/// Appends a float4 or float8 as the server prints it under extra_float_digits=3: the shortest
/// digits that read back to the same value, `0.1`, `1e-07`, `1.6777216e+07`, `-0`, `NaN`,
/// `-Infinity`.
void append_float(float value, TextBuffer& out);
void append_float(double value, TextBuffer& out);

}  // namespace cdc::postgres
