#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "commands/connection_options.hpp"
#include "libcdc/sources/postgres/slot.hpp"

namespace cdcctl {

/// What `slot list` and `slot status` share: which slots, once or again and again.
class SlotWatch {
 public:
  /// Shows the slots and returns the exit code that they deserve.
  using Show = std::function<int(const std::vector<cdc::postgres::Slot>& slots)>;

  /// Adds the options to `app`, which must not outlive this object.
  void declare(CLI::App& app);
  bool json() const { return json_; }

  /// Reads the slots and shows them, with --watch until a signal, or until nobody reads any more.
  /// Returns what the last `show` returned. Throws state where --slot names none.
  int run(Context& context, const Show& show) const;

 private:
  std::vector<cdc::postgres::Slot> read(cdc::postgres::Connection& connection) const;
  int repeat(Context& context, const Show& show) const;

  ConnectionOptions connection_;
  std::string slot_;
  bool watch_ = false;
  bool json_ = false;
  std::chrono::milliseconds interval_{2000};
};

/// Throws state: there is no slot of that name.
[[noreturn]] void throw_no_slot(const std::string& name);

}  // namespace cdcctl
