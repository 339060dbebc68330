#pragma once

#include <string>

namespace cdc {

/// One thing that a check found wrong.
struct Finding {
  std::string code;      ///< stable, for scripts: "slot_missing"
  std::string sentence;  ///< what is wrong, with the facts
  std::string way_out;   ///< what to do
};

}  // namespace cdc
