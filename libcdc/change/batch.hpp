#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "libcdc/base/arena.hpp"
#include "libcdc/change/change.hpp"
#include "libcdc/change/position.hpp"
#include "libcdc/change/table.hpp"

namespace cdc {

/// A safe point inside a batch: with the first `changes` changes delivered, everything up to the
/// resume position is done.
struct Boundary {
  std::size_t changes = 0;
  std::string_view resume;       ///< lives in the batch's arena
  std::int64_t commit_time = 0;  ///< 0 where no transaction ended here (an idle advance)
  SnapshotProgress snapshot = nullptr;
  /// How far the source has come, where it must go on from an earlier place (a prepared transaction
  /// that still waits for its outcome); else empty. Lives in the arena.
  std::string_view reached;

  std::string_view place() const { return reached.empty() ? resume : reached; }
};

/// Many changes and the bytes that they borrow. Reused: after some rounds it allocates nothing.
/// A batch may begin and end inside a transaction; `boundaries` tell where it may be left.
class Batch {
 public:
  Arena& arena() { return arena_; }

  Change& add(const Change& change) { return changes_.emplace_back(change); }
  /// All changes so far end on a safe point. A boundary at the same place replaces the last one.
  void mark(std::string_view resume, std::int64_t commit_time, SnapshotProgress snapshot = nullptr);
  /// The last safe point is one to go on from, but the source has come as far as this.
  void reach(std::string_view place) { boundaries_.back().reached = place; }
  /// Keeps this version of a table alive as long as the batch holds rows of it.
  void keep(const TableRef& table);

  const std::vector<Change>& changes() const { return changes_; }
  const std::vector<Boundary>& boundaries() const { return boundaries_; }
  bool empty() const { return changes_.empty() && boundaries_.empty(); }

  /// Keeps the first `count` changes, and the boundaries that lie among them.
  void truncate(std::size_t count);

  /// The server waits for an acknowledgement: commit as soon as this batch is out.
  void ask_for_commit() { commit_asked_ = true; }
  bool commit_asked() const { return commit_asked_; }

  /// Empties the batch for the next round.
  void reset();

 private:
  Arena arena_;
  std::vector<Change> changes_;
  std::vector<Boundary> boundaries_;
  std::vector<TableRef> tables_;
  bool commit_asked_ = false;
};

}  // namespace cdc
