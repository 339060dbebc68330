#include "libcdc/sources/postgres/change_builder.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "libcdc/base/error.hpp"

#include "libcdc/sources/postgres/heartbeat.hpp"

namespace cdc::postgres {
namespace {

std::string_view lsn_text(Lsn lsn, Batch& batch) {
  char* text = batch.arena().allocate(17);
  return {text, format_lsn(lsn, text)};
}

std::string_view number_text(std::uint32_t number, Batch& batch) {
  char* text = batch.arena().allocate(10);
  return {text, static_cast<std::size_t>(fmt::format_to(text, FMT_COMPILE("{}"), number) - text)};
}

template <typename T>
T* make(Batch& batch, const T& value) {
  return new (batch.arena().allocate(sizeof(T))) T(value);
}

bool same_columns(const Table& a, const Table& b) {
  return std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                    [](const Column& x, const Column& y) {
                      return x.name == y.name && x.type == y.type && x.nullable == y.nullable &&
                             x.key == y.key && x.visible == y.visible && x.meaning == y.meaning &&
                             x.length == y.length && x.scale == y.scale;
                    });
}

bool same(const Table& a, const Table& b) {
  return a.schema == b.schema && a.name == b.name && a.key == b.key && same_columns(a, b);
}

}  // namespace

ChangeBuilder::ChangeBuilder(const Selection& selection, Catalog& catalog, Origins origins)
    : selection_(selection),
      catalog_(catalog),
      origins_(origins),
      from_time_(selection.from_time) {}

void ChangeBuilder::read_binary(BinaryTypes& types) {
  binary_types_ = &types;
  // The relations come again, with types of these.
  for (auto& [oid, table] : tables_) table.binary.clear();
}

void ChangeBuilder::expect_heartbeats(std::string schema, std::string table) {
  heartbeat_schema_ = std::move(schema);
  heartbeat_table_ = std::move(table);
}

void ChangeBuilder::restart(const ResumePoint& after, std::string database,
                            const TextEncoding& encoding) {
  database_ = std::move(database);
  encoding_ = &encoding;
  open_ = false;
  begin_pending_ = false;
  transaction_ = nullptr;
  skip_lsn_ = 0;
  skip_ordinals_ = 0;
  done_before_ = 0;
  progress_owed_ = false;
  restore_overtaken();
  advanced_to_ = parse_lsn(after.position).value_or(0);
  if (!after.in_transaction) return;
  skip_lsn_ = parse_lsn(after.in_transaction->transaction).value_or(0);
  skip_ordinals_ = after.in_transaction->ordinal;
  // An idle advance on the way there would forget what of that transaction was delivered.
  advanced_to_ = std::max(advanced_to_, skip_lsn_);
}

void ChangeBuilder::add(char* bytes, std::size_t size, Batch& batch) {
  const ReplicationMessage message = decoder_.decode({bytes, size});
  std::visit([&](const auto& concrete) { on(concrete, batch); }, message);
}

void ChangeBuilder::advance(Lsn lsn, std::int64_t time, Batch& batch) {
  if (open_ || lsn < advanced_to_ || (lsn == advanced_to_ && !progress_owed_)) return;
  advanced_to_ = lsn;
  progress_owed_ = false;
  const std::string_view resume = lsn_text(lsn, batch);
  if (selection_.ops.has(Op::progress)) {
    Change progress;
    progress.op = Op::progress;
    progress.resume = resume;
    progress.time = time;
    batch.add(progress);
  }
  batch.mark(resume, 0);
}

void ChangeBuilder::on(const Begin& begin, Batch&) {
  this->begin(begin);
}

void ChangeBuilder::begin(const Begin& begin, std::string_view gid) {
  if (open_) {
    throw Error(Fault::protocol, fmt::format("pgoutput began transaction {} inside transaction {}",
                                             begin.xid, xid_));
  }
  open_ = true;
  commit_lsn_ = begin.commit_lsn;
  commit_time_ = begin.commit_time;
  xid_ = begin.xid;
  origin_.clear();
  gid_ = encoding_->name_to_utf8(gid);
  left_out_ = is_early(begin.commit_time) || commit_lsn_ < done_before_;
  ordinal_ = 0;
  heartbeats_ = 0;
  has_lines_ = false;
  transaction_ = nullptr;
  begin_pending_ = selection_.ops.has(Op::begin) && commit_lsn_ != skip_lsn_;
  skip_ = commit_lsn_ == skip_lsn_ ? skip_ordinals_ : 0;
}

