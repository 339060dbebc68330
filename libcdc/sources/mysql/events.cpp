#include "libcdc/sources/mysql/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/inflate.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {
namespace {

[[noreturn]] void malformed(EventType type, const char* what = "it is cut off") {
  throw Error(Fault::protocol, fmt::format("{}: {}", describe(type), what));
}

void require(const LittleReader& in, EventType type) {
  if (!in.ok()) malformed(type);
}

Uuid read_uuid(LittleReader& in) {
  Uuid uuid{};
  const std::string_view bytes = in.bytes(uuid.size());
  std::copy(bytes.begin(), bytes.end(), uuid.begin());
  return uuid;
}

/// The status variables in the order in which servers write them. Nothing stands in front of the
/// character set but these.
std::optional<std::uint16_t> find_client_collation(std::string_view variables) {
  LittleReader in(variables);
  while (in.remaining() != 0) {
    switch (in.u8()) {
      case 0:  // flags
      case 3:  // auto_increment
        in.u32();
        break;
      case 1:  // sql_mode
        in.u64();
        break;
      case 2:  // catalog, with a 0 behind it
        in.bytes(in.u8());
        in.u8();
        break;
      case 6:  // catalog
        in.bytes(in.u8());
        break;
      case 4: {  // client, connection, server
        const std::uint16_t client = in.u16();
        return in.ok() ? std::optional(client) : std::nullopt;
      }
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

Query read_query(EventType type, std::string_view body) {
  LittleReader in(body);
  Query query;
  query.thread = in.u32();
  in.u32();
  const std::uint8_t schema_size = in.u8();
  query.error = in.u16();
  query.client_collation = find_client_collation(in.bytes(in.u16()));
  query.schema = in.bytes(schema_size);
  if (in.u8() != 0) malformed(type, "the name of the schema does not end with 0");
  query.sql = in.rest();
  require(in, type);
  return query;
}

/// A number whose top bit says that another one follows.
std::uint64_t take_flag(std::uint64_t& number, unsigned top_bit) {
  const std::uint64_t flag = number >> top_bit & 1U;
  number &= ~(std::uint64_t{1} << top_bit);
  return flag;
}

/// MySQL 5.6 ends behind the number, 5.7 behind the clock; later ones add more.
void read_gtid_tail(GtidEvent& event, LittleReader& in) {
  if (in.remaining() == 0 || in.u8() != 2) return;
  event.last_committed = static_cast<std::int64_t>(in.u64());
  event.sequence_number = static_cast<std::int64_t>(in.u64());
  if (in.remaining() == 0) return;
  event.immediate_commit_time = in.u56();
  event.original_commit_time =
      take_flag(event.immediate_commit_time, 55) != 0 ? in.u56() : event.immediate_commit_time;
  if (in.remaining() == 0) return;
  event.transaction_length = in.length_encoded();
  if (in.remaining() == 0) return;
  std::uint64_t version = in.u32();
  const bool original_follows = take_flag(version, 31) != 0;
  event.immediate_server_version = static_cast<std::uint32_t>(version);
  event.original_server_version = original_follows ? in.u32() : event.immediate_server_version;
  if (in.remaining() >= 8) event.commit_group_ticket = in.u64();
}

GtidEvent read_gtid(LittleReader& in) {
  GtidEvent event;
  event.may_have_statements = (in.u8() & 1U) != 0;
  event.gtid.uuid = read_uuid(in);
  event.gtid.number = in.u64();
  read_gtid_tail(event, in);
  return event;
}

/// The trailing one bits of the first byte count the bytes behind it; the rest is the number.
std::uint64_t read_varlen(LittleReader& in) {
  const std::uint8_t first = in.u8();
  const auto further = static_cast<unsigned>(std::countr_one(first));
  if (further == 0) return first >> 1;
  if (further == 8) return in.u64();
  return (in.number(further) << 8 | first) >> (further + 1);
}

std::int64_t read_signed_varlen(LittleReader& in) {
  const std::uint64_t number = read_varlen(in);
  return static_cast<std::int64_t>((number >> 1) ^ (0 - (number & 1U)));
}

void read_tagged_field(std::uint64_t field, GtidEvent& event, LittleReader& in) {
  switch (field) {
    case 0:
      event.may_have_statements = (read_varlen(in) & 1U) != 0;
      return;
    case 1:
      for (std::uint8_t& byte : event.gtid.uuid) byte = static_cast<std::uint8_t>(read_varlen(in));
      return;
    case 2:
      event.gtid.number = static_cast<std::uint64_t>(read_signed_varlen(in));
      return;
    case 3: {
      const std::uint64_t size = read_varlen(in);
      if (size > in.remaining()) return in.fail();
      event.gtid.tag = in.bytes(static_cast<std::size_t>(size));
      return;
    }
    case 4:
      event.last_committed = read_signed_varlen(in);
      return;
    case 5:
      event.sequence_number = read_signed_varlen(in);
      return;
    case 6:
      event.immediate_commit_time = read_varlen(in);
      return;
    case 7:
      event.original_commit_time = read_varlen(in);
      return;
    case 8:
      event.transaction_length = read_varlen(in);
      return;
    case 9:
      event.immediate_server_version = static_cast<std::uint32_t>(read_varlen(in));
      return;
    case 10:
      event.original_server_version = static_cast<std::uint32_t>(read_varlen(in));
      return;
    case 11:
      event.commit_group_ticket = read_varlen(in);
      return;
    default:
      // Of a newer server, which says in the head that older readers may stop here.
      in.rest();
  }
}

/// `varlen version, size, last field that must be known`, then fields behind their numbers.
GtidEvent read_tagged_gtid(LittleReader& in) {
  constexpr std::uint64_t kLastField = 11;
  GtidEvent event;
  const std::uint64_t version = read_varlen(in);
  read_varlen(in);
  const std::uint64_t last_needed = read_varlen(in);
  if (version != 1) malformed(EventType::gtid_tagged, "its version is not known");
  // The head has the number behind the last one; none is needed where it is 0.
  if (last_needed > kLastField + 1) {
    malformed(EventType::gtid_tagged, "it has fields that are not known");
  }
  while (in.ok() && in.remaining() != 0) read_tagged_field(read_varlen(in), event, in);
  if (event.original_commit_time == 0) event.original_commit_time = event.immediate_commit_time;
  if (event.original_server_version == 0) {
    event.original_server_version = event.immediate_server_version;
  }
  return event;
}

bool is_tag(std::string_view text) {
  constexpr std::size_t kLongest = 32;
  return text.size() <= kLongest && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

void append_hex(std::string_view bytes, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "X'";
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    out += kDigits[value >> 4];
    out += kDigits[value & 15U];
  }
  out += '\'';
}

Heartbeat decode_heartbeat_v2(const Event& event) {
  LittleReader in(event.body);
  Heartbeat heartbeat;
  while (in.ok() && in.remaining() != 0) {
    const std::uint64_t field = in.length_encoded();
    if (field == 0) break;
    LittleReader value(in.length_encoded_bytes());
    if (field == 1) heartbeat.file = value.rest();
    if (field == 2) heartbeat.offset = value.length_encoded();
    if (!value.ok()) in.fail();
  }
  require(in, event.header.type);
  return heartbeat;
}

}  // namespace

Rotate decode_rotate(std::string_view body) {
  LittleReader in(body);
  Rotate rotate;
  rotate.offset = in.u64();
  rotate.file = in.rest();
  require(in, EventType::rotate);
  if (rotate.file.empty()) malformed(EventType::rotate, "it names no file");
  return rotate;
}

Query decode_query(std::string_view body) {
  return read_query(EventType::query, body);
}

Query decode_compressed_query(std::string_view body, std::string& inflated) {
  Query query = read_query(EventType::mariadb_compressed_query, body);
  inflate_mariadb(query.sql, inflated);
  query.sql = inflated;
  return query;
}

std::uint64_t decode_xid(std::string_view body) {
  LittleReader in(body);
  const std::uint64_t xid = in.u64();
  require(in, EventType::xid);
  return xid;
}

GtidEvent decode_gtid(EventType type, std::string_view body) {
  LittleReader in(body);
  GtidEvent event = type == EventType::gtid_tagged ? read_tagged_gtid(in) : read_gtid(in);
  require(in, type);
  if (!is_tag(event.gtid.tag)) malformed(type, "its tag is malformed");
  const bool anonymous = type == EventType::anonymous_gtid;
  if (!anonymous && (event.gtid.number == 0 || event.gtid.number > GtidSet::kLastNumber)) {
    malformed(type, "its number is out of range");
  }
  return event;
}

std::string to_text(const XaId& id) {
  std::string text;
  append_hex(id.global, text);
  text += ',';
  append_hex(id.branch, text);
  text += ',';
  text += fmt::format_int(id.format).c_str();
  return text;
}

MariadbGtidEvent decode_mariadb_gtid(const EventHeader& header, std::string_view body) {
  LittleReader in(body);
  MariadbGtidEvent event;
  event.gtid.sequence = in.u64();
  event.gtid.domain = in.u32();
  event.gtid.server = header.server_id;
  const std::uint8_t flags = in.u8();
  event.standalone = (flags & 0x01U) != 0;
  event.transactional = (flags & 0x04U) != 0;
  event.ddl = (flags & 0x20U) != 0;
  event.xa_prepared = (flags & 0x40U) != 0;
  event.xa_completed = (flags & 0x80U) != 0;
  if ((flags & 0x02U) != 0) event.commit_id = in.u64();
  if (event.xa_prepared || event.xa_completed) {
    XaId id;
    id.format = in.u32();
    const std::uint8_t global = in.u8();
    const std::uint8_t branch = in.u8();
    id.global = in.bytes(global);
    id.branch = in.bytes(branch);
    event.xa = id;
  }
  require(in, EventType::mariadb_gtid);
  return event;
}

GtidSet decode_previous_gtids(std::string_view body) {
  try {
    return GtidSet::decode(body);
  } catch (const Error&) {
    malformed(EventType::previous_gtids, "its GTID set is malformed");
  }
}

std::vector<MariadbGtid> decode_gtid_list(std::string_view body) {
  constexpr std::uint32_t kCountBits = 0x0fffffff;
  constexpr std::size_t kGtidSize = 16;
  LittleReader in(body);
  const std::uint32_t count = in.u32() & kCountBits;
  if (count > in.remaining() / kGtidSize) malformed(EventType::mariadb_gtid_list);
  std::vector<MariadbGtid> gtids(count);
  for (MariadbGtid& gtid : gtids) {
    gtid.domain = in.u32();
    gtid.server = in.u32();
    gtid.sequence = in.u64();
  }
  require(in, EventType::mariadb_gtid_list);
  return gtids;
}

GtidPosition decode_gtids_before(const Event& event) {
  if (event.header.type == EventType::previous_gtids) return decode_previous_gtids(event.body);
  MariadbGtidPosition position;
  for (const MariadbGtid& gtid : decode_gtid_list(event.body)) position.set(gtid);
  return position;
}

Heartbeat decode_heartbeat(const Event& event) {
  if (event.header.type == EventType::heartbeat_v2) return decode_heartbeat_v2(event);
  return {event.body, event.header.next_position};
}

XaPrepare decode_xa_prepare(std::string_view body) {
  LittleReader in(body);
  XaPrepare prepare;
  prepare.one_phase = in.u8() != 0;
  prepare.id.format = in.u32();
  const std::uint32_t global = in.u32();
  const std::uint32_t branch = in.u32();
  prepare.id.global = in.bytes(global);
  prepare.id.branch = in.bytes(branch);
  require(in, EventType::xa_prepare);
  return prepare;
}

Incident decode_incident(std::string_view body) {
  LittleReader in(body);
  Incident incident;
  incident.number = in.u16();
  incident.message = in.bytes(in.u8());
  require(in, EventType::incident);
  return incident;
}

std::string_view decode_rows_query(const Event& event) {
  if (event.header.type == EventType::mariadb_annotate_rows) return event.body;
  LittleReader in(event.body);
  in.u8();
  require(in, event.header.type);
  return in.rest();
}

}  // namespace cdc::mysql
