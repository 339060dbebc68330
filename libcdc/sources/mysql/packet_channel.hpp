#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libcdc/sources/mysql/connection.hpp"

namespace cdc::mysql {

/// The packets of a session, past the client library, which logged in and knows neither every event
/// of a binlog nor how to read rows without waiting for them.
class PacketChannel {
 public:
  /// `connection` outlives it, and runs nothing while an answer is still to come.
  explicit PacketChannel(Connection& connection);
  ~PacketChannel();
  PacketChannel(const PacketChannel&) = delete;
  PacketChannel& operator=(const PacketChannel&) = delete;

  /// Sends one command; `next` gives the packets of its answer. Throws with `doing` in front.
  void send(unsigned char command, std::string_view body, const std::string& doing);

  /// The next payload, valid until the next call; nothing where none has come yet. A closed socket
  /// is unavailable.
  std::optional<std::string_view> next();

  /// Ends the session for both sides, in the middle of an answer.
  void shut();

  /// Readable when there may be more.
  int fd() const;

 private:
  struct Transport;

  Connection& connection_;
  std::unique_ptr<Transport> transport_;
};

/// The first bytes of packets that are no row and no event.
inline constexpr unsigned char kOkPacket = 0x00;
inline constexpr unsigned char kErrorPacket = 0xFF;

/// Whether it ends an answer, or a part of one.
bool is_end_packet(std::string_view packet);

}  // namespace cdc::mysql