/// Commit times may step back a little: what follows the first that is not early is wanted too.
bool ChangeBuilder::is_early(std::int64_t commit_time) {
  if (from_time_ && commit_time >= *from_time_) from_time_.reset();
  return from_time_.has_value();
}

void ChangeBuilder::on(const Origin& origin, Batch&) {
  origin_ = encoding_->name_to_utf8(origin.name);
  // Servers before 16 cannot do that for us.
  if (origins_ == Origins::none) left_out_ = true;
}

void ChangeBuilder::on(const Commit& commit, Batch& batch) {
  if (!open_ || commit.commit_lsn != commit_lsn_) {
    throw Error(Fault::protocol,
                fmt::format("pgoutput committed a transaction at {} that it had not begun",
                            format_lsn(commit.commit_lsn)));
  }
  finish(Op::commit, commit.end_lsn, batch);
}

void ChangeBuilder::finish(Op op, Lsn end_lsn, Batch& batch) {
  if (!open_) throw Error(Fault::protocol, "pgoutput ended a transaction that it had not begun");
  if (commit_lsn_ >= done_before_) add_end(op, end_lsn, batch);
  if (!overtaken_.empty()) restore_overtaken();
  open_ = false;
  transaction_ = nullptr;
}

void ChangeBuilder::add_end(Op op, Lsn end_lsn, Batch& batch) {
  const bool is_told = !left_out_ && !is_only_heartbeats();
  // One that was prepared before the slot decoded prepared transactions comes late.
  const Lsn resume = std::max(advanced_to_, end_lsn);
  if (is_told) add_begin(batch);
  if (is_told && selection_.ops.has(op)) {
    Change line = change(op, batch);
    line.resume = lsn_text(resume, batch);
    line.events = ordinal_;
    batch.add(line);
  }
  move_to(resume, commit_time_, batch);
}

/// Behind a transaction. Where it has no line, the next keepalive gives one.
void ChangeBuilder::move_to(Lsn lsn, std::int64_t time, Batch& batch) {
  advanced_to_ = lsn;
  progress_owed_ = !has_lines_ && selection_.ops.has(Op::progress);
  batch.mark(lsn_text(lsn, batch), time);
}

void ChangeBuilder::add_outcome(Op op, const Begin& begin, std::string_view gid, Lsn end_lsn,
                                Batch& batch) {
  this->begin(begin, gid);
  begin_pending_ = false;
  finish(op, end_lsn, batch);
}

void ChangeBuilder::on(const Relation& relation, Batch&) {
  learn(relation, count_relation());
}

void ChangeBuilder::add_relation(std::string_view message, std::uint64_t arrival) {
  learn(std::get<Relation>(decoder_.decode(message)), arrival);
}

/// What came last stands, except inside a transaction that was held: there, what it was sent with.
void ChangeBuilder::learn(const Relation& relation, std::uint64_t arrival) {
  KnownTable fresh;
  const Table table = describe(relation, fresh.types);
  fresh.heartbeat = table.name == heartbeat_table_ && table.schema == heartbeat_schema_;
  fresh.wanted = !fresh.heartbeat && selection_.wants_table(table.schema, table.name);
  if (binary_types_ != nullptr && fresh.wanted) fresh.binary = binary_types_of(relation, table);
  const auto current = tables_.find(relation.oid);
  const auto newer = overtaken_.find(relation.oid);
  if (newer != overtaken_.end() && same(*newer->second.table, table)) {
    install(relation.oid, std::move(newer->second));
    overtaken_.erase(newer);
    return;
  }
  if (current != tables_.end() && same(*current->second.table, table)) {
    // Sent again (after a reconnect, a TRUNCATE, a change of the publication): the same version.
    current->second.types = std::move(fresh.types);
    current->second.binary = std::move(fresh.binary);
    current->second.arrival = std::max(current->second.arrival, arrival);
    return;
  }
  if (newer != overtaken_.end()) {
    if (arrival > newer->second.arrival) overtaken_.erase(newer);
  } else if (current != tables_.end() && arrival < current->second.arrival) {
    overtaken_[relation.oid] = current->second;
  }
  fresh.table = std::make_shared<const Table>(table);
  fresh.arrival = arrival;
  fresh.schema_pending = fresh.wanted && selection_.ops.has(Op::schema);
  install(relation.oid, std::move(fresh));
}

void ChangeBuilder::install(std::uint32_t oid, KnownTable fresh) {
  tables_[oid] = std::move(fresh);
  last_table_ = nullptr;
}

