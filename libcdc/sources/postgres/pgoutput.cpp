#include "libcdc/sources/postgres/pgoutput.hpp"

#include <fmt/format.h>

#include "libcdc/base/error.hpp"
#include "libcdc/base/reader.hpp"

namespace cdc::postgres {
namespace {

void read_tuple(ByteReader& in, std::vector<Cell>& cells) {
  const std::size_t count = in.u16();
  // A cell has at least one byte, so a count beyond the rest is malformed before it costs memory.
  if (count > in.remaining()) return in.fail();
  cells.resize(count);
  for (Cell& cell : cells) {
    cell.kind = static_cast<char>(in.u8());
    cell.bytes = {};
    if (cell.kind == 't' || cell.kind == 'b') {
      cell.bytes = in.bytes(in.u32());
    } else if (cell.kind != 'n' && cell.kind != 'u') {
      return in.fail();
    }
  }
}

void expect(ByteReader& in, char marker) {
  if (in.u8() != static_cast<unsigned char>(marker)) in.fail();
}

OldImage read_old_image(ByteReader& in, std::uint8_t marker, std::vector<Cell>& cells) {
  if (marker != 'K' && marker != 'O') {
    in.fail();
    return OldImage::none;
  }
  read_tuple(in, cells);
  return static_cast<OldImage>(marker);
}

Begin read_begin(ByteReader& in) {
  Begin begin;
  begin.commit_lsn = in.u64();
  begin.commit_time = from_postgres_time(in.u64());
  begin.xid = in.u32();
  return begin;
}

Commit read_commit(ByteReader& in) {
  Commit commit;
  in.u8();
  commit.commit_lsn = in.u64();
  commit.end_lsn = in.u64();
  in.i64();
  return commit;
}

Origin read_origin(ByteReader& in) {
  in.u64();
  return {in.text()};
}

Relation read_relation(ByteReader& in, std::vector<RelationColumn>& columns) {
  Relation relation;
  relation.oid = in.u32();
  relation.schema = in.text();
  relation.name = in.text();
  relation.identity = static_cast<char>(in.u8());
  const std::size_t count = in.u16();
  if (count > in.remaining()) in.fail();
  columns.resize(in.ok() ? count : 0);
  for (RelationColumn& column : columns) {
    column.identity = (in.u8() & 1U) != 0;
    column.name = in.text();
    column.type = in.u32();
    column.typmod = in.i32();
  }
  relation.columns = columns;
  return relation;
}

Type read_type(ByteReader& in) {
  Type type;
  type.oid = in.u32();
  type.schema = in.text();
  type.name = in.text();
  return type;
}

Insert read_insert(ByteReader& in, std::vector<Cell>& after) {
  Insert insert;
  insert.oid = in.u32();
  expect(in, 'N');
  read_tuple(in, after);
  insert.after = after;
  return insert;
}

Update read_update(ByteReader& in, std::vector<Cell>& old, std::vector<Cell>& after) {
  Update update;
  update.oid = in.u32();
  const std::uint8_t marker = in.u8();
  if (marker != 'N') {
    update.old_image = read_old_image(in, marker, old);
    update.old = old;
    expect(in, 'N');
  }
  read_tuple(in, after);
  update.after = after;
  return update;
}

Delete read_delete(ByteReader& in, std::vector<Cell>& old) {
  Delete deletion;
  deletion.oid = in.u32();
  deletion.old_image = read_old_image(in, in.u8(), old);
  deletion.old = old;
  return deletion;
}

Truncate read_truncate(ByteReader& in, std::vector<std::uint32_t>& oids) {
  Truncate truncate;
  const std::size_t count = in.u32();
  const std::uint8_t options = in.u8();
  if (count > in.remaining() / sizeof(std::uint32_t)) in.fail();
  oids.resize(in.ok() ? count : 0);
  for (std::uint32_t& oid : oids) oid = in.u32();
  truncate.cascade = (options & 1U) != 0;
  truncate.restart_identity = (options & 2U) != 0;
  truncate.oids = oids;
  return truncate;
}

LogicalMessage read_message(ByteReader& in) {
  LogicalMessage message;
  message.transactional = (in.u8() & 1U) != 0;
  message.lsn = in.u64();
  message.prefix = in.text();
  message.content = in.bytes(in.u32());
  return message;
}

StreamStart read_stream_start(ByteReader& in) {
  StreamStart start;
  start.xid = in.u32();
  start.first = in.u8() == 1;
  return start;
}

StreamCommit read_stream_commit(ByteReader& in) {
  StreamCommit commit;
  commit.xid = in.u32();
  in.u8();
  commit.commit_lsn = in.u64();
  commit.end_lsn = in.u64();
  commit.commit_time = from_postgres_time(in.u64());
  return commit;
}

StreamAbort read_stream_abort(ByteReader& in) {
  StreamAbort abort;
  abort.xid = in.u32();
  abort.subxid = in.u32();
  // Only parallel mode says where and when, and only the length tells that it does.
  if (in.remaining() != 0) {
    in.u64();
    in.i64();
  }
  return abort;
}

template <typename T>
T read_prepared_facts(ByteReader& in) {
  T facts;
  facts.prepare_lsn = in.u64();
  facts.end_lsn = in.u64();
  facts.prepare_time = from_postgres_time(in.u64());
  facts.xid = in.u32();
  facts.gid = in.text();
  return facts;
}

template <typename T>
T read_prepare(ByteReader& in) {
  in.u8();
  return read_prepared_facts<T>(in);
}

CommitPrepared read_commit_prepared(ByteReader& in) {
  CommitPrepared commit;
  in.u8();
  commit.commit_lsn = in.u64();
  commit.end_lsn = in.u64();
  commit.commit_time = from_postgres_time(in.u64());
  commit.xid = in.u32();
  commit.gid = in.text();
  return commit;
}

RollbackPrepared read_rollback_prepared(ByteReader& in) {
  RollbackPrepared rollback;
  in.u8();
  rollback.prepare_end_lsn = in.u64();
  rollback.end_lsn = in.u64();
  in.i64();
  rollback.rollback_time = from_postgres_time(in.u64());
  rollback.xid = in.u32();
  rollback.gid = in.text();
  return rollback;
}

Error malformed(std::uint8_t type, const ByteReader& in, std::size_t size) {
  // The reader begins behind the type byte.
  return Error(Fault::protocol,
               fmt::format("cannot decode a pgoutput message of type '{}' ({} bytes) at byte {}",
                           static_cast<char>(type), size, in.offset() + 1))
      .with_hint(
          "the stream is damaged, or the server speaks a newer protocol: please report it "
          "with the server's version");
}

Error unknown(std::uint8_t type, std::size_t size) {
  const std::string shown = type >= 0x20 && type < 0x7F ? std::string(1, static_cast<char>(type))
                                                        : fmt::format("\\x{:02x}", type);
  return Error(Fault::protocol, fmt::format("pgoutput sent a message of unknown type '{}' ({} "
                                            "bytes) at byte 0",
                                            shown, size))
      .with_hint("nothing was skipped; please report it with the server's version");
}

void require_end(std::uint8_t type, ByteReader& in, std::size_t size) {
  if (in.ok() && in.remaining() == 0) return;
  if (in.ok()) in.fail();
  throw malformed(type, in, size);
}

ControlMessage read_control(std::uint8_t type, ByteReader& in, std::size_t size) {
  switch (type) {
    case 'S':
      return read_stream_start(in);
    case 'E':
      return StreamStop{};
    case 'c':
      return read_stream_commit(in);
    case 'A':
      return read_stream_abort(in);
    case 'b':
      return read_prepared_facts<BeginPrepare>(in);
    case 'P':
      return read_prepare<Prepare>(in);
    case 'p':
      return read_prepare<StreamPrepare>(in);
    case 'K':
      return read_commit_prepared(in);
    case 'r':
      return read_rollback_prepared(in);
    default:
      throw unknown(type, size);
  }
}

}  // namespace

ControlMessage decode_control(std::string_view bytes) {
  if (bytes.empty()) throw Error(Fault::protocol, "pgoutput sent an empty message at byte 0");
  const auto type = static_cast<std::uint8_t>(bytes.front());
  ByteReader in(bytes.substr(1));
  const ControlMessage message = read_control(type, in, bytes.size());
  require_end(type, in, bytes.size());
  return message;
}

BlockMessage split_block_message(std::string_view bytes) {
  if (bytes.empty()) throw Error(Fault::protocol, "pgoutput sent an empty message at byte 0");
  const auto type = static_cast<std::uint8_t>(bytes.front());
  BlockMessage message{0, bytes.front(), bytes.substr(1)};
  if (type == 'O') return message;
  if (std::string_view("RYIUDTM").find(bytes.front()) == std::string_view::npos) {
    throw unknown(type, bytes.size());
  }
  ByteReader in(message.body);
  message.xid = in.u32();
  if (!in.ok()) throw malformed(type, in, bytes.size());
  message.body.remove_prefix(sizeof(std::uint32_t));
  return message;
}

ReplicationMessage PgoutputDecoder::decode(std::string_view bytes) {
  if (bytes.empty()) throw Error(Fault::protocol, "pgoutput sent an empty message at byte 0");
  const auto type = static_cast<std::uint8_t>(bytes.front());
  ByteReader in(bytes.substr(1));
  ReplicationMessage message;
  switch (type) {
    case 'I':
      message = read_insert(in, after_);
      break;
    case 'U':
      message = read_update(in, old_, after_);
      break;
    case 'D':
      message = read_delete(in, old_);
      break;
    case 'B':
      message = read_begin(in);
      break;
    case 'C':
      message = read_commit(in);
      break;
    case 'R':
      message = read_relation(in, columns_);
      break;
    case 'Y':
      message = read_type(in);
      break;
    case 'T':
      message = read_truncate(in, oids_);
      break;
    case 'O':
      message = read_origin(in);
      break;
    case 'M':
      message = read_message(in);
      break;
    default:
      throw unknown(type, bytes.size());
  }
  require_end(type, in, bytes.size());
  return message;
}

}  // namespace cdc::postgres
