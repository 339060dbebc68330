#include "libcdc/sources/mysql/log_files.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/events.hpp"
#include "libcdc/sources/mysql/log_reader.hpp"
#include "libcdc/sources/mysql/transactions.hpp"

namespace cdc::mysql {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestWait{30};
constexpr std::int64_t kMicros = 1'000'000;
/// Heads know whole seconds, and the clock of the server that a transaction began on may be a
/// little ahead.
constexpr std::int64_t kClockSlack = 2 * kMicros;
constexpr std::uint64_t kDay = 86400;

/// Nothing where it is a transaction's: the head has ended.
bool add_to(FileHead& head, const Event& event) {
  switch (event.header.type) {
    case EventType::format_description:
      head.time = event.header.timestamp;
      return true;
    case EventType::previous_gtids:
    case EventType::mariadb_gtid_list:
      head.before = decode_gtids_before(event);
      return false;
    case EventType::rotate:
    case EventType::mariadb_start_encryption:
    case EventType::mariadb_binlog_checkpoint:
    case EventType::heartbeat:
    case EventType::heartbeat_v2:
      return true;
    default:
      return false;
  }
}

/// Nothing where the server no longer has the file, or it ends before the place.
std::optional<LogNeed> need_of(const std::vector<LogFile>& files, const BinlogPosition& place) {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const LogFile& file) { return file.name == place.file; });
  if (found == files.end() || place.offset > found->size) return std::nullopt;
  return LogNeed{static_cast<std::size_t>(found - files.begin()), place.offset, true};
}

LogNeed older_of(const LogNeed& a, const LogNeed& b) {
  if (a.file != b.file) return a.file < b.file ? a : b;
  // A place says more than a file.
  if (a.exact != b.exact) return a.exact ? a : b;
  return a.offset < b.offset ? a : b;
}

}  // namespace

std::optional<std::string_view> wait_next(BinlogStream& stream, const Connection& connection,
                                          steady_clock::time_point deadline) {
  while (steady_clock::now() < deadline) {
    const auto bytes = stream.next();
    if (bytes || stream.ended()) return bytes;
    wait_for(stream.fd(), POLLIN, deadline, connection.stop());
  }
  return std::nullopt;
}

void GtidsBefore::take(const Event& event) {
  switch (event.header.type) {
    case EventType::previous_gtids:
    case EventType::mariadb_gtid_list:
      gtids_ = decode_gtids_before(event);
      return;
    case EventType::gtid:
    case EventType::gtid_tagged:
    case EventType::mariadb_gtid:
      return own_gtid(event).add_to(gtids_);
    default:
      return;
  }
}

/// Gives the events of a file, with their places, while more are wanted.
void LogHeads::walk(
    const std::string& file,
    const std::function<bool(const Event& event, std::uint64_t offset)>& wants_more) const {
  Connection connection(settings_, log_, stop_);
  DumpRequest request;
  request.server_id = derived_server_id();
  request.file = file;
  request.until_end = true;
  BinlogStream stream(connection, request);
  LogReader reader;
  reader.restart(file, request.offset);
  while (const auto bytes = wait_next(stream, connection, steady_clock::now() + kLongestWait)) {
    const Event event = reader.read(*bytes);
    if (!wants_more(event, reader.offset())) return;
  }
  if (stream.ended()) return;
  throw Error(Fault::unavailable, fmt::format("the server has sent nothing of {} for {} s", file,
                                              kLongestWait.count()));
}

FileHead LogHeads::read(const std::string& file) const {
  FileHead head;
  walk(file, [&](const Event& event, std::uint64_t) { return add_to(head, event); });
  return head;
}

GtidPosition LogHeads::gtids_at(const BinlogPosition& place) const {
  GtidsBefore before;
  walk(place.file, [&](const Event& event, std::uint64_t offset) {
    if (offset >= place.offset) return false;
    before.take(event);
    return true;
  });
  return before.gtids();
}

std::optional<std::size_t> find_last(const std::vector<LogFile>& files,
                                     const std::function<bool(const std::string& file)>& fits) {
  const auto behind = std::partition_point(
      files.begin(), files.end(), [&fits](const LogFile& file) { return fits(file.name); });
  if (behind == files.begin()) return std::nullopt;
  return static_cast<std::size_t>(behind - files.begin()) - 1;
}

std::size_t find_file_of_time(const std::vector<LogFile>& files, std::int64_t time,
                              const LogHeads& heads) {
  const auto fits = [&](const std::string& file) {
    return heads.read(file).time * kMicros + kClockSlack <= time;
  };
  return find_last(files, fits).value_or(0);
}

std::optional<LogNeed> find_need(const std::vector<LogFile>& files, const ResumePoint& point,
                                 bool by_gtid, const LogHeads& heads) {
  const ResumePosition position = parse_resume_position(point.position);
  std::optional<LogNeed> need;
  if (by_gtid) {
    const auto fits = [&](const std::string& file) {
      const GtidPosition before = heads.read(file).before;
      return has_gtids({{}, before}) && is_empty(minus(before, position.gtids));
    };
    const auto file = find_last(files, fits);
    if (!file) return std::nullopt;
    need = LogNeed{*file, 4, false};
  }
  std::vector<BinlogPosition> places;
  if (position.binlog) places.push_back(*position.binlog);
  if (point.in_transaction) {
    if (const auto begun = parse_binlog_position(point.in_transaction->transaction)) {
      places.push_back(*begun);
    }
  }
  for (const BinlogPosition& place : places) {
    const auto own = need_of(files, place);
    if (!own && !by_gtid) return std::nullopt;
    if (own) need = need ? older_of(*need, *own) : *own;
  }
  return need;
}

std::uint64_t bytes_from(const std::vector<LogFile>& files, const LogNeed& need) {
  const std::uint64_t all = std::accumulate(
      files.begin() + static_cast<std::ptrdiff_t>(need.file), files.end(), std::uint64_t{0},
      [](std::uint64_t sum, const LogFile& file) { return sum + file.size; });
  return all - std::min(all, need.offset);
}

LogExpiry read_expiry(Connection& connection) {
  const auto number = [&](const char* name) {
    return std::strtod(variable(connection, name).c_str(), nullptr);
  };
  LogExpiry expiry;
  expiry.total_size = static_cast<std::uint64_t>(number("max_binlog_total_size"));
  if (variable(connection, "binlog_expire_logs_auto_purge") == "OFF") return expiry;
  expiry.seconds = static_cast<std::uint64_t>(number("binlog_expire_logs_seconds"));
  // Older servers count days, MariaDB parts of them too.
  if (expiry.seconds == 0) {
    expiry.seconds =
        static_cast<std::uint64_t>(std::llround(number("expire_logs_days") * double{kDay}));
  }
  return expiry;
}

}  // namespace cdc::mysql
