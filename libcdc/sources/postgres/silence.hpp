#pragma once

#include <chrono>
#include <optional>

#include "libcdc/base/clock.hpp"

namespace cdc::postgres {

/// What to do while nothing comes: the server is asked where its log ends, soon and then ever more
/// rarely (the position of an idle stream moves by its answers), and is given up where it does not
/// answer. Clocks are given, so that it can be tested.
class Silence {
 public:
  enum class Step { wait, ask, give_up };

  /// `longest`: how long a question may stay unanswered.
  explicit Silence(std::chrono::milliseconds longest) : longest_(longest) {}

  /// A frame came: whatever it is, the server is there.
  void end() { asked_.reset(); }
  /// It holds changes: there may soon be more of the log to hear of.
  void end_with_data() {
    end();
    data_came_ = true;
  }

  /// What is due now that nothing is at hand.
  Step next(Instant now);

  /// Since when the oldest question waits for its answer; nothing where none does.
  std::optional<Instant> asked() const { return asked_; }

 private:
  std::chrono::milliseconds longest_;
  std::optional<Instant> asked_;
  Instant next_;
  std::chrono::milliseconds pause_{50};
  bool data_came_ = false;  ///< since the last `next`
};

}  // namespace cdc::postgres
