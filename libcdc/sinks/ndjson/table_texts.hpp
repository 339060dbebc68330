#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "libcdc/change/table.hpp"

namespace cdc::ndjson {

/// What an encoder holds of each version of a table: its constant text, escaped once.
template <typename Text>
class TableTexts {
 public:
  /// That of this table; `make` makes it from the table where it is not held. Lives until the next
  /// call.
  template <typename Make>
  const Text& of(const Table& table, Make make) {
    if (last_ != nullptr && table.version == last_version_) return *last_;
    auto found = texts_.find(table.version);
    if (found == texts_.end()) {
      if (texts_.size() >= kKept) texts_.clear();
      found = texts_.emplace(table.version, make(table)).first;
    }
    last_version_ = table.version;
    last_ = &found->second;
    return *last_;
  }

  std::size_t size() const { return texts_.size(); }

 private:
  /// A table version that has not been seen for so many others costs one more escape, not memory.
  static constexpr std::size_t kKept = 1024;

  std::unordered_map<std::uint64_t, Text> texts_;
  const Text* last_ = nullptr;
  std::uint64_t last_version_ = 0;
};

}  // namespace cdc::ndjson
