#include "libcdc/sources/postgres/source.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "libcdc/sources/postgres/binary_columns.hpp"
#include "libcdc/sources/postgres/protocol.hpp"
#include "libcdc/sources/postgres/publication.hpp"
#include "libcdc/sources/postgres/sessions.hpp"
#include "libcdc/sources/postgres/slot.hpp"
#include "libcdc/sources/postgres/table_locks.hpp"

#include "libcdc/base/error.hpp"

namespace cdc::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kOldestServer = 100000;
/// A batch is full at this many message bytes or changes: enough that a write of it is worth a
/// system call, little enough that keepalives and signals are served in time.
constexpr std::size_t kBatchBytes = std::size_t{96} * 1024;
constexpr std::size_t kBatchChanges = 2048;
/// How long the slot of a client that died may still look active at the first start.
constexpr milliseconds kSlotPatience{2000};
/// How long the server may take to read the last status.
constexpr milliseconds kLastStatus{50};
constexpr std::string_view kTemporaryPrefix = "cdcctl_temporary_";

std::string temporary_name() {
  std::random_device random;
  return fmt::format("{}{}_{:08x}", kTemporaryPrefix, ::getpid(), random());
}

std::vector<std::string> split_names(const std::string& list) {
  std::vector<std::string> names;
  std::string name;
  for (const char c : list + ",") {
    if (c != ',') {
      name += c;
    } else if (!name.empty()) {
      names.push_back(std::exchange(name, {}));
    }
  }
  return names;
}

/// Removes the temporary publications of processes that crashed: their name holds the PID of the
/// server process that they streamed from, which is now gone, or is by chance our own `pid`.
void drop_leftovers(Connection& plain, int pid, const Log& log) {
  const Result result = plain.run(
      "SELECT pubname FROM pg_catalog.pg_publication WHERE pubname ~ '^cdcctl_temporary_[0-9]+$' "
      "AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity "
      "WHERE pid = substr(pubname, 18)::bigint AND pid <> $1::bigint)",
      {std::to_string(pid)}, "cannot look for leftover publications");
  for (int row = 0; row < result.rows(); ++row) {
    drop_publication(plain, result.string(row, 0));
    log.info(fmt::format("dropped publication '{}', left behind by a crash", result.text(row, 0)));
  }
}

void check_server(Connection& plain) {
  const int version = plain.server_version();
  if (version < kOldestServer) {
    throw Error(Fault::refused,
                fmt::format("the server is PostgreSQL {}.{}; logical replication with pgoutput "
                            "begins with 10",
                            version / 10000, version / 100 % 100))
        .with_hint("upgrade the server");
  }
  const Result result = plain.run("SHOW wal_level", "cannot read wal_level");
  if (result.text(0, 0) == "logical") return;
  throw Error(Fault::refused, fmt::format("wal_level is '{}', and logical replication needs "
                                          "'logical'",
                                          result.text(0, 0)))
      .with_hint("ALTER SYSTEM SET wal_level = 'logical'; and restart the server");
}

/// The rows of heartbeats are nobody's data: neither the snapshot nor the stream has them.
SourceRequest without_heartbeats(SourceRequest request, const PostgresOptions& options) {
  if (!options.heartbeat || !options.heartbeat->has_table()) return request;
  request.selection.exclude_tables.emplace_back(options.heartbeat->schema + '.' +
                                                options.heartbeat->table);
  return request;
}

}  // namespace

