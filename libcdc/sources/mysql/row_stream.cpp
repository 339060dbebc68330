#include "libcdc/sources/mysql/row_stream.hpp"

#include <utility>

namespace cdc::mysql {
namespace {

constexpr unsigned char kPrepare = 0x16;
constexpr unsigned char kExecute = 0x17;
constexpr unsigned char kClose = 0x19;
constexpr std::size_t kStatementNumber = 4;

unsigned char kind_of(std::string_view packet) {
  return packet.empty() ? kErrorPacket : static_cast<unsigned char>(packet.front());
}

}  // namespace

RowStream::RowStream(Connection& connection) : channel_(connection) {}

RowStream::~RowStream() {
  // The library would look for the answer to its farewell among the rows.
  if (is_reading()) channel_.shut();
}

void RowStream::begin(const std::string& sql, std::string doing) {
  doing_ = std::move(doing);
  statement_.clear();
  columns_.clear();
  defined_ = 0;
  failure_ = {};
  channel_.send(kPrepare, sql, doing_);
  phase_ = Phase::preparing;
}

RowStream::Got RowStream::next(std::string_view& row) {
  while (phase_ != Phase::idle) {
    const auto packet = channel_.next();
    if (!packet) return Got::nothing;
    const Got got = advance(*packet, row);
    if (got != Got::nothing) return got;
  }
  return Got::nothing;
}

/// Takes one packet; nothing: the next one.
RowStream::Got RowStream::advance(std::string_view packet, std::string_view& row) {
  if (kind_of(packet) == kErrorPacket) {
    failure_ = parse_error_packet(packet);
    return end(Got::failed);
  }
  switch (phase_) {
    case Phase::preparing:
      on_prepared(packet);
      break;
    case Phase::describing:
      if (is_end_packet(packet)) {
        execute();
      } else {
        columns_.push_back(read_sent_column(packet));
      }
      break;
    case Phase::executing:
      // MariaDB leaves the definitions out where they are those of before.
      phase_ = Phase::defining;
      break;
    case Phase::defining:
      if (is_end_packet(packet)) {
        phase_ = Phase::fetching;
      } else {
        if (defined_ < columns_.size()) columns_[defined_] = read_sent_column(packet);
        ++defined_;
      }
      break;
    case Phase::fetching:
      if (is_end_packet(packet)) return end(Got::end);
      row = packet.substr(1);
      return Got::row;
    case Phase::idle:
      break;
  }
  return Got::nothing;
}

/// `00, u32 number of the statement, u16 columns, u16 parameters, ...`
void RowStream::on_prepared(std::string_view packet) {
  statement_ = packet.substr(1, kStatementNumber);
  phase_ = Phase::describing;
}

void RowStream::execute() {
  constexpr std::string_view kNoCursorOnce("\x00\x01\x00\x00\x00", 5);
  channel_.send(kExecute, statement_ + std::string(kNoCursorOnce), doing_);
  phase_ = Phase::executing;
}

RowStream::Got RowStream::end(Got how) {
  phase_ = Phase::idle;
  // This command has no answer.
  if (!statement_.empty()) channel_.send(kClose, statement_, doing_);
  return how;
}

}  // namespace cdc::mysql
