#include "libcdc/sources/mysql/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/events.hpp"
#include "libcdc/sources/mysql/log_files.hpp"

namespace cdc::mysql {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t kFirstEvent = 4;
/// So many of them missing mean that the server, or the way to it, is gone.
constexpr milliseconds kLongestSilence{10000};

}  // namespace

MysqlOptions read_options(const OptionValues& values, Flavor flavor) {
  MysqlOptions options;
  options.flavor = flavor;
  const std::string id = values.text("server-id");
  if (id.empty()) {
    options.server_id = derived_server_id();
  } else {
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), options.server_id);
    if (error != std::errc{} || end != id.data() + id.size() || options.server_id == 0) {
      throw Error(Fault::usage,
                  fmt::format("--server-id: '{}' is not a number from 1 to 4294967295", id));
    }
  }
  if (values.text("gtid") == "on") options.gtid = GtidUse::on;
  if (values.text("gtid") == "off") options.gtid = GtidUse::off;
  if (values.text("on-schema-mismatch") == "warn") options.on_mismatch = SchemaMismatch::warn;
  if (values.text("lock") == "none") options.lock = LockUse::none;
  if (values.text("lock") == "brief") options.lock = LockUse::brief;
  if (values.text("on-statement") == "warn") options.on_hidden = HiddenChanges::warn;
  options.files = values.list("files");
  return options;
}

MysqlSource::MysqlSource(SourceRequest request, MysqlOptions options)
    : request_(std::move(request)),
      options_(std::move(options)),
      catalog_(request_.connection, *request_.log, *request_.stop),
      builder_(request_.selection, options_.on_mismatch, catalog_, *request_.log),
      transactions_(builder_, reader_, hold_limits(request_), options_.on_hidden, *request_.log),
      gather_(steady_clock::now()) {}

void MysqlSource::suspend() {
  snapshot_.reset();
  stream_.reset();
  connection_.reset();
  catalog_.disconnect();
}

std::unique_ptr<Connection> connect_as(Flavor flavor, const SourceRequest& request) {
  auto connection = std::make_unique<Connection>(request.connection, *request.log, *request.stop);
  if (connection->flavor() == flavor) return connection;
  throw Error(Fault::refused,
              fmt::format("the server is {}, not {}",
                          connection->flavor() == Flavor::mysql ? "MySQL" : "MariaDB",
                          flavor == Flavor::mysql ? "MySQL" : "MariaDB"))
      .with_hint(fmt::format("say cdcctl tail {}", name(connection->flavor())));
}

bool MysqlSource::same_server(const Server& found) const {
  if (started_before_) return found.uuid == server_.uuid;
  return !request_.checkpoint || compare_identity(request_.checkpoint->server, found).empty();
}

/// Refuses another server than the one that positions belong to: after a reconnect the one before
/// it, else the checkpoint's.
void MysqlSource::check_identity(const Server& found) const {
  if (same_server(found) || request_.accept_server_change) return;
  const nlohmann::json known = started_before_ ? identity() : request_.checkpoint->server;
  const Finding finding = compare_identity(known, found).front();
  throw Error(Fault::refused, "the position comes from another server: " + finding.sentence)
      .with_hint(finding.way_out);
}

/// A place that came without GTIDs is one of a file: there it shows whether it lies between two
/// transactions.
bool MysqlSource::goes_by_gtid(const ResumePosition& place, const Server& found) const {
  if (options_.gtid == GtidUse::off) return false;
  if (options_.gtid == GtidUse::on && !found.gtids) {
    throw Error(Fault::refused, "--gtid on, and gtid_mode of the server is not ON")
        .with_hint("leave out --gtid, or switch GTIDs on in the server");
  }
  return found.gtids && has_gtids(place);
}

/// The GTIDs that lie before a place: MariaDB can say them, MySQL has them in the file.
ResumePosition MysqlSource::with_gtids(Connection& connection, const Server& found,
                                       ResumePosition place) const {
  const bool can_ask = found.gtids && place.binlog && !has_gtids(place) &&
                       place.binlog->offset > kFirstEvent && same_server(found);
  if (!can_ask) return place;
  if (found.flavor == Flavor::mysql) {
    const LogHeads heads(request_.connection, *request_.log, *request_.stop);
    place.gtids = heads.gtids_at(*place.binlog);
    return place;
  }
  const std::string gtids =
      connection.value(fmt::format("SELECT BINLOG_GTID_POS({}, {})",
                                   quote_literal(place.binlog->file), place.binlog->offset),
                       "cannot ask for the GTID position");
  if (!gtids.empty()) place.gtids = MariadbGtidPosition::parse(gtids);
  return place;
}

