#include "libcdc/change/batch.hpp"

#include <algorithm>
#include <utility>

namespace cdc {

void Batch::mark(std::string_view resume, std::int64_t commit_time, SnapshotProgress snapshot) {
  if (!boundaries_.empty() && boundaries_.back().changes == changes_.size()) {
    boundaries_.pop_back();
  }
  boundaries_.push_back({changes_.size(), resume, commit_time, std::move(snapshot), {}});
}

void Batch::keep(const TableRef& table) {
  if (!tables_.empty() && tables_.back() == table) return;
  if (std::find(tables_.begin(), tables_.end(), table) == tables_.end()) tables_.push_back(table);
}

void Batch::truncate(std::size_t count) {
  std::erase_if(boundaries_, [&](const Boundary& boundary) { return boundary.changes > count; });
  changes_.erase(changes_.begin() + static_cast<std::ptrdiff_t>(count), changes_.end());
}

void Batch::reset() {
  arena_.reset();
  changes_.clear();
  boundaries_.clear();
  tables_.clear();
  commit_asked_ = false;
}

}  // namespace cdc