PostgresOptions read_options(const OptionValues& values, const SourceRequest& request) {
  PostgresOptions options;
  options.slot = values.text("slot");
  options.temporary = values.on("temporary-slot") || options.slot.empty();
  options.create_slot = values.on("create-slot");
  options.failover = values.on("failover");
  options.publications = split_names(values.text("publication"));
  options.create_publication = values.on("create-publication");
  options.local_only = values.text("origin") == "none";
  const std::string protocol = values.text("protocol");
  if (!protocol.empty()) options.protocol = protocol;
  if (values.text("two-phase") == "at-prepare") options.two_phase = TwoPhase::at_prepare;
  options.binary_transfer = values.on("binary-transfer");
  options.heartbeat = read_heartbeat(values.text("heartbeat"), values.text("heartbeat-table"),
                                     options.temporary ? "" : options.slot);
  if (options.temporary && request.keeps_position) {
    throw Error(Fault::usage, "--checkpoint needs a slot that outlives this process")
        .with_hint("give --slot NAME, with --create-slot to make it");
  }
  if (options.temporary && options.failover) {
    throw Error(Fault::usage, "--failover needs a slot that outlives this process")
        .with_hint("give --slot NAME, with --create-slot to make it");
  }
  if (options.create_publication && request.selection.tables.empty()) {
    throw Error(Fault::usage, "--create-publication needs --tables")
        .with_hint("name the tables to publish: --tables public.orders,public.items");
  }
  if (options.create_publication && options.publications.size() > 1) {
    throw Error(Fault::usage,
                "--create-publication makes one publication, and --publication names "
                "several");
  }
  if (request.snapshot.mode != SnapshotMode::never && !request.selection.ops.has(Op::read)) {
    throw Error(Fault::usage, "--snapshot reads rows, which --ops or --emit leaves out")
        .with_hint("add read to --ops and row to --emit, or leave out --snapshot");
  }
  if (options.heartbeat && request.snapshot.mode == SnapshotMode::only) {
    throw Error(Fault::usage,
                "--heartbeat means nothing with --snapshot only, which does not stream")
        .with_hint("leave it out, or say --snapshot initial");
  }
  if (options.slot.empty()) options.slot = temporary_name();
  return options;
}

PostgresSource::PostgresSource(SourceRequest request, PostgresOptions options)
    : request_(without_heartbeats(std::move(request), options)),
      options_(std::move(options)),
      catalog_(request_.connection, *request_.log, *request_.stop),
      builder_(request_.selection, catalog_, options_.local_only ? Origins::none : Origins::any),
      in_progress_(builder_, hold_limits(request_), options_.two_phase) {
  if (options_.heartbeat && options_.heartbeat->has_table()) {
    builder_.expect_heartbeats(options_.heartbeat->schema, options_.heartbeat->table);
  }
}

PostgresSource::~PostgresSource() {
  if (stream_) stream_->end(acknowledged_at_ + kLastStatus);
  stream_.reset();
  connection_.reset();
  if (!owns_publication()) return;
  try {
    const Stop no_stop;
    Connection plain(request_.connection, Connection::Kind::plain, *request_.log, no_stop);
    drop_publication(plain, options_.publications.front());
  } catch (const std::exception& error) {
    request_.log->warning(fmt::format("publication '{}' is left behind: {}",
                                      options_.publications.front(), error.what()),
                          "the next --create-publication removes it, or DROP PUBLICATION does");
  }
}

bool PostgresSource::owns_publication() const {
  return publication_made_ && options_.temporary;
}

void PostgresSource::suspend() {
  heartbeat_.reset();
  snapshot_sessions_.reset();
  snapshot_.reset();
  stream_.reset();
  connection_.reset();
  catalog_.disconnect();
}

void PostgresSource::start(const ResumePoint& after) {
  suspend();
  if (only_exports()) return start_export();
  if (options_.temporary && started_before_) {
    throw Error(Fault::state,
                "the temporary slot is gone with its connection: changes made since "
                "then cannot be had")
        .with_hint(
            "start again for what comes from now on; a stream that survives needs --slot "
            "NAME --create-slot");
  }
  ResumePoint place = started_before_ ? after : without_stale_ordinal(after);
  connection_ = std::make_unique<Connection>(request_.connection, Connection::Kind::replication,
                                             *request_.log, *request_.stop);
  {
    Connection plain(request_.connection, Connection::Kind::plain, *request_.log, *request_.stop);
    check_server(plain);
    choose_protocol(options_.protocol, plain.server_version());
    const ServerIdentity found = identify(*connection_);
    const std::int64_t timeline = check_identity(found);
    prepare_publication(plain);
    // What fails later is a warning: the stream itself still works then.
    if (options_.heartbeat && !started_before_) {
      check_heartbeat(request_.connection, *options_.heartbeat, *request_.log, *request_.stop);
    }
    const auto switched_at = switch_point(*connection_, found, timeline);
    place = without_lost_slot(plain, place, found, switched_at);
    if (takes_snapshot(place)) {
      start_snapshot(plain, place, found, switched_at);
    } else {
      prepare_slot(plain, place, found, switched_at);
    }
    // Only now: an attempt that failed half-way must not become what the next one compares with.
    server_ = found;
  }
  ended_ = !snapshot_ && request_.snapshot.mode == SnapshotMode::only;
  if (!snapshot_ && !ended_) start_stream(place);
  started_before_ = true;
}

