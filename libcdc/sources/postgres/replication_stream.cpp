#include "libcdc/sources/postgres/replication_stream.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "libcdc/base/reader.hpp"
#include "libcdc/sources/postgres/pgoutput.hpp"

#include "libcdc/base/error.hpp"

#include "libcdc/sources/postgres/server_error.hpp"

namespace cdc::postgres {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// After a receive of less the socket is empty.
constexpr std::size_t kWorthReceiving = std::size_t{8} * 1024;

/// PQgetCopyData: libpq itself failed, and cannot leave the copy.
constexpr int kCopyFailed = -2;

/// A server that decodes a large transaction may be silent for long, but not for ever.
constexpr milliseconds kLongestSilence{300000};

constexpr milliseconds kLongestStatusInterval{10000};
constexpr milliseconds kShortestStatusInterval{50};

constexpr const char* kPublicationMissing =
    "make the publication, drop the slot, make a new one, and copy the tables anew";

/// Replication commands know one form of literal, in which only quotes are doubled.
std::string quote_replication_literal(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += c;
    quoted += c;
  }
  return quoted + '\'';
}

std::string start_command(const StreamRequest& request, int version) {
  std::string publications;
  for (const std::string& name : request.publications) {
    if (!publications.empty()) publications += ',';
    publications += quote_identifier(name);
  }
  std::string command =
      fmt::format("START_REPLICATION SLOT {} LOGICAL {} (proto_version '{}', publication_names {}",
                  quote_identifier(request.slot), format_lsn(request.start),
                  request.protocol.version, quote_replication_literal(publications));
  if (!request.protocol.streaming.empty()) {
    command += fmt::format(", streaming '{}'", request.protocol.streaming);
  }
  // Messages are always asked for: they count as changes, so that positions do not depend on what
  // the user wants to see.
  if (version >= 140000) command += ", messages 'true'";
  if (request.binary) command += ", binary 'true'";
  if (version >= 160000 && request.local_only) command += ", origin 'none'";
  return command + ")";
}

milliseconds status_interval(Connection& connection) {
  const milliseconds timeout = wal_sender_timeout(connection);
  if (timeout.count() == 0) return kLongestStatusInterval;
  return std::clamp(timeout / 3, kShortestStatusInterval, kLongestStatusInterval);
}

char* put_u64(char* out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) *out++ = static_cast<char>(value >> shift & 0xFFU);
  return out;
}

Error gone(const std::string& words) {
  std::string text = words;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  const auto says = [&text](const char* part) { return text.find(part) != std::string::npos; };
  if (says("lost synchronization") || says("unexpected response") || says("do not agree")) {
    return Error(Fault::protocol, "the server's bytes do not follow its protocol: " + text)
        .with_hint("they were damaged on the way: start again, and report it if it comes again");
  }
  return Error(Fault::unavailable, "the connection to the server is gone").with_detail(text);
}

}  // namespace

milliseconds wal_sender_timeout(Connection& connection) {
  const Result result =
      connection.run("SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'",
                     "cannot read wal_sender_timeout");
  return milliseconds(result.rows() == 0 ? 0 : result.number(0, 0));
}

/// Called by libpq inside its own functions: it records and never throws.
struct NoticeReceiver {
  static void receive(void* context, const PGresult* result) noexcept {
    auto* stream = static_cast<ReplicationStream*>(context);
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state == nullptr || text == nullptr) return;
    try {
      const std::string_view message = text;
      // The text is in the server's language; the name of its function is not.
      const char* place = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
      if (place != nullptr && std::string_view(place) == "LoadPublications") {
        stream->skipped_publication_ = message;
        return;
      }
      stream->log_.warning(fmt::format("the server says: {}", message));
    } catch (...) {
      // Out of memory: the stream itself will fail next.
    }
  }
};

ReplicationStream::ReplicationStream(Connection& connection, const StreamRequest& request,
                                     const Log& log)
    : connection_(connection),
      log_(log),
      slot_(request.slot),
      publications_(request.publications),
      status_interval_(status_interval(connection)),
      last_status_(steady_clock::now()),
      silence_(std::max(kLongestSilence, 2 * wal_sender_timeout(connection))),
      gather_(last_status_) {
  connection.run(start_command(request, connection.server_version()),
                 fmt::format("cannot stream from replication slot '{}'", request.slot));
  PQsetNoticeReceiver(connection.get(), NoticeReceiver::receive, this);
  PQsetnonblocking(connection.get(), 1);
}

ReplicationStream::~ReplicationStream() {
  release();
  PQsetNoticeReceiver(
      connection_.get(), [](void*, const PGresult*) {}, nullptr);
}

void ReplicationStream::release() {
  PQfreemem(buffer_);
  buffer_ = nullptr;
}

/// After a small receive the socket is empty: another one at once would find little.
bool ReplicationStream::may_rest() {
  if (rest_until_ || received_ >= kWorthReceiving) return false;
  rest_until_ = gather_.plan_nap(steady_clock::now());
  return rest_until_.has_value();
}

/// The size of the next message, taken from what the socket has; 0 where no whole one is at hand.
int ReplicationStream::receive() {
  gather_.go_on(steady_clock::now());
  rest_until_.reset();
  received_ = 0;
  bool alive = PQconsumeInput(connection_.get()) == 1;
  int size = PQgetCopyData(connection_.get(), &buffer_, 1);
  if (size == 0 && alive && PQsslInUse(connection_.get()) != 0) {
    // The rest of a TLS record may wait inside the TLS library, where poll(2) does not see it.
    alive = PQconsumeInput(connection_.get()) == 1;
    size = PQgetCopyData(connection_.get(), &buffer_, 1);
  }
  if (size == 0 && !alive) throw gone(PQerrorMessage(connection_.get()));
  return size;
}

