#pragma once

#include <cstdint>
#include <memory>
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

/// How far a snapshot that is under way has come: JSON with at least `snapshot_id`, the rest in the
/// source's own form. Shared because it is handed on with every batch; null: none is under way.
using SnapshotProgress = std::shared_ptr<const std::string>;

/// Where to go on: everything that committed before `position` is done, and of one more
/// transaction the changes up to an ordinal. While a snapshot is under way, `position` is where the
/// stream begins behind it.
struct ResumePoint {
  std::string position;  ///< a resume position in the source's notation; empty: none remembered
  std::optional<ChangePosition> in_transaction;
  SnapshotProgress snapshot = nullptr;

  bool operator==(const ResumePoint&) const = default;
};

/// `<transaction>#<ordinal>`.
std::string to_text(const ChangePosition& position);

/// Splits `<transaction>#<ordinal>`; nothing where there is no `#` or no ordinal behind it.
std::optional<ChangePosition> parse_change_position(std::string_view text);

}  // namespace cdc
