#pragma once

#include "libcdc/base/error.hpp"

namespace CLI {
class ParseError;
}  // namespace CLI

namespace cdcctl {

/// What CLI11 says of a bad call, as one sentence of ours.
cdc::Error usage_error(const CLI::ParseError& error);

}  // namespace cdcctl
