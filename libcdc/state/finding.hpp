#pragma once

#include <string>

#include "libcdc/base/error.hpp"

namespace cdc {

/// One thing that a check found wrong.
struct Finding {
  std::string code;      ///< stable, for scripts: "slot_missing"
  std::string sentence;  ///< what is wrong, with the facts
  std::string way_out;   ///< what to do
};

inline Error to_error(const Finding& finding, Fault fault) {
  return Error(fault, finding.sentence).with_hint(finding.way_out);
}

}  // namespace cdc
