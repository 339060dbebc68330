#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libcdc/base/clock.hpp"
#include "libcdc/flow/gather.hpp"
#include "libcdc/flow/source.hpp"
#include "libcdc/sources/postgres/connection.hpp"
#include "libcdc/sources/postgres/lsn.hpp"
#include "libcdc/sources/postgres/protocol.hpp"
#include "libcdc/sources/postgres/silence.hpp"

namespace cdc::postgres {

struct StreamRequest {
  std::string slot;
  std::vector<std::string> publications;
  Lsn start = 0;            ///< 0: the slot's confirmed position
  bool local_only = false;  ///< leave out what came by replication from elsewhere
  Protocol protocol;
  bool binary = false;  ///< values in their binary form, from 14 on
};

/// What the server sent in one CopyData message.
struct Frame {
  enum class Kind { data, keepalive };
  Kind kind = Kind::data;
  Lsn wal_end = 0;
  std::int64_t server_time = 0;  ///< microseconds since 1970-01-01 UTC
  bool reply_requested = false;  ///< keepalive
  std::string_view message;      ///< data: one pgoutput message, valid until the next `next`
};

/// How long the server waits for a status before it ends a connection; 0: for ever.
std::chrono::milliseconds wal_sender_timeout(Connection& connection);

/// The streaming replication protocol over a connection that it is given: frames in, status out.
/// Source: PostgreSQL documentation, "Streaming Replication Protocol". Frames inside CopyData:
///
///   'w'  start LSN u64, WAL end u64, server's clock i64, message
///   'k'  WAL end u64, server's clock i64, reply requested u8
///   'r'  written u64, flushed u64, applied u64, our clock i64, reply u8    (from us)
class ReplicationStream {
 public:
  /// Begins to stream. The connection outlives it. Throws what the server answers: refused where
  /// another client uses the slot.
  ReplicationStream(Connection& connection, const StreamRequest& request, const Log& log);
  ~ReplicationStream();
  ReplicationStream(const ReplicationStream&) = delete;
  ReplicationStream& operator=(const ReplicationStream&) = delete;

  /// The next frame, or nothing where no whole one is at hand. Throws what ended the stream.
  std::optional<Frame> next();

  /// What to do now that `next` has nothing: how fast messages came decides.
  Next pace();

  /// Everything up to `flushed` is remembered, and the server may forget it; what it must keep up
  /// to `written` is remembered too, so that it need not wait for us when it stops. Told at once.
  void acknowledge(Lsn flushed, Lsn written);
  /// Sends a status where it is due. Cheap.
  void keep_alive();
  void send_status() { send_status(Reply::no); }
  /// Ends the stream and waits until the server has read the last status, but not beyond
  /// `deadline`: a server that is busy sending would find the connection closed before it does.
  void end(Instant deadline) noexcept;

  Lsn wal_end_seen() const { return wal_end_seen_; }

 private:
  enum class Reply { no, please };

  bool may_rest();
  int receive();
  void send_status(Reply reply);
  void send_status(Lsn written, Lsn flushed, Reply reply);
  void probe(Instant now);
  Frame read_frame(std::string_view bytes);
  [[noreturn]] void throw_end();
  void release();

  Connection& connection_;
  const Log& log_;
  std::string slot_;
  std::vector<std::string> publications_;
  char* buffer_ = nullptr;           ///< libpq's copy of the current frame
  std::string skipped_publication_;  ///< the notice, set by its receiver, which must not throw
  Lsn flushed_ = 0;
  Lsn written_ = 0;
  Lsn wal_end_seen_ = 0;
  std::chrono::milliseconds status_interval_{10000};
  Instant last_status_;
  Silence silence_;

  Gather gather_;
  std::optional<Instant> rest_until_;  ///< since the last receive a sleep was decided on
  std::size_t received_ = 0;           ///< message bytes since the last receive

  friend struct NoticeReceiver;
};

}  // namespace cdc::postgres