/// Ordinals count what the publications send: under others a place inside a transaction means
/// something else, and the transaction is better repeated than cut at the wrong row.
ResumePoint PostgresSource::without_stale_ordinal(const ResumePoint& point) const {
  if (!point.in_transaction || !request_.checkpoint) return point;
  const nlohmann::json& place = request_.checkpoint->offset.at("in_transaction");
  const std::string publications = request_.options.text("publication");
  if (publications.empty() || place.value("publications", publications) == publications) {
    return point;
  }
  request_.log->warning(
      fmt::format("transaction {} is repeated from its beginning: the publications are others than "
                  "when the position in it was remembered",
                  point.in_transaction->transaction));
  return {point.position, std::nullopt};
}

/// Refuses another server than the one that positions belong to: after a reconnect the one before
/// it, else the checkpoint's. Returns the timeline of the positions; 0 where it says nothing here.
std::int64_t PostgresSource::check_identity(const ServerIdentity& found) const {
  if (!started_before_ && !request_.checkpoint) return 0;
  const nlohmann::json known = started_before_ ? identity() : request_.checkpoint->server;
  const std::vector<Finding> differences = compare_identity(known, found);
  if (differences.empty()) return timeline_of(known);
  if (request_.accept_server_change && !started_before_) return 0;
  throw Error(Fault::refused,
              "the position comes from another server: " + differences.front().sentence)
      .with_hint(
          "check the address; if the server was replaced on purpose and has the same history, say "
          "--accept-server-change");
}

void PostgresSource::prepare_publication(Connection& plain) {
  if (options_.create_publication && !started_before_) {
    drop_leftovers(plain, connection_->backend_pid(), *request_.log);
    // A start that failed half-way may have made one under the name of a connection that is gone.
    const bool ours = options_.publications.empty() ||
                      options_.publications.front().starts_with(kTemporaryPrefix);
    if (ours) {
      options_.publications = {
          options_.temporary ? fmt::format("{}{}", kTemporaryPrefix, connection_->backend_pid())
                             : "cdcctl_" + options_.slot};
    }
    if (create_publication(plain, options_.publications.front(), request_.selection,
                           *request_.log)) {
      publication_made_ = true;
    }
  }
  limit_lock_waits(plain);
  read_patiently(plain, "the start", *request_.log, *request_.stop, [&] {
    if (options_.publications.empty()) {
      options_.publications = {choose_publication(plain, request_.selection)};
      request_.log->info(fmt::format("using publication '{}'", options_.publications.front()));
    }
    check_coverage(plain, options_.publications, request_.selection, *request_.log);
    if (options_.binary_transfer) prepare_binary_transfer(plain);
  });
}

void PostgresSource::prepare_binary_transfer(Connection& plain) {
  binary_types_.emplace(catalog_, server_forms(*connection_));
  builder_.read_binary(*binary_types_);
  check_binary_columns(plain, options_.publications, request_.selection, *binary_types_);
}

Error PostgresSource::divergence_error(const Finding& finding, const std::string& position,
                                       Lsn end) const {
  const bool asked_for = !request_.checkpoint && !started_before_;
  if (asked_for && finding.code == "slot_ahead") {
    return Error(Fault::state, fmt::format("position {} is older than slot '{}' can go back to",
                                           position, options_.slot))
        .with_detail(finding.sentence)
        .with_hint("--from beginning starts at the slot's oldest position");
  }
  if (asked_for && finding.code == "slot_missing") {
    return Error(Fault::state,
                 fmt::format("replication slot '{}' does not exist, and a new one cannot begin at "
                             "position {}",
                             options_.slot, position))
        .with_hint("name a slot that is old enough, or leave out --from and say --create-slot");
  }
  if (asked_for && finding.code == "checkpoint_ahead") {
    return Error(Fault::state, fmt::format("position {} is beyond the end of the server's log, {}",
                                           position, format_lsn(end)))
        .with_hint("check --from: going on would skip changes");
  }
  return to_error(finding, Fault::state);
}

