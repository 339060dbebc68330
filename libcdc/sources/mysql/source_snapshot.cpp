#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/log_probe.hpp"
#include "libcdc/sources/mysql/source.hpp"

/// How MysqlSource takes a snapshot before it streams.
namespace cdc::mysql {
namespace {

Error unfinished_snapshot() {
  return Error(Fault::state, "a snapshot was interrupted: rows are missing before the changes")
      .with_hint("--snapshot initial goes on with it");
}

}  // namespace

void check_snapshot(const SourceRequest& request) {
  if (request.snapshot.mode == SnapshotMode::never || request.selection.ops.has(Op::read)) return;
  throw Error(Fault::usage, "--snapshot reads rows, which --ops or --emit leaves out")
      .with_hint("add read to --ops and row to --emit, or leave out --snapshot");
}

/// Why the server cannot go on after a place; empty where it can. MariaDB says only when it is to
/// send its log that a GTID is gone.
std::string MysqlSource::find_loss(Connection& connection, const ResumePosition& place,
                                   const Server& found) {
  const bool by_gtid = goes_by_gtid(place, found);
  const auto findings = find_divergence(connection, found, place, by_gtid, same_server(found));
  if (!findings.empty()) return findings.front().sentence;
  try {
    try_dump(*connect_as(options_.flavor, request_), place, by_gtid);
  } catch (const Error& error) {
    if (error.fault() != Fault::state) throw;
    return error.message();
  }
  return {};
}

/// Where changes are gone and a snapshot may stand in for them, all begins anew.
ResumePoint MysqlSource::without_lost_place(Connection& connection, const ResumePoint& point,
                                            const Server& found) {
  if (request_.snapshot.mode != SnapshotMode::when_needed || point.position.empty()) return point;
  const std::string loss = find_loss(connection, begin_at(connection, point, found), found);
  if (loss.empty()) return point;
  request_.log->warning(
      loss,
      "changes are gone: all tables are read again; rows that were deleted meanwhile are not told");
  return {};
}

bool MysqlSource::takes_snapshot(const ResumePoint& after) const {
  if (request_.snapshot.mode != SnapshotMode::never) {
    return after.snapshot || after.position.empty();
  }
  if (after.snapshot) throw unfinished_snapshot();
  return false;
}

void MysqlSource::start_snapshot(Connection& connection, const ResumePoint& after,
                                 const Server& found) {
  std::optional<SnapshotState> earlier;
  if (after.snapshot) {
    earlier = parse_snapshot_state(*after.snapshot);
    request_.log->info(fmt::format("going on with snapshot {}", earlier->id));
  }
  std::vector<SnapshotTable> tables =
      plan_snapshot(connection, catalog_, {&request_.selection, request_.snapshot.tables});
  const SnapshotSessions::Setup sessions{
      &request_.connection, request_.log,
      request_.stop,        std::min(request_.snapshot.parallel, tables.size()),
      options_.lock,        options_.gtid != GtidUse::off};
  snapshot_ = std::make_unique<Snapshot>(Snapshot::Setup{sessions, &request_.selection, &catalog_},
                                         found, std::move(tables), std::move(earlier));
  request_.log->info(
      fmt::format("reading the rows of the tables; changes follow from {} on", snapshot_->start()));
}

Next MysqlSource::poll_snapshot(Batch& batch) {
  if (snapshot_->is_done()) return end_snapshot();
  return snapshot_->poll(batch);
}

/// Its last rows were handed out by the poll before.
Next MysqlSource::end_snapshot() {
  const ResumePoint start{snapshot_->start(), std::nullopt};
  snapshot_.reset();
  if (request_.snapshot.mode == SnapshotMode::only) {
    ended_ = true;
    return {Next::Kind::end, {}};
  }
  auto connection = connect_as(options_.flavor, request_);
  // What it has is more than when the snapshot began.
  server_ = read_server(*connection);
  start_stream(std::move(connection), start, server_);
  return {Next::Kind::poll, {}};
}

std::optional<SnapshotStatus> MysqlSource::snapshot_status() const {
  if (!snapshot_) return std::nullopt;
  return snapshot_->status();
}

}  // namespace cdc::mysql
