#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/sources/mysql/binlog_position.hpp"
#include "libcdc/sources/mysql/event.hpp"
#include "libcdc/sources/mysql/gtid_set.hpp"
#include "libcdc/sources/mysql/mariadb_gtid.hpp"

/// The bodies of the events that are not rows. Every decoder takes the body that EventFormat gave;
/// what it returns borrows from it. All throw protocol, naming the event and not its place.
namespace cdc::mysql {

/// Type 4: u64 offset, name to the end.
struct Rotate {
  std::uint64_t offset = 0;
  std::string_view file;
};
Rotate decode_rotate(std::string_view body);

/// Type 2: u32 thread, u32 seconds, u8 db_len, u16 error, u16 vars_len, vars, db, 00, sql.
struct Query {
  std::uint32_t thread = 0;
  std::uint16_t error = 0;
  std::string_view schema;
  std::string_view sql;
  std::optional<std::uint16_t> client_collation;  ///< which tells the encoding of `sql`
};
Query decode_query(std::string_view body);
/// Type 165: the sql is compressed. `sql` will point into `inflated`.
Query decode_compressed_query(std::string_view body, std::string& inflated);

/// Type 16: u64.
std::uint64_t decode_xid(std::string_view body);

/// Types 33, 34 and 42.
struct GtidEvent {
  Gtid gtid;                         ///< of type 34: number 0
  bool may_have_statements = false;  ///< flag 1: DDL or statement DML
  std::int64_t last_committed = 0;
  std::int64_t sequence_number = 0;
  std::uint64_t immediate_commit_time = 0;  ///< microseconds since 1970; 0: before MySQL 8.0
  std::uint64_t original_commit_time = 0;   ///< on the server that it began on
  std::uint64_t transaction_length = 0;     ///< of all its events, this one included; 0: not sent
  std::uint32_t immediate_server_version = 0;
  std::uint32_t original_server_version = 0;
  std::uint64_t commit_group_ticket = 0;
};
GtidEvent decode_gtid(EventType type, std::string_view body);

/// The identifier of an XA transaction, as it stands in the log.
struct XaId {
  std::uint32_t format = 0;
  std::string_view global;  ///< gtrid
  std::string_view branch;  ///< bqual
};
/// As statements in the log have it: X'6162',X'',1.
std::string to_text(const XaId& id);

/// Type 162: u64 sequence, u32 domain, u8 flags, ...
struct MariadbGtidEvent {
  MariadbGtid gtid;
  bool standalone = false;     ///< exactly one QUERY follows, without an end
  bool transactional = false;  ///< can be rolled back
  bool ddl = false;
  bool xa_prepared = false;   ///< ends with XA_PREPARE
  bool xa_completed = false;  ///< a QUERY with XA COMMIT or XA ROLLBACK
  std::uint64_t commit_id = 0;
  std::optional<XaId> xa;
};
MariadbGtidEvent decode_mariadb_gtid(const EventHeader& header, std::string_view body);

/// Type 35.
GtidSet decode_previous_gtids(std::string_view body);

/// Type 163: in the log's order; of one domain the last one is the newest.
std::vector<MariadbGtid> decode_gtid_list(std::string_view body);

/// Types 35 and 163: what the log has before the file, as each of them stands at its head.
GtidPosition decode_gtids_before(const Event& event);

/// Types 27 and 41.
struct Heartbeat {
  std::string_view file;
  std::uint64_t offset = 0;
};
Heartbeat decode_heartbeat(const Event& event);

/// Type 38: u8 one_phase, u32 format, u32 gtrid_len, u32 bqual_len, data.
struct XaPrepare {
  bool one_phase = false;  ///< MySQL: this is the commit
  XaId id;
};
XaPrepare decode_xa_prepare(std::string_view body);

/// Type 26: u16 number, u8 length, message.
struct Incident {
  std::uint16_t number = 0;  ///< 1: events were lost
  std::string_view message;
};
Incident decode_incident(std::string_view body);

/// Types 29 and 160: the statement behind the rows that follow.
std::string_view decode_rows_query(const Event& event);

}  // namespace cdc::mysql