/// A standby that takes the place of a lost primary may be promoted soon.
void PostgresSource::throw_followed(const Slot& slot) const {
  const Error error = followed_error(slot);
  if (!started_before_) throw error;
  throw Error(Fault::unavailable, error.message()).with_hint(error.hint());
}

/// The slot to go on with; nothing where it is to be made.
std::optional<Slot> PostgresSource::find_usable_slot(Connection& plain, const ResumePoint& after,
                                                     const ServerIdentity& found,
                                                     std::optional<Lsn> switched_at) {
  slot_holds_from_.reset();  // of a slot that may be gone
  std::optional<Slot> slot = options_.temporary ? std::nullopt : find_slot(plain, options_.slot);
  if (slot && is_followed(*slot)) throw_followed(*slot);
  const std::optional<Lsn> position = parse_lsn(after.position);
  const bool begins_new = !slot && request_.starts_now && !started_before_;
  if (position && !options_.temporary && !begins_new) {
    const std::vector<Finding> findings = find_divergence(
        options_.slot, slot, *position, found.wal_end, switched_at, inside_of(after));
    if (!findings.empty()) {
      throw divergence_error(findings.front(), after.position, found.wal_end);
    }
  }
  if (slot) {
    check_usable(*slot, found.database);
    check_two_phase(*slot);
    if (options_.failover) check_failover(*slot, plain.server_version());
  } else if (!options_.temporary && !options_.create_slot) {
    throw Error(Fault::state, fmt::format("replication slot '{}' does not exist", options_.slot))
        .with_hint(
            "make it with --create-slot or cdcctl slot create; it streams what is committed "
            "from then on");
  }
  return slot;
}

void PostgresSource::prepare_slot(Connection& plain, const ResumePoint& after,
                                  const ServerIdentity& found, std::optional<Lsn> switched_at) {
  if (find_usable_slot(plain, after, found, switched_at)) return;
  const std::optional<Lsn> position = parse_lsn(after.position);
  const Lsn point = create_slot(plain, false).point;
  if (!position || *position >= point || request_.starts_now) return;
  throw Error(
      Fault::state,
      fmt::format("position {} is older than slot '{}', which was just made and begins at {}",
                  after.position, options_.slot, format_lsn(point)))
      .with_hint("a new slot cannot go back: leave out --from, or name a slot that is old enough");
}

/// Whether a slot sends prepared transactions was said when it was made; the option that would say
/// so at START switches it for good.
void PostgresSource::check_two_phase(const Slot& slot) {
  if (options_.two_phase == TwoPhase::at_prepare && !slot.two_phase) {
    throw Error(Fault::refused,
                fmt::format("replication slot '{}' does not decode prepared transactions, which "
                            "--two-phase at-prepare needs",
                            slot.name))
        .with_hint(
            "make another slot for it: cdcctl slot create --two-phase, or --create-slot with a new "
            "name");
  }
  if (options_.two_phase == TwoPhase::at_commit && slot.two_phase) {
    slot_holds_from_ = slot.confirmed_flush_lsn.value_or(0);
  }
}

NewSlot PostgresSource::create_slot(Connection& plain, bool export_snapshot) {
  NewSlot made = postgres::create_slot(
      *connection_,
      {options_.slot, options_.temporary, options_.failover,
       options_.two_phase == TwoPhase::at_prepare, export_snapshot},
      [&](seconds waited) {
        if (snapshot_sessions_) snapshot_sessions_->yield_to_waiters(plain);
        if (waited != seconds(2) && waited.count() % 10 != 0) return;
        const Blockers blockers = find_blockers(plain);
        request_.log->warning(
            fmt::format("creating slot '{}' waits for {}", options_.slot, blockers.words),
            blockers.way_out);
      });
  request_.log->info(fmt::format("created {}replication slot '{}' at {}",
                                 options_.temporary ? "temporary " : "", options_.slot,
                                 format_lsn(made.point)));
  return made;
}