void ChangeBuilder::restore_overtaken() {
  for (auto& [oid, newer] : overtaken_) install(oid, std::move(newer));
  overtaken_.clear();
}

void ChangeBuilder::on(const Type& type, Batch&) {
  const auto base = type.schema.empty() || type.schema == "pg_catalog" ? builtin_mapping(type.name)
                                                                       : std::nullopt;
  user_type_names_[type.oid] = base || type.name == "hstore" ? type.name : std::string_view();
  if (base) {
    // A domain: its values have the text of the base type that is named here.
    user_types_[type.oid] = *base;
    return;
  }
  TypeMapping mapping;
  // Only the name of an array type is sent, and it begins with an underscore.
  if (type.name.starts_with('_') && selection_.values == ValueForm::mapped) {
    if (const auto array = catalog_.array(type.oid)) {
      mapping.mapping = Mapping::array;
      mapping.element = mapping_of(array->element).mapping;
      mapping.delimiter = array->delimiter;
    }
  }
  user_types_[type.oid] = mapping;
}

TypeMapping ChangeBuilder::mapping_of(std::uint32_t type) {
  if (const auto builtin = builtin_mapping(type)) return *builtin;
  const auto user = user_types_.find(type);
  return user == user_types_.end() ? TypeMapping{} : user->second;
}

TypeMapping ChangeBuilder::wanted_mapping(std::uint32_t type) {
  return selection_.values == ValueForm::server ? server_mapping(type) : mapping_of(type);
}

std::vector<const BinaryType*> ChangeBuilder::binary_types_of(const Relation& relation,
                                                              const Table& table) {
  std::vector<const BinaryType*> types;
  for (const RelationColumn& column : relation.columns) {
    if (const auto obstacle = binary_types_->obstacle(column.type)) {
      throw not_transferable(encoding_->name_to_utf8(column.name), qualified_name(table),
                             *obstacle);
    }
    types.push_back(&binary_types_->find(column.type));
  }
  return types;
}

Table ChangeBuilder::describe(const Relation& relation, std::vector<TypeMapping>& types) {
  Table table;
  table.version = next_table_version();
  table.database = database_;
  table.schema = relation.schema.empty() ? "pg_catalog" : encoding_->name_to_utf8(relation.schema);
  table.name = encoding_->name_to_utf8(relation.name);
  const bool identity_is_key = relation.identity == 'd' || relation.identity == 'i';
  for (const RelationColumn& sent : relation.columns) {
    Column column;
    column.name = encoding_->name_to_utf8(sent.name);
    column.type = format_type(sent.type, sent.typmod);
    column.key = identity_is_key && sent.identity;
    column.visible = selection_.wants_column(table.schema, table.name, column.name);
    const auto user = user_type_names_.find(sent.type);
    describe_meaning(user == user_type_names_.end() ? builtin_name(sent.type) : user->second,
                     sent.typmod, column);
    if (column.key) table.key.push_back(table.columns.size());
    table.columns.push_back(std::move(column));
    types.push_back(wanted_mapping(sent.type));
  }
  if (needs_catalog(relation, table)) add_from_catalog(relation, table);
  return table;
}

bool ChangeBuilder::needs_catalog(const Relation& relation, const Table& table) const {
  if (!selection_.wants_table(table.schema, table.name)) return false;
  if (relation.identity == 'f' || relation.identity == 'n') return true;
  if (selection_.ops.has(Op::schema)) return true;
  return selection_.type_names && std::any_of(table.columns.begin(), table.columns.end(),
                                              [](const Column& c) { return c.type.empty(); });
}

void ChangeBuilder::add_from_catalog(const Relation& relation, Table& table) {
  const auto found = catalog_.table(relation.oid);
  if (!found) return;
  const auto column_of = [&](const std::string& name) {
    return std::find_if(table.columns.begin(), table.columns.end(),
                        [&](const Column& column) { return column.name == name; });
  };
  for (const CatalogTable::Column& current : found->columns) {
    const auto column = column_of(current.name);
    if (column == table.columns.end()) continue;
    // The stream is older than the catalog: where both name a type, the stream's stands.
    if (column->type.empty()) column->type = current.type;
    column->nullable = current.nullable;
    table.from_catalog = true;
  }
  const bool all_sent =
      std::all_of(found->primary_key.begin(), found->primary_key.end(),
                  [&](const std::string& name) { return column_of(name) != table.columns.end(); });
  if (!table.key.empty() || !all_sent) return;
  for (const std::string& name : found->primary_key) {
    column_of(name)->key = true;
    table.key.push_back(static_cast<std::size_t>(column_of(name) - table.columns.begin()));
  }
}

