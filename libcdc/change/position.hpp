#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cdc {

/// The nth change of a transaction: `<position of the transaction>#<ordinal>`.
struct ChangePosition {
  std::string transaction;
  std::uint64_t ordinal = 0;

  bool operator==(const ChangePosition&) const = default;
};

/// Where to go on: everything that committed before `position` is done, and of one more
/// transaction the changes up to an ordinal.
struct ResumePoint {
  std::string position;  ///< a resume position in the source's notation; empty: none remembered
  std::optional<ChangePosition> in_transaction;

  bool operator==(const ResumePoint&) const = default;
};

/// `<transaction>#<ordinal>`.
std::string to_text(const ChangePosition& position);

/// Splits `<transaction>#<ordinal>`; nothing where there is no `#` or no ordinal behind it.
std::optional<ChangePosition> parse_change_position(std::string_view text);

}  // namespace cdc