/// What is remembered or asked for; else the beginning of the log, or its end.
ResumePosition MysqlSource::begin_at(Connection& connection, const ResumePoint& after,
                                     const Server& found) const {
  if (!after.position.empty()) return parse_resume_position(after.position);
  const bool from_beginning = request_.starts_at_beginning || request_.selection.from_time;
  if (!from_beginning) return end_of_log(connection, found);
  const std::vector<LogFile> files = list_log(connection);
  if (files.empty()) throw Error(Fault::state, "the server has no binary log");
  std::size_t first = 0;
  if (request_.selection.from_time) {
    const LogHeads heads(request_.connection, *request_.log, *request_.stop);
    first = find_file_of_time(files, *request_.selection.from_time, heads);
  }
  return {BinlogPosition{files[first].name, kFirstEvent}, {}};
}

void MysqlSource::start(const ResumePoint& after) {
  suspend();
  failure_ = nullptr;
  auto connection = connect_as(options_.flavor, request_);
  const Server found = read_server(*connection);
  check_logs_rows(found);
  check_identity(found);
  const ResumePoint point = without_lost_place(*connection, after, found);
  if (takes_snapshot(point)) {
    start_snapshot(*connection, point, found);
  } else if (request_.snapshot.mode == SnapshotMode::only) {
    ended_ = true;
  } else {
    start_stream(std::move(connection), point, found);
  }
  server_ = found;
  started_before_ = true;
}

void MysqlSource::start_stream(std::unique_ptr<Connection> connection, const ResumePoint& after,
                               const Server& found) {
  ResumePosition place = begin_at(*connection, after, found);
  const bool by_gtid = goes_by_gtid(place, found);
  const auto findings = find_divergence(*connection, found, place, by_gtid, same_server(found));
  if (!findings.empty()) {
    throw to_error(findings.front(), Fault::state);
  }
  place = with_gtids(*connection, found, std::move(place));
  learn_extent(*connection);
  ResumePoint point = after;
  // Places in files, and those inside a transaction, are of the server that they were read from.
  if (!same_server(found)) {
    point.in_transaction.reset();
    place.binlog.reset();
  }
  DumpRequest request = dump_request(place, options_.flavor, by_gtid);
  request.server_id = options_.server_id;
  stream_ = std::make_unique<BinlogStream>(*connection, request);
  connection_ = std::move(connection);
  const BinlogPosition beginning = place.binlog.value_or(BinlogPosition{"", kFirstEvent});
  reader_.restart(beginning.file, beginning.offset);
  builder_.restart(point, options_.flavor);
  transactions_.restart(place, options_.flavor, by_gtid);
  heard_ = steady_clock::now();
}

void MysqlSource::learn_extent(Connection& connection) {
  before_.clear();
  known_end_ = 0;
  for (const LogFile& file : list_log(connection)) {
    before_[file.name] = known_end_;
    known_end_ += file.size;
  }
}

std::uint64_t MysqlSource::bytes_behind() const {
  const auto file = before_.find(reader_.file());
  // A file that came later lies behind all that was known.
  if (file == before_.end()) return 0;
  const std::uint64_t seen = file->second + reader_.end();
  return known_end_ > seen ? known_end_ - seen : 0;
}

Next MysqlSource::poll(Batch& batch) {
  if (snapshot_) return poll_snapshot(batch);
  if (ended_) return {Next::Kind::end, {}};
  std::size_t bytes = 0;
  gather_.go_on(steady_clock::now());
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  while (bytes < kBatchBytes && batch.changes().size() < kBatchChanges) {
    const auto event = transactions_.replaying() ? std::nullopt : stream_->next();
    if (!event && !transactions_.replaying()) return rest(batch);
    try {
      bytes += event ? handle(*event, batch) : transactions_.replay(batch);
    } catch (const Error&) {
      // What stands before it in the log is not to wait for its end.
      if (batch.empty()) throw;
      failure_ = std::current_exception();
      break;
    }
  }
  builder_.leave_batch();
  return {Next::Kind::poll, {}};
}

Next MysqlSource::rest(Batch& batch) {
  builder_.leave_batch();
  const Instant now = steady_clock::now();
  if (!batch.empty()) heard_ = now;
  if (const auto until = gather_.plan_nap(now)) return {Next::Kind::nap, *until};
  if (now - heard_ > kLongestSilence) {
    throw Error(Fault::unavailable,
                fmt::format("the server has sent nothing for {} s, not even a heartbeat",
                            kLongestSilence.count() / 1000));
  }
  return {Next::Kind::wait, {}};
}

std::size_t MysqlSource::handle(std::string_view bytes, Batch& batch) {
  gather_.add_message(bytes.size());
  const Event event = reader_.read(bytes);
  heard_ = steady_clock::now();
  if (event.header.type == EventType::heartbeat || event.header.type == EventType::heartbeat_v2) {
    transactions_.advance(unix_now(), batch);
  } else {
    transactions_.take(event, batch);
  }
  return bytes.size();
}

int MysqlSource::wait_fd() const {
  if (snapshot_) return snapshot_->wait_fd();
  return stream_ ? stream_->fd() : -1;
}

std::string MysqlSource::end_position() {
  const auto connection = connect_as(options_.flavor, request_);
  return to_text(end_of_log(*connection, read_server(*connection)));
}

}  // namespace cdc::mysql
