#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libcdc/change/batch.hpp"

namespace cdc::test {

/// 2026-11-20T08:00:00.123456Z.
inline constexpr std::int64_t kCommitTime = 1'795'161'600'123'456;

inline Value number(std::string_view text) {
  return {ValueKind::number, text};
}
inline Value decimal(std::string_view text) {
  return {ValueKind::decimal, text};
}
inline Value text(std::string_view content) {
  return {ValueKind::text, content};
}
inline Value bytes(std::string_view content) {
  return {ValueKind::bytes, content};
}
inline Value undecodable(std::string_view content) {
  return {ValueKind::undecodable, content};
}
inline Value json(std::string_view content) {
  return {ValueKind::json, content};
}
inline Value boolean(std::string_view word) {
  return {ValueKind::boolean, word};
}
inline Value null() {
  return Value(ValueKind::null);
}
inline Value absent() {
  return Value(ValueKind::absent);
}
inline Value unchanged() {
  return Value(ValueKind::unchanged);
}

/// shop.public.orders with these columns; the first one is the key.
inline Table orders(std::vector<std::string> columns) {
  Table table;
  table.version = next_table_version();
  table.database = "shop";
  table.schema = "public";
  table.name = "orders";
  for (std::string& name : columns) table.columns.push_back({std::move(name), "", {}, false, true});
  table.columns[0].key = true;
  table.key = {0};
  return table;
}

/// Builds the changes of one transaction, 0/1A2B3C8 by xid 731, in a batch of its own.
class Changes {
 public:
  Changes() { begin("0/1A2B3C8", "731"); }

  void begin(std::string_view position, std::string_view id, std::string_view origin = {},
             std::string_view gid = {}) {
    transaction_ = new (batch_.arena().allocate(sizeof(Transaction)))
        Transaction{position, id, origin, kCommitTime, gid};
    ordinal_ = 0;
  }

  Value* row(std::initializer_list<Value> values) {
    Value* row = batch_.arena().array<Value>(values.size());
    std::uninitialized_copy(values.begin(), values.end(), row);
    return row;
  }
  Value array(std::initializer_list<Value> values) { return {row(values), values.size()}; }

  void add(Change change) {
    change.transaction = transaction_;
    if (change.op != Op::begin) change.ordinal = ++ordinal_;
    batch_.add(change);
  }
  void insert(const Table& table, std::initializer_list<Value> values) {
    Change change;
    change.table = &table;
    change.key = change.after = row(values);
    add(change);
  }

  const Transaction* transaction() const { return transaction_; }
  Batch& batch() { return batch_; }

 private:
  Batch batch_;
  Transaction* transaction_ = nullptr;
  std::uint64_t ordinal_ = 0;
};

}  // namespace cdc::test