void PostgresSource::start_stream(const ResumePoint& after) {
  const Lsn position = parse_lsn(after.position).value_or(0);
  const StreamRequest stream{options_.slot,
                             options_.publications,
                             slot_holds_from_.value_or(position),
                             options_.local_only,
                             choose_protocol(options_.protocol, connection_->server_version()),
                             options_.binary_transfer};
  const auto patience =
      started_before_ ? wal_sender_timeout(*connection_) + kSlotPatience : kSlotPatience;
  await_slot(options_.slot, patience, *request_.log, *request_.stop, [&] {
    stream_ = std::make_unique<ReplicationStream>(*connection_, stream, *request_.log);
  });
  builder_.restart(after, connection_->database(), connection_->encoding());
  in_progress_.restart(position);
  seen_ = stream.start;
  if (options_.heartbeat) {
    heartbeat_ =
        std::make_unique<Heartbeat>(request_.connection, *options_.heartbeat, *request_.log);
  }
  if (slot_holds_from_) return builder_.leave_out_before(position);
  // Later starts go on behind what was delivered, which may not be remembered yet.
  const bool remembered = request_.checkpoint != nullptr && !started_before_;
  if (remembered && request_.consumes) stream_->acknowledge(position, position);
}

Next PostgresSource::poll(Batch& batch) {
  if (ended_) return {Next::Kind::end, {}};
  if (snapshot_) return poll_snapshot(batch);
  stream_->keep_alive();
  if (heartbeat_) heartbeat_->keep(steady_clock::now());
  std::size_t bytes = 0;
  while (bytes < kBatchBytes && batch.changes().size() < kBatchChanges) {
    if (in_progress_.replaying()) {
      bytes += in_progress_.replay(batch);
      continue;
    }
    const std::optional<Frame> frame = stream_->next();
    if (!frame) {
      builder_.leave_batch();
      return stream_->pace();
    }
    bytes += frame->message.size();
    handle(*frame, batch);
  }
  builder_.leave_batch();
  return {Next::Kind::poll, {}};
}

void PostgresSource::handle(const Frame& frame, Batch& batch) {
  if (frame.kind == Frame::Kind::data) {
    seen_ = std::max(seen_, frame.wal_end);
    if (in_progress_.concerns(frame.message)) {
      return in_progress_.take(frame.message, frame.wal_end, batch);
    }
    // Values point into this copy until the batch is reset, and are changed in place there.
    char* message = batch.arena().allocate(frame.message.size());
    std::copy(frame.message.begin(), frame.message.end(), message);
    builder_.at(frame.wal_end);
    builder_.add(message, frame.message.size(), batch);
    return;
  }
  handle_keepalive(frame, batch);
}

void PostgresSource::handle_keepalive(const Frame& frame, Batch& batch) {
  if (!builder_.in_transaction()) seen_ = std::max(seen_, frame.wal_end);
  builder_.advance(frame.wal_end, frame.server_time, batch);
  if (frame.reply_requested) {
    stream_->send_status();
    batch.ask_for_commit();
  }
  if (const auto word = in_progress_.overdue(frame.server_time)) {
    request_.log->warning(*word, "SELECT * FROM pg_prepared_xacts; shows it: end it there");
  }
}

int PostgresSource::wait_fd() const {
  if (snapshot_) return snapshot_->wait_fd();
  return connection_ ? PQsocket(connection_->get()) : -1;
}

void PostgresSource::keep_alive() {
  if (stream_) stream_->keep_alive();
}

void PostgresSource::acknowledge(std::string_view resume) {
  const std::optional<Lsn> lsn = parse_lsn(resume);
  if (!stream_ || !lsn) return;
  // Behind what was read there may be prepared transactions that are not known yet.
  stream_->acknowledge(
      slot_holds_from_ ? in_progress_.acknowledgeable(std::min(*lsn, seen_)) : *lsn, *lsn);
  acknowledged_at_ = steady_clock::now();
}

std::string PostgresSource::end_position() {
  Connection plain(request_.connection, Connection::Kind::plain, *request_.log, *request_.stop);
  return format_lsn(wal_end(plain));
}

nlohmann::json PostgresSource::identity() const {
  return to_json(server_);
}

std::uint64_t PostgresSource::bytes_behind() const {
  const Lsn end = std::max(server_.wal_end, stream_ ? stream_->wal_end_seen() : 0);
  return end > seen_ ? end - seen_ : 0;
}

}  // namespace cdc::postgres