ChangeBuilder::KnownTable& ChangeBuilder::known(std::uint32_t oid, char message) {
  if (last_table_ != nullptr && oid == last_oid_) return *last_table_;
  const auto found = tables_.find(oid);
  if (found == tables_.end()) {
    throw Error(Fault::protocol,
                fmt::format("pgoutput sent a message of type '{}' for relation {} before the "
                            "relation itself",
                            message, oid))
        .with_hint("nothing was skipped; please report it with the server's version");
  }
  last_oid_ = oid;
  last_table_ = &found->second;
  return found->second;
}

bool ChangeBuilder::next_is_new() {
  if (!open_) throw Error(Fault::protocol, "pgoutput sent a change outside a transaction");
  return ++ordinal_ > skip_ && !left_out_;
}

bool ChangeBuilder::next_is_wanted(Op op, KnownTable& table, Batch& batch) {
  if (!next_is_new()) return false;
  if (table.schema_pending) add_schema(table, batch);
  if (table.heartbeat) ++heartbeats_;
  return table.wanted && selection_.ops.has(op);
}

const Transaction* ChangeBuilder::transaction(Batch& batch) {
  if (transaction_ != nullptr) return transaction_;
  Transaction transaction;
  transaction.position = lsn_text(commit_lsn_, batch);
  if (xid_ != 0) transaction.id = number_text(xid_, batch);
  transaction.origin = batch.arena().copy(origin_);
  transaction.gid = batch.arena().copy(gid_);
  transaction.commit_time = commit_time_;
  transaction_ = make(batch, transaction);
  return transaction_;
}

void ChangeBuilder::add_begin(Batch& batch) {
  if (!begin_pending_) return;
  begin_pending_ = false;
  Change begin = change(Op::begin, batch);
  begin.ordinal = 0;
  batch.add(begin);
}

Change ChangeBuilder::change(Op op, Batch& batch) {
  has_lines_ = true;
  Change change;
  change.op = op;
  change.transaction = transaction(batch);
  change.ordinal = ordinal_;
  change.lsn = lsn_;
  return change;
}

/// Before the first row of this version, whether that row is wanted or not.
void ChangeBuilder::add_schema(KnownTable& known, Batch& batch) {
  known.schema_pending = false;
  // Told while a newer version stands aside, it is not the last: that one is to be told again.
  const auto newer = overtaken_.find(last_oid_);
  if (newer != overtaken_.end()) newer->second.schema_pending = newer->second.wanted;
  Change schema = table_change(Op::schema, known, batch);
  // The place reached so far: who acknowledges it has not yet acknowledged the row behind it.
  schema.ordinal = ordinal_ - 1;
  batch.add(schema);
}

Change ChangeBuilder::table_change(Op op, const KnownTable& known, Batch& batch) {
  add_begin(batch);
  batch.keep(known.table);
  Change change = this->change(op, batch);
  change.table = known.table.get();
  return change;
}

Value* ChangeBuilder::read_row(const KnownTable& known, const Tuple& tuple, Batch& batch) const {
  const std::vector<Column>& columns = known.table->columns;
  if (tuple.size() != columns.size()) {
    throw Error(Fault::protocol,
                fmt::format("pgoutput sent a row of {} columns for table {}, which has {}",
                            tuple.size(), qualified_name(*known.table), columns.size()));
  }
  auto* row = batch.arena().array<Value>(tuple.size());
  for (std::size_t i = 0; i < tuple.size(); ++i) {
    const Cell& cell = tuple[i];
    if (cell.kind == 't') {
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it lies in the batch's arena, ours
      auto* const bytes = const_cast<char*>(cell.bytes.data());
      row[i] = decode_text(known.types[i], bytes, cell.bytes.size(), *encoding_, batch.arena());
    } else if (cell.kind == 'n') {
      row[i] = Value(ValueKind::null);
    } else if (cell.kind == 'u') {
      row[i] = Value(ValueKind::unchanged);
    } else {
      row[i] = binary_value(known, i, cell, batch);
    }
  }
  return row;
}

