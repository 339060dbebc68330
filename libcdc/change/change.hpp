#pragma once

#include <cstdint>
#include <string_view>

#include "libcdc/change/table.hpp"
#include "libcdc/change/value.hpp"

namespace cdc {

/// What a change line says.
enum class Op : std::uint8_t {
  insert,
  update,
  remove,  ///< written `delete`
  truncate,
  read,  ///< a snapshot row
  begin,
  commit,
  schema,
  message,
  ddl,
  progress,
  prepare,            ///< ends the rows of a transaction that is prepared
  commit_prepared,    ///< what became of it
  rollback_prepared,  ///< what became of it
};

/// The word of the change line, for example "delete".
std::string_view name(Op op);

/// A set of operations.
class OpSet {
 public:
  constexpr OpSet() = default;
  static constexpr OpSet all() { return OpSet(~0U); }
  constexpr OpSet with(Op op) const { return OpSet(bits_ | bit(op)); }
  constexpr OpSet operator|(OpSet other) const { return OpSet(bits_ | other.bits_); }
  constexpr OpSet operator&(OpSet other) const { return OpSet(bits_ & other.bits_); }
  constexpr OpSet operator~() const { return OpSet(~bits_); }
  constexpr bool has(Op op) const { return (bits_ & bit(op)) != 0; }
  constexpr bool operator==(const OpSet&) const = default;

 private:
  constexpr explicit OpSet(std::uint32_t bits) : bits_(bits) {}
  static constexpr std::uint32_t bit(Op op) { return 1U << static_cast<unsigned>(op); }

  std::uint32_t bits_ = 0;
};

/// What all changes of one transaction share. Lives in the batch.
struct Transaction {
  std::string_view position;     ///< the transaction's own position, without `#`
  std::string_view id;           ///< xid, GTID, commit LSN: the source's name of it
  std::string_view origin;       ///< where it came from by replication; empty if from here
  std::int64_t commit_time = 0;  ///< microseconds since 1970-01-01 UTC
  std::string_view gid = {};     ///< of a prepared transaction: the name that its client gave it
};

/// A logical message that an application wrote into the log, or the text of a statement (ddl).
struct Message {
  std::string_view prefix;
  std::string_view content;  ///< raw bytes
  bool transactional = false;
  std::string_view database = {};  ///< which it was written in
};

/// One operation. Rows are arrays of `table->columns.size()` values in column order. Everything
/// that a change points at lives in its batch.
struct Change {
  Op op = Op::insert;
  bool cascade = false;                      ///< truncate
  bool restart_identity = false;             ///< truncate
  const Table* table = nullptr;              ///< null where the line is of no table
  const Transaction* transaction = nullptr;  ///< null for progress and read
  std::uint64_t ordinal = 0;                 ///< place in its transaction, from 1
  const Value* key = nullptr;                ///< the row that holds the identity before the change
  const Value* before = nullptr;             ///< the whole old row, or null where it is not known
  const Value* after = nullptr;              ///< the new row, or null
  const Message* message = nullptr;
  std::string_view
      resume;  ///< where a transaction ends, progress, read: the resume position behind
  std::string_view snapshot;  ///< read: which snapshot; empty elsewhere
  std::uint64_t lsn = 0;      ///< where its own record lies in the log; 0 where that is not known
  std::uint64_t events = 0;   ///< commit, prepare: how many ordinals the transaction has
  std::int64_t time = 0;      ///< progress, read: when that was so, microseconds since 1970 UTC
};

}  // namespace cdc