std::optional<Frame> ReplicationStream::next() {
  release();
  int size = PQgetCopyData(connection_.get(), &buffer_, 1);
  // A receive ends with a TLS record: there only an empty one says that no more is at hand.
  const bool tls = PQsslInUse(connection_.get()) != 0;
  if (size == 0 && (tls || !may_rest())) size = receive();
  if (size == 0 && tls) may_rest();
  if (!skipped_publication_.empty()) {
    throw Error(Fault::state,
                "a publication did not exist when changes were made, and the server skips them: " +
                    skipped_publication_)
        .with_hint(kPublicationMissing);
  }
  if (size == 0) return std::nullopt;
  if (size == kCopyFailed) throw gone(PQerrorMessage(connection_.get()));
  if (size < 0) throw_end();
  silence_.end();
  gather_.add_message(static_cast<std::size_t>(size));
  received_ += static_cast<std::size_t>(size);
  return read_frame({buffer_, static_cast<std::size_t>(size)});
}

Frame ReplicationStream::read_frame(std::string_view bytes) {
  Frame frame;
  ByteReader in(bytes.substr(1));
  if (bytes.front() == 'w') {
    silence_.end_with_data();
    in.u64();
    frame.wal_end = in.u64();
    frame.server_time = from_postgres_time(in.u64());
    frame.message = in.bytes(in.remaining());
  } else if (bytes.front() == 'k') {
    frame.kind = Frame::Kind::keepalive;
    frame.wal_end = in.u64();
    frame.server_time = from_postgres_time(in.u64());
    frame.reply_requested = in.u8() != 0;
  } else {
    in.fail();
  }
  if (!in.ok()) {
    throw Error(Fault::protocol,
                fmt::format("cannot decode a replication frame of type '{}' ({} bytes) at byte {}",
                            bytes.front(), bytes.size(), in.offset()))
        .with_hint("the stream is damaged: please report it with the server's version");
  }
  wal_end_seen_ = std::max(wal_end_seen_, frame.wal_end);
  return frame;
}

void ReplicationStream::throw_end() {
  // The first error is the reason; those behind it only say that the connection is gone.
  while (PGresult* raw = PQgetResult(connection_.get())) {
    const Result result(raw);
    const ExecStatusType status = PQresultStatus(raw);
    if (status == PGRES_COPY_BOTH || status == PGRES_COPY_IN || status == PGRES_COPY_OUT) break;
    if (status != PGRES_FATAL_ERROR) continue;
    const char* state = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
    const char* text = PQresultErrorField(raw, PG_DIAG_MESSAGE_PRIMARY);
    if (state == nullptr || text == nullptr) break;
    const bool missing = std::string_view(state) == "42704";
    throw to_error({state, text, missing ? kPublicationMissing : ""},
                   fmt::format("the server ended the stream of slot '{}'", slot_));
  }
  throw gone(PQerrorMessage(connection_.get()));
}

Next ReplicationStream::pace() {
  if (rest_until_) return {Next::Kind::nap, *rest_until_};
  probe(steady_clock::now());
  return {Next::Kind::wait, {}};
}

void ReplicationStream::probe(Instant now) {
  const Silence::Step step = silence_.next(now);
  if (step == Silence::Step::ask) send_status(Reply::please);
  if (step != Silence::Step::give_up) return;
  throw gone(fmt::format("the server has not answered for {} s",
                         duration_cast<std::chrono::seconds>(now - *silence_.asked()).count()));
}

void ReplicationStream::acknowledge(Lsn flushed, Lsn written) {
  flushed_ = std::max(flushed_, flushed);
  written_ = std::max({written_, written, flushed_});
  send_status(written_, flushed_, Reply::no);
  if (written_ > flushed_) send_status();
}

void ReplicationStream::keep_alive() {
  if (steady_clock::now() - last_status_ >= status_interval_) {
    send_status();
  } else {
    PQflush(connection_.get());
  }
}

/// A server that stops waits until everything is flushed, or, where that is not said, written.
void ReplicationStream::send_status(Reply reply) {
  send_status(written_, written_ > flushed_ ? 0 : flushed_, reply);
}

void ReplicationStream::send_status(Lsn written, Lsn flushed, Reply reply) {
  std::array<char, 34> status{};
  char* at = status.data();
  *at++ = 'r';
  at = put_u64(at, written);
  at = put_u64(at, flushed);
  at = put_u64(at, flushed);
  at = put_u64(at, static_cast<std::uint64_t>(unix_now() - kPostgresEpoch));
  *at = reply == Reply::please ? 1 : 0;
  if (PQputCopyData(connection_.get(), status.data(), static_cast<int>(status.size())) < 0 ||
      PQflush(connection_.get()) < 0) {
    throw gone(PQerrorMessage(connection_.get()));
  }
  last_status_ = steady_clock::now();
}

void ReplicationStream::end(Instant deadline) noexcept {
  pg_conn* connection = connection_.get();
  if (PQputCopyEnd(connection, nullptr) < 0) return;
  pollfd watched{PQsocket(connection), POLLIN, 0};
  // It answers in order; what it still sends before its answer is not ours any more.
  for (int size = 0; size >= 0;) {
    release();
    size = PQgetCopyData(connection, &buffer_, 1);
    if (size != 0) continue;
    const auto left = duration_cast<milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0 || PQflush(connection) < 0) return;
    ::poll(&watched, 1, static_cast<int>(left.count()));
    if (PQconsumeInput(connection) != 1) return;
  }
}

}  // namespace cdc::postgres
