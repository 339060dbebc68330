#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/events.hpp"
#include "libcdc/sources/mysql/statement.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void read_statement(const Query& query) {
  const Statement statement = classify(query.sql);
  if (statement.kind == StatementKind::truncate) require(!statement.table.empty());
}

void read_body(const Event& event) {
  std::string inflated;
  switch (event.header.type) {
    case EventType::format_description: {
      const EventFormat format(event);
      require(format.checksum() != ChecksumAlgorithm::undefined);
      return;
    }
    case EventType::rotate:
      decode_rotate(event.body);
      return;
    case EventType::query:
      return read_statement(decode_query(event.body));
    case EventType::mariadb_compressed_query:
      return read_statement(decode_compressed_query(event.body, inflated));
    case EventType::xid:
      decode_xid(event.body);
      return;
    case EventType::gtid:
    case EventType::anonymous_gtid:
    case EventType::gtid_tagged: {
      const GtidEvent gtid = decode_gtid(event.header.type, event.body);
      if (event.header.type == EventType::anonymous_gtid) return;
      GtidSet set;
      set.add(gtid.gtid);
      require(GtidSet::decode(set.encode()) == set);
      return;
    }
    case EventType::mariadb_gtid:
      if (const auto xa = decode_mariadb_gtid(event.header, event.body).xa) to_text(*xa);
      return;
    case EventType::previous_gtids: {
      const GtidSet set = decode_previous_gtids(event.body);
      require(GtidSet::decode(set.encode()) == set);
      require(GtidSet::parse(set.text()) == set);
      return;
    }
    case EventType::mariadb_gtid_list:
      decode_gtid_list(event.body);
      return;
    case EventType::heartbeat:
    case EventType::heartbeat_v2:
      decode_heartbeat(event);
      return;
    case EventType::xa_prepare:
      to_text(decode_xa_prepare(event.body).id);
      return;
    case EventType::incident:
      decode_incident(event.body);
      return;
    case EventType::rows_query:
    case EventType::mariadb_annotate_rows:
      decode_rows_query(event);
      return;
    default:
      describe(event.header.type);
  }
}

}  // namespace

/// One event: header, body, no checksum unless it fits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    read_body(EventFormat().parse({reinterpret_cast<const char*>(data), size}));
  } catch (const Error& error) {
    require(error.fault() == Fault::protocol);
  }
  return 0;
}
