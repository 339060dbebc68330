#include "libcdc/sources/mysql/transactions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/charset.hpp"
#include "libcdc/sources/mysql/events.hpp"

namespace cdc::mysql {
namespace {

constexpr std::int64_t kMicros = 1'000'000;

/// What stands before a held event's body.
struct HeldHeader {
  EventHeader header;
  std::uint64_t offset = 0;
};

std::int64_t seconds_of(const Event& event) {
  return std::int64_t{event.header.timestamp} * kMicros;
}

/// The statement in UTF-8; its bytes where its character set is not known.
Value text_of(const Query& query, Arena& arena) {
  const std::string_view name =
      query.client_collation ? charset_of_collation(*query.client_collation) : "utf8mb4";
  const Charset* charset = name.empty() ? nullptr : find_charset(name);
  return charset == nullptr ? Value(ValueKind::text, query.sql) : charset->read(query.sql, arena);
}

/// Whether a statement stands inside a transaction, or ends it.
bool is_inside(StatementKind kind) {
  switch (kind) {
    case StatementKind::commit:
    case StatementKind::rollback:
    case StatementKind::savepoint:
    case StatementKind::rollback_to:
    case StatementKind::xa_end:
      return true;
    default:
      return false;
  }
}

std::string_view set_text(const GtidPosition& gtids) {
  if (const auto* set = std::get_if<GtidSet>(&gtids)) return set->text();
  if (const auto* position = std::get_if<MariadbGtidPosition>(&gtids)) return position->text();
  return {};
}

}  // namespace

std::string OwnGtid::text() const {
  if (mariadb) return to_text(*mariadb);
  return number == 0 ? std::string() : gtid_text({uuid, tag, number});
}

void OwnGtid::add_to(GtidPosition& gtids) const {
  auto* set = std::get_if<GtidSet>(&gtids);
  if (set != nullptr && number != 0) set->add({uuid, tag, number});
  auto* position = std::get_if<MariadbGtidPosition>(&gtids);
  if (position != nullptr && mariadb) position->set(*mariadb);
}

OwnGtid own_gtid(const Event& event) {
  if (event.header.type == EventType::mariadb_gtid) {
    return {{}, {}, 0, decode_mariadb_gtid(event.header, event.body).gtid};
  }
  const Gtid gtid = decode_gtid(event.header.type, event.body).gtid;
  return {gtid.uuid, std::string(gtid.tag), gtid.number, std::nullopt};
}

Transactions::Transactions(ChangeBuilder& builder, const LogReader& reader, HoldLimits limits,
                           HiddenChanges on_hidden, const Log& log)
    : builder_(builder),
      reader_(reader),
      limits_(std::move(limits)),
      on_hidden_(on_hidden),
      log_(log) {}

void Transactions::restart(const ResumePosition& done, Flavor flavor, bool by_gtid) {
  flavor_ = flavor;
  by_gtid_ = by_gtid;
  done_ = done.gtids;
  resume_ = to_text(done);
  fresh_ = true;
  begin_ = done.binlog;
  told_.reset();
  open_.reset();
  prepared_.clear();
  replay_.reset();
}

void Transactions::take(const Event& event, Batch& batch) {
  switch (event.header.type) {
    case EventType::table_map:
      return hold(event);
    case EventType::gtid:
    case EventType::anonymous_gtid:
    case EventType::gtid_tagged:
      return on_gtid(event);
    case EventType::mariadb_gtid:
      return on_mariadb_gtid(event);
    case EventType::query:
    case EventType::mariadb_compressed_query:
      return on_query(event, batch);
    case EventType::xid:
      check_open(event);
      return commit(batch);
    case EventType::transaction_payload:
      hold(event);
      return commit(batch);
    case EventType::xa_prepare:
      return on_xa_prepare(event, batch);
    case EventType::format_description:
      return on_format_description();
    case EventType::previous_gtids:
    case EventType::mariadb_gtid_list:
      return on_gtids_before(event);
    default:
      return is_rows_event(event.header.type) ? hold(event) : on_other(event);
  }
}

void Transactions::open(std::int64_t time) {
  if (open_) {
    throw reader_.at_place(Error(
        Fault::protocol, fmt::format("a transaction begins inside the one that began at {}:{}",
                                     open_->file, open_->offset)));
  }
  fresh_ = false;
  open_.emplace();
  open_->file = reader_.file();
  open_->offset = reader_.offset();
  open_->time = time;
}

void Transactions::on_gtid(const Event& event) {
  const GtidEvent gtid = decode_gtid(event.header.type, event.body);
  const auto time = static_cast<std::int64_t>(gtid.original_commit_time);
  open(time == 0 ? seconds_of(event) : time);
  open_->gtid = {gtid.gtid.uuid, std::string(gtid.gtid.tag), gtid.gtid.number, std::nullopt};
}

void Transactions::on_mariadb_gtid(const Event& event) {
  const MariadbGtidEvent gtid = decode_mariadb_gtid(event.header, event.body);
  open(seconds_of(event));
  open_->gtid.mariadb = gtid.gtid;
  open_->began = !gtid.standalone;
  if (gtid.xa && gtid.xa_prepared) open_->xid = to_text(*gtid.xa);
}

void Transactions::on_query(const Event& event, Batch& batch) {
  const Query query = event.header.type == EventType::query
                          ? decode_query(event.body)
                          : decode_compressed_query(event.body, inflated_);
  const Statement statement = classify(query.sql);
  if (is_inside(statement.kind)) check_open(event);
  // Servers before 5.7 write no GTID event where GTIDs are off.
  if (!open_) open(seconds_of(event));
  switch (statement.kind) {
    case StatementKind::begin:
      open_->began = true;
      return;
    case StatementKind::xa_start:
      open_->began = true;
      open_->xid = statement.xid;
      return;
    case StatementKind::xa_end:
    case StatementKind::xa_prepare:
    case StatementKind::savepoint:
    case StatementKind::rollback_to:
      return;
    case StatementKind::commit:
      return commit(batch);
    case StatementKind::rollback:
      return on_rollback(batch);
    case StatementKind::xa_commit:
    case StatementKind::xa_rollback:
      return on_xa_outcome(statement, batch);
    default:
      break;
  }
  if (open_->began) return on_statement_inside(statement);
  on_lone_statement(statement, query, batch);
}

/// Rows come as rows; a statement among them changed what no row shows.
void Transactions::on_statement_inside(const Statement& statement) {
  const bool rows_follow = statement.kind == StatementKind::create_table ||
                           statement.kind == StatementKind::create_or_replace_table;
  if (!rows_follow) report_hidden();
}

void Transactions::on_lone_statement(const Statement& statement, const Query& query, Batch& batch) {
  if (statement.kind == StatementKind::dml) report_hidden();
  if (statement.kind == StatementKind::moves_rows ||
      statement.kind == StatementKind::create_or_replace_table) {
    log_.warning(fmt::format(
        "a statement at {}:{} may have added or removed rows that the log does "
        "not show: {}",
        reader_.file(), reader_.offset(), query.sql.substr(0, query.sql.find_first_of("\n('\""))));
  }
  begin_builder();
  if (statement.kind == StatementKind::truncate) {
    builder_.add_truncate(statement.schema.empty() ? std::string(query.schema) : statement.schema,
                          statement.table, batch);
  } else if (changes_schema(query.sql)) {
    builder_.forget_catalog();
    builder_.add_ddl(query.schema, text_of(query, batch.arena()), batch);
  }
  end_transaction(batch);
}

void Transactions::report_hidden() const {
  const std::string message =
      fmt::format("the log has a statement that changed rows without showing them, at {}:{}",
                  reader_.file(), reader_.offset());
  const std::string hint =
      "SET GLOBAL binlog_format = ROW; and end the sessions that set another one; then copy the "
      "tables anew (--on-statement warn passes over it, and what it changed stays unknown)";
  if (on_hidden_ == HiddenChanges::fail) throw Error(Fault::refused, message).with_hint(hint);
  log_.warning(message, hint);
}

void Transactions::on_rollback(Batch& batch) {
  if (open_->events.memory() + open_->events.spilled() != 0) {
    log_.warning(fmt::format("the transaction at {}:{} was rolled back, and its rows are left out",
                             open_->file, open_->offset));
  }
  open_->events = {};
  commit(batch);
}

void Transactions::on_xa_prepare(const Event& event, Batch& batch) {
  const XaPrepare prepare = decode_xa_prepare(event.body);
  check_open(event);
  if (prepare.one_phase) return commit(batch);
  Prepared held{std::move(open_->events), open_->file, std::move(open_->gtid), resume_};
  prepared_.insert_or_assign(to_text(prepare.id), std::move(held));
  open_.reset();
}

void Transactions::on_xa_outcome(const Statement& statement, Batch& batch) {
  const auto found = prepared_.find(std::string(statement.xid));
  open_->xid = statement.xid;
  if (found == prepared_.end()) {
    log_.warning(
        fmt::format("the XA transaction {} that ends at {}:{} was prepared before the stream "
                    "began: its rows are not shown",
                    statement.xid, reader_.file(), reader_.offset()),
        "begin before it was prepared, with --from, or copy its tables anew");
    return commit(batch);
  }
  Prepared prepared = std::move(found->second);
  prepared_.erase(found);
  const bool commits = statement.kind == StatementKind::xa_commit;
  prepared.gtid.add_to(done_);
  begin_builder();
  if (!commits) return end_transaction(batch);
  begin_replay(std::move(prepared.events), std::move(prepared.file));
}

/// A server that crashed wrote the beginning of a transaction and came up without it.
void Transactions::on_format_description() {
  builder_.forget_ids();
  if (!open_) return;
  log_.info(
      fmt::format("the transaction at {}:{} has no end: the server stopped in the middle of "
                  "it, and it did not happen",
                  open_->file, open_->offset));
  open_.reset();
}

/// At the head of each file stands what the files before it have. A stream that began at such a
/// place without GTIDs learns them there.
void Transactions::on_gtids_before(const Event& event) {
  if (!fresh_ || !std::holds_alternative<std::monostate>(done_) || event.header.artificial())
    return;
  done_ = decode_gtids_before(event);
}

/// Throws where an event of a transaction comes before its beginning.
void Transactions::check_open(const Event& event) const {
  if (open_) return;
  if (fresh_) {
    throw Error(Fault::state, fmt::format("the position before {}:{} of the binlog lies inside a "
                                          "transaction",
                                          reader_.file(), reader_.end()))
        .with_hint("take the pos of a change line, or the beginning of a transaction");
  }
  throw reader_.at_place(Error(
      Fault::protocol, fmt::format("{} outside of a transaction", describe(event.header.type))));
}

void Transactions::on_other(const Event& event) {
  switch (event.header.type) {
    case EventType::incident:
      throw reader_.at_place(
          Error(Fault::state, "the server says that changes are missing in its log (INCIDENT)")
              .with_hint("copy the tables anew, and begin behind this place"));
    case EventType::begin_load_query:
    case EventType::execute_load_query:
      return report_hidden();
    case EventType::rotate:
    case EventType::stop:
    case EventType::intvar:
    case EventType::append_block:
    case EventType::delete_file:
    case EventType::rand:
    case EventType::user_var:
    case EventType::heartbeat:
    case EventType::heartbeat_v2:
    case EventType::ignorable:
    case EventType::rows_query:
    case EventType::transaction_context:
    case EventType::view_change:
    case EventType::mariadb_annotate_rows:
    case EventType::mariadb_binlog_checkpoint:
    case EventType::mariadb_start_encryption:
      return;
    default:
      break;
  }
  if (event.header.ignorable()) return;
  throw reader_
      .at_place(Error(Fault::protocol,
                      fmt::format("an event of {} is not known", describe(event.header.type))))
      .with_hint("this server writes more than cdcctl can read: look for a newer cdcctl");
}

void Transactions::hold(const Event& event) {
  check_open(event);
  const HeldHeader held{event.header, reader_.offset()};
  char* record = open_->events.append(sizeof held + event.body.size());
  std::memcpy(record, &held, sizeof held);
  std::memcpy(record + sizeof held, event.body.data(), event.body.size());
  spill_if_large();
}

void Transactions::spill_if_large() {
  std::size_t memory = open_->events.memory();
  SpillBuffer* largest = &open_->events;
  for (auto& [xid, prepared] : prepared_) {
    memory += prepared.events.memory();
    if (prepared.events.memory() > largest->memory()) largest = &prepared.events;
  }
  if (memory > limits_.memory) largest->spill(limits_.directory);
}

void Transactions::begin_builder() {
  TransactionFacts facts;
  facts.position = fmt::format("{}:{}", open_->file, open_->offset);
  facts.id = open_->gtid.empty() ? facts.position : open_->gtid.text();
  facts.xid = open_->xid;
  facts.commit_time = open_->time;
  builder_.begin(std::move(facts));
}

void Transactions::commit(Batch& batch) {
  begin_builder();
  if (open_->events.memory() + open_->events.spilled() == 0) return end_transaction(batch);
  begin_replay(std::move(open_->events), open_->file);
}

void Transactions::begin_replay(SpillBuffer events, std::string file) {
  replay_.emplace();
  replay_->events = std::move(events);
  replay_->file = std::move(file);
}

std::size_t Transactions::replay(Batch& batch) {
  if (replay_->in_payload) {
    if (const auto inner = payload_.next()) {
      replay_event(*inner, batch);
      return inner->body.size();
    }
    replay_->in_payload = false;
  }
  const auto record = replay_->events.next();
  if (!record) {
    replay_.reset();
    end_transaction(batch);
    return 0;
  }
  HeldHeader held;
  std::memcpy(&held, record->data(), sizeof held);
  const Event event{held.header, record->substr(sizeof held)};
  try {
    replay_event(event, batch);
  } catch (const Error& error) {
    throw at_place(error, {replay_->file, held.offset});
  }
  return record->size();
}

void Transactions::replay_event(const Event& event, Batch& batch) {
  if (event.header.type == EventType::table_map) return builder_.add_table_map(event.body);
  if (event.header.type == EventType::transaction_payload) {
    payload_.start(event.body);
    replay_->in_payload = true;
    return;
  }
  if (is_rows_event(event.header.type)) {
    // Values point into this copy until the batch is reset.
    return builder_.add_rows({event.header, batch.arena().copy(event.body)}, batch);
  }
  if (event.header.type != EventType::query) return;
  const StatementKind kind = classify(decode_query(event.body).sql).kind;
  if (kind == StatementKind::dml || kind == StatementKind::other) report_hidden();
}

void Transactions::end_transaction(Batch& batch) {
  open_->gtid.add_to(done_);
  open_.reset();
  builder_.finish(end_position(batch), batch);
}

/// Behind the event that was read last. While an XA transaction waits for its outcome, and the
/// server would not send it again by itself, the place to go on is before its rows.
EndPosition Transactions::end_position(Batch& batch) {
  put_resume_position(reader_.file(), reader_.end(), set_text(done_), resume_);
  const std::size_t place_size = resume_.find(' ');
  const std::string_view text = batch.arena().copy(resume_);
  EndPosition end{text.substr(0, place_size), text, text};
  const bool comes_again = by_gtid_ && flavor_ == Flavor::mysql;
  if (prepared_.empty() || comes_again) return end;
  const auto oldest =
      std::min_element(prepared_.begin(), prepared_.end(), [](const auto& a, const auto& b) {
        return std::is_lt(compare(parse_resume_position(a.second.resume),
                                  parse_resume_position(b.second.resume)));
      });
  end.resume = batch.arena().copy(oldest->second.resume);
  return end;
}

void Transactions::advance(std::int64_t time, Batch& batch) {
  const BinlogPosition here{reader_.file(), reader_.end()};
  if (open_ || replay_ || here == told_) return;
  // By GTID the server reads over what it does not send, and tells where it is: that is no way
  // back.
  if (begin_ && std::is_lt(compare(here, *begin_))) return;
  told_ = here;
  builder_.add_progress(end_position(batch), time, batch);
}

HeldStats Transactions::stats() const {
  HeldStats stats;
  const auto add = [&](const SpillBuffer& events) {
    ++stats.transactions;
    stats.memory += events.memory();
    stats.spilled += events.spilled();
  };
  if (open_) add(open_->events);
  if (replay_) add(replay_->events);
  for (const auto& [xid, prepared] : prepared_) add(prepared.events);
  return stats;
}

}  // namespace cdc::mysql
