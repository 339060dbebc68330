// The binlog past MariaDB Connector/C, whose own reader refuses events that only MySQL writes.

#include <fmt/format.h>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/binlog_stream.hpp"
#include "libcdc/sources/mysql/packet_channel.hpp"

namespace cdc::mysql {
namespace {

constexpr unsigned char kDump = 18;
constexpr unsigned char kDumpGtid = 30;

}  // namespace

struct BinlogStream::Transport {
  explicit Transport(Connection& connection) : packets(connection) {}

  PacketChannel packets;
};

BinlogStream::BinlogStream(Connection& connection, const DumpRequest& request) {
  prepare_dump(connection, request);
  transport_ = std::make_unique<Transport>(connection);
  transport_->packets.send(request.executed ? kDumpGtid : kDump,
                           dump_command(request, connection.flavor()), "cannot ask for the binlog");
}

BinlogStream::~BinlogStream() {
  // The library would wait for an answer to its farewell among the events that are still to come.
  transport_->packets.shut();
}

std::optional<std::string_view> BinlogStream::next() {
  if (ended_) return std::nullopt;
  std::optional<std::string_view> packet = transport_->packets.next();
  if (!packet) return std::nullopt;
  const auto kind = packet->empty() ? kErrorPacket : static_cast<unsigned char>(packet->front());
  if (kind == kOkPacket) {
    packet->remove_prefix(1);
    return packet;
  }
  if (is_end_packet(*packet)) {
    ended_ = true;
    return std::nullopt;
  }
  if (kind == kErrorPacket) throw dump_error(*packet);
  throw Error(Fault::protocol, fmt::format("the server sent a packet of kind {} where an event of "
                                           "the binlog was to come",
                                           kind));
}

int BinlogStream::fd() const {
  return transport_->packets.fd();
}

}  // namespace cdc::mysql
