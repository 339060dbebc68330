#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "libcdc/sources/postgres/lsn.hpp"

/// The messages of the pgoutput plugin, protocol versions 1 to 4, decoded from bytes and nothing
/// else: no connection, no catalog, no state beyond one message.
///
/// Source: PostgreSQL documentation, "Logical Replication Message Formats", and
/// src/backend/replication/logical/proto.c. Integers are big-endian; `str` ends with a 0 byte; an
/// LSN is a u64; a time an i64 of microseconds since 2000-01-01 UTC.
///
///   B  final LSN, time, xid u32
///   C  flags u8, commit LSN, end LSN, time
///   O  LSN at the origin, name str
///   R  oid u32, namespace str, name str, identity u8, n u16,
///      n x {flags u8, name str, type u32, typmod i32}
///   Y  type u32, namespace str, name str
///   I  oid u32, 'N', tuple
///   U  oid u32, ['K' or 'O', tuple], 'N', tuple
///   D  oid u32, 'K' or 'O', tuple
///   T  n u32, options u8, n x oid u32
///   M  flags u8, LSN, prefix str, n u32, n bytes
///
///   tuple  n u16, n x {'n' | 'u' | ('t' | 'b') length u32, bytes}
///
/// Transactions in progress, from protocol 2 on. Between S and E, and only there, an xid u32 (of
/// the subtransaction) stands behind the type byte of R Y I U D T M; O has none.
///
///   S  xid u32, first u8                          a block of it begins
///   E                                             and ends
///   c  xid u32, flags u8, commit LSN, end LSN, time
///   A  xid u32, subxid u32 [, abort LSN, time]    the last two in parallel mode (protocol 4)
///
/// Two-phase commit, on every protocol where the slot has it; `p` where it was streamed.
///
///   b  prepare LSN, end LSN, time, xid u32, gid str
///   P  flags u8, prepare LSN, end LSN, time, xid u32, gid str
///   p  the same
///   K  flags u8, commit LSN, end LSN, time, xid u32, gid str
///   r  flags u8, prepare end LSN, end LSN, prepare time, time, xid u32, gid str
namespace cdc::postgres {

struct Begin {
  Lsn commit_lsn = 0;
  std::int64_t commit_time = 0;  ///< microseconds since 1970-01-01 UTC
  std::uint32_t xid = 0;
};

struct Commit {
  Lsn commit_lsn = 0;
  Lsn end_lsn = 0;
};

struct Origin {
  std::string_view name;
};

struct RelationColumn {
  bool identity = false;  ///< part of the replica identity; FULL flags every column
  std::string_view name;
  std::uint32_t type = 0;
  std::int32_t typmod = -1;
};

struct Relation {
  std::uint32_t oid = 0;
  std::string_view schema;  ///< empty means pg_catalog
  std::string_view name;
  char identity = 'd';  ///< d default, n nothing, f full, i index
  std::span<const RelationColumn> columns;
};

struct Type {
  std::uint32_t oid = 0;
  std::string_view schema;
  std::string_view name;  ///< of a domain: its base type's name
};

struct Cell {
  char kind = 'n';  ///< n null, u unchanged, t text, b binary
  std::string_view bytes;
};

using Tuple = std::span<const Cell>;

struct Insert {
  std::uint32_t oid = 0;
  Tuple after;
};

/// Which old image a row message carries.
enum class OldImage : char { none = 0, key = 'K', full = 'O' };

struct Update {
  std::uint32_t oid = 0;
  OldImage old_image = OldImage::none;
  Tuple old;
  Tuple after;
};

struct Delete {
  std::uint32_t oid = 0;
  OldImage old_image = OldImage::none;
  Tuple old;
};

struct Truncate {
  bool cascade = false;
  bool restart_identity = false;
  std::span<const std::uint32_t> oids;
};

struct LogicalMessage {
  bool transactional = false;
  Lsn lsn = 0;
  std::string_view prefix;
  std::string_view content;
};

using ReplicationMessage = std::variant<Begin, Commit, Origin, Relation, Type, Insert, Update,
                                        Delete, Truncate, LogicalMessage>;

/// What stands between the blocks of a transaction in progress and around a prepared one.
struct StreamStart {
  std::uint32_t xid = 0;
  bool first = false;  ///< the first block of this transaction
};

struct StreamStop {};

struct StreamCommit {
  std::uint32_t xid = 0;
  Lsn commit_lsn = 0;
  Lsn end_lsn = 0;
  std::int64_t commit_time = 0;
};

struct StreamAbort {
  std::uint32_t xid = 0;
  std::uint32_t subxid = 0;  ///< equal to `xid`: the whole transaction
};

/// The same facts at its beginning and at its end.
struct PreparedFacts {
  Lsn prepare_lsn = 0;
  Lsn end_lsn = 0;
  std::int64_t prepare_time = 0;
  std::uint32_t xid = 0;
  std::string_view gid;
};

struct BeginPrepare : PreparedFacts {};
struct Prepare : PreparedFacts {};
struct StreamPrepare : PreparedFacts {};

struct CommitPrepared {
  Lsn commit_lsn = 0;
  Lsn end_lsn = 0;
  std::int64_t commit_time = 0;
  std::uint32_t xid = 0;
  std::string_view gid;
};

struct RollbackPrepared {
  Lsn prepare_end_lsn = 0;
  Lsn end_lsn = 0;
  std::int64_t rollback_time = 0;
  std::uint32_t xid = 0;
  std::string_view gid;
};

using ControlMessage =
    std::variant<StreamStart, StreamStop, StreamCommit, StreamAbort, BeginPrepare, Prepare,
                 StreamPrepare, CommitPrepared, RollbackPrepared>;

/// Whether messages of this type are control messages: all that `PgoutputDecoder` does not take.
constexpr bool is_control(char type) {
  switch (type) {
    case 'S':
    case 'E':
    case 'c':
    case 'A':
    case 'b':
    case 'P':
    case 'p':
    case 'K':
    case 'r':
      return true;
    default:
      return false;
  }
}

/// The control message in `bytes`, into which its views point. Throws protocol as the decoder does.
ControlMessage decode_control(std::string_view bytes);

/// A message from inside a block, taken apart.
struct BlockMessage {
  std::uint32_t xid = 0;  ///< of the subtransaction; of O: 0, it has none
  char type = 0;
  std::string_view body;  ///< behind type and xid
};

/// Takes a message between S and E apart. Throws protocol where none of its type stands there.
BlockMessage split_block_message(std::string_view bytes);

/// Decodes one message at a time into memory that it reuses.
class PgoutputDecoder {
 public:
  /// The message in `bytes`. Views and spans point into `bytes` and into this decoder: they live
  /// until the next call. Throws protocol, naming the message type and the offset, where the bytes
  /// are not a message of protocol version 1 or do not end where it does.
  ReplicationMessage decode(std::string_view bytes);

 private:
  std::vector<Cell> old_;
  std::vector<Cell> after_;
  std::vector<RelationColumn> columns_;
  std::vector<std::uint32_t> oids_;
};

/// Microseconds between 1970-01-01 and 2000-01-01, PostgreSQL's epoch.
inline constexpr std::int64_t kPostgresEpoch = 946684800LL * 1000000;

/// The server's microseconds since 2000 as microseconds since 1970. Wraps, so that a hostile value
/// does no harm.
constexpr std::int64_t from_postgres_time(std::uint64_t micros) {
  return static_cast<std::int64_t>(micros + std::uint64_t{kPostgresEpoch});
}

}  // namespace cdc::postgres