Value ChangeBuilder::binary_value(const KnownTable& known, std::size_t column, const Cell& cell,
                                  Batch& batch) const {
  const Column& sent = known.table->columns[column];
  if (known.binary.empty()) {
    throw Error(Fault::protocol,
                fmt::format("pgoutput sent column '{}' of table {} in binary, which was not asked "
                            "for",
                            sent.name, qualified_name(*known.table)));
  }
  // The cell lies in the batch's arena, which is ours to change.
  const auto value = binary_types_->decode(*known.binary[column], known.types[column],
                                           const_cast<char*>(cell.bytes.data()), cell.bytes.size(),
                                           *encoding_, batch.arena());
  if (value) return *value;
  throw Error(Fault::protocol,
              fmt::format("pgoutput sent {} bytes for column '{}' of table {} that are not a "
                          "binary value of {}",
                          cell.bytes.size(), sent.name, qualified_name(*known.table),
                          sent.type.empty() ? "its type" : sent.type))
      .with_hint("nothing was skipped; it may pass without --binary-transfer; please report it");
}

Value* ChangeBuilder::read_old(const KnownTable& known, OldImage image, const Tuple& tuple,
                               Batch& batch) const {
  Value* row = read_row(known, tuple, batch);
  if (image == OldImage::full) return row;
  // Outside the identity a key image says null where it means: not sent.
  for (std::size_t i = 0; i < tuple.size(); ++i) {
    if (!known.table->columns[i].key) row[i] = Value(ValueKind::absent);
  }
  return row;
}

void ChangeBuilder::on(const Insert& insert, Batch& batch) {
  KnownTable& table = known(insert.oid, 'I');
  if (!next_is_wanted(Op::insert, table, batch)) return;
  Change change = table_change(Op::insert, table, batch);
  change.after = read_row(table, insert.after, batch);
  change.key = change.after;
  batch.add(change);
}

void ChangeBuilder::on(const Update& update, Batch& batch) {
  KnownTable& table = known(update.oid, 'U');
  if (!next_is_wanted(Op::update, table, batch)) return;
  Change change = table_change(Op::update, table, batch);
  Value* after = read_row(table, update.after, batch);
  change.after = after;
  change.key = after;
  if (update.old_image != OldImage::none) {
    const Value* old = read_old(table, update.old_image, update.old, batch);
    change.key = old;
    if (update.old_image == OldImage::full) change.before = old;
    // What did not change is as it was: a full old row has it, and a key image a toasted key.
    for (std::size_t i = 0; i < update.after.size(); ++i) {
      if (after[i].kind() == ValueKind::unchanged && !old[i].missing()) after[i] = old[i];
    }
  }
  batch.add(change);
}

void ChangeBuilder::on(const Delete& deletion, Batch& batch) {
  KnownTable& table = known(deletion.oid, 'D');
  if (!next_is_wanted(Op::remove, table, batch)) return;
  Change change = table_change(Op::remove, table, batch);
  change.key = read_old(table, deletion.old_image, deletion.old, batch);
  if (deletion.old_image == OldImage::full) change.before = change.key;
  batch.add(change);
}

void ChangeBuilder::on(const Truncate& truncate, Batch& batch) {
  for (const std::uint32_t oid : truncate.oids) {
    KnownTable& table = known(oid, 'T');
    if (!next_is_wanted(Op::truncate, table, batch)) continue;
    Change change = table_change(Op::truncate, table, batch);
    change.cascade = truncate.cascade;
    change.restart_identity = truncate.restart_identity;
    batch.add(change);
  }
}

void ChangeBuilder::on(const LogicalMessage& message, Batch& batch) {
  if (open_) {
    const bool beats = is_heartbeat(message);
    if (beats) ++heartbeats_;
    if (next_is_new() && !beats) add_message(message, batch);
    return;
  }
  if (message.lsn <= done_before_) return;
  // Written outside a transaction, or in one that may have rolled back: it stands alone. The server
  // names the end of its record, where the commit record of a transaction may begin: so the message
  // takes the byte before as its own place, and the end itself is where to go on.
  on(Begin{message.lsn - 1, 0, 0}, batch);
  begin_pending_ = false;
  if (next_is_new()) add_message(message, batch);
  move_to(std::max(advanced_to_, message.lsn), 0, batch);
  open_ = false;
  transaction_ = nullptr;
}

void ChangeBuilder::add_message(const LogicalMessage& message, Batch& batch) {
  if (!selection_.ops.has(Op::message)) return;
  add_begin(batch);
  Message content;
  content.database = batch.arena().copy(database_);
  content.prefix = batch.arena().copy(encoding_->name_to_utf8(message.prefix));
  content.content = message.content;
  content.transactional = message.transactional;
  Change change = this->change(Op::message, batch);
  change.message = make(batch, content);
  batch.add(change);
}

}  // namespace cdc::postgres
