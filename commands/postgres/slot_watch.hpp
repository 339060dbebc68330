#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "commands/connection_options.hpp"
#include "libcdc/base/clock.hpp"
#include "libcdc/sources/postgres/slot.hpp"

namespace cdcctl {

/// What `slot list` and `slot status` share: which slots, once or again and again.
class SlotWatch {
 public:
  /// What one look at the server found.
  struct Look {
    cdc::Instant at;
    std::vector<cdc::postgres::Slot> slots;
    std::optional<std::uint64_t> free_bytes;  ///< of the log's disk, where that can be seen
  };
  /// Shows it and returns the exit code that it deserves.
  using Show = std::function<int(const Look& look)>;

  /// Adds the options to `app`, which must not outlive this object.
  void declare(CLI::App& app);
  bool json() const { return json_; }
  bool watches() const { return watch_; }

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
