#include "libcdc/sources/mysql/change_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/json_diff.hpp"
#include "libcdc/sources/mysql/table_map.hpp"
#include "libcdc/sources/mysql/values.hpp"

namespace cdc::mysql {
namespace {

constexpr std::size_t kIdSize = 6;
constexpr std::size_t kFlagsSize = 2;

std::string table_key(std::string_view schema, std::string_view table) {
  std::string key(schema);
  key += '\0';
  return key.append(table);
}

/// The key of the table that a TABLE_MAP is of.
std::string table_key(std::string_view body) {
  LittleReader reader(body);
  reader.bytes(kIdSize + kFlagsSize);
  const std::string_view schema = reader.bytes(reader.u8());
  reader.u8();
  return table_key(schema, reader.bytes(reader.u8()));
}

Op op_of(RowsKind kind) {
  switch (kind) {
    case RowsKind::insert:
      return Op::insert;
    case RowsKind::remove:
      return Op::remove;
    case RowsKind::update:
    case RowsKind::partial_update:
      break;
  }
  return Op::update;
}

/// Whether rows of both look the same to a reader of lines.
bool same_columns(const TableLayout& a, const TableLayout& b) {
  const auto same = [](const Column& left, const Column& right) {
    return left.name == right.name && left.type == right.type && left.nullable == right.nullable;
  };
  return a.table && b.table && a.table->key == b.table->key &&
         std::equal(a.table->columns.begin(), a.table->columns.end(), b.table->columns.begin(),
                    b.table->columns.end(), same);
}

/// Whether an image is of a row that has ended: of a system-versioned table its end is then before
/// the last time that there is. What the image leaves out is as it was: not ended.
bool has_ended(const Value* image, std::size_t row_end) {
  constexpr std::array<std::string_view, 2> kNever = {"2038-01-19T03:14:07.999999Z",
                                                      "2106-02-07T06:28:15.999999Z"};
  const Value& end = image[row_end];
  return end.kind() == ValueKind::text &&
         std::find(kNever.begin(), kNever.end(), end.text()) == kNever.end();
}

/// What an update did not send did not change.
void fill_unsent(const Value* before, Value* after, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!after[i].missing()) continue;
    after[i] = before[i].missing() ? Value(ValueKind::unchanged) : before[i];
  }
}

/// What rows are passed over with: values are not looked at.
std::vector<ColumnFormat> bare_formats(const TableMap& map) {
  std::vector<ColumnFormat> formats(map.columns.size());
  std::transform(map.columns.begin(), map.columns.end(), formats.begin(),
                 [](const MappedColumn& column) {
                   ColumnFormat format;
                   format.type = column.type;
                   format.meta = column.meta;
                   return format;
                 });
  return formats;
}

Value* read_image(const PresentColumns& present, const std::vector<ColumnFormat>& formats,
                  const std::vector<bool>& skipped, LittleReader& reader, Arena& arena) {
  Value* values = arena.array<Value>(formats.size());
  ImageWalk walk(present, reader);
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const Cell cell = walk.next();
    values[i] = Value(cell == Cell::null ? ValueKind::null : ValueKind::absent);
    if (cell != Cell::value) continue;
    if (skipped[i]) {
      skip_value(formats[i], reader);
    } else {
      values[i] = read_value(formats[i], reader, arena);
    }
  }
  return values;
}

/// The documents in the JSON columns of an image, by column; nothing where there is none.
using Documents = std::vector<std::optional<std::string_view>>;

Documents find_documents(const PresentColumns& present, const std::vector<ColumnFormat>& formats,
                         LittleReader reader) {
  Documents documents(formats.size());
  ImageWalk walk(present, reader);
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if (walk.next() != Cell::value) continue;
    if (formats[i].type == ColumnType::json) {
      documents[i] = reader.bytes(reader.number(formats[i].meta));
    } else {
      skip_value(formats[i], reader);
    }
  }
  return documents;
}

/// `{"json_diffs":[...]}`: what is known of a document whose old version the server did not send.
Value wrap_diffs(std::string_view diffs, Arena& arena) {
  return {ValueKind::json, arena.copy(fmt::format(R"({{"json_diffs":{}}})", diffs))};
}

/// A column of an after image that comes as changes to the one before.
Value read_diffs(std::string_view diffs, const std::optional<std::string_view>& before,
                 LittleReader& reader, Arena& arena) {
  if (diffs.empty()) return Value(ValueKind::unchanged);
  const JsonDiffResult result =
      before ? apply_json_diffs(*before, diffs, arena) : render_json_diffs(diffs, arena);
  if (result.fault != JsonDiffFault::none) reader.fail();
  if (before || result.value.kind() != ValueKind::json) return result.value;
  return wrap_diffs(result.value.text(), arena);
}

/// The after image of a PARTIAL_UPDATE_ROWS event.
Value* read_partial_image(const PresentColumns& present, const TableLayout& layout,
                          const Documents& before, LittleReader& reader, Arena& arena) {
  Value* values = arena.array<Value>(layout.formats.size());
  PartialColumns partial(layout.json_columns, reader);
  ImageWalk walk(present, reader);
  for (std::size_t i = 0; i < layout.formats.size(); ++i) {
    const ColumnFormat& format = layout.formats[i];
    const bool as_diffs = format.type == ColumnType::json && partial.is_partial();
    const Cell cell = walk.next();
    values[i] = Value(cell == Cell::null ? ValueKind::null : ValueKind::absent);
    if (cell != Cell::value) continue;
    values[i] = as_diffs ? read_diffs(reader.bytes(reader.u32()), before[i], reader, arena)
                         : read_value(format, reader, arena);
  }
  return values;
}

void skip_partial_image(const PresentColumns& present, const TableLayout& layout,
                        LittleReader& reader) {
  PartialColumns partial(layout.json_columns, reader);
  ImageWalk walk(present, reader);
  for (const ColumnFormat& format : layout.formats) {
    const bool as_diffs = format.type == ColumnType::json && partial.is_partial();
    if (walk.next() != Cell::value) continue;
    if (as_diffs) {
      reader.bytes(reader.u32());
    } else {
      skip_value(format, reader);
    }
  }
}

void skip_image(const PresentColumns& present, const std::vector<ColumnFormat>& formats,
                LittleReader& reader) {
  ImageWalk walk(present, reader);
  for (const ColumnFormat& format : formats) {
    if (walk.next() == Cell::value) skip_value(format, reader);
  }
}

void skip_row(const RowsEvent& rows, const TableLayout& layout, LittleReader& reader) {
  if (rows.has_before()) skip_image(rows.before, layout.formats, reader);
  if (rows.kind == RowsKind::partial_update) {
    skip_partial_image(rows.after, layout, reader);
  } else if (rows.has_after()) {
    skip_image(rows.after, layout.formats, reader);
  }
}

}  // namespace

ChangeBuilder::ChangeBuilder(const Selection& selection, SchemaMismatch on_mismatch,
                             Catalog& catalog, const Log& log)
    : selection_(selection),
      on_mismatch_(on_mismatch),
      catalog_(catalog),
      log_(log),
      from_time_(selection.from_time) {}

void ChangeBuilder::restart(const ResumePoint& after, Flavor flavor) {
  flavor_ = flavor;
  delivered_ = after.in_transaction;
  forget_ids();
  begin({});
}

void ChangeBuilder::forget_ids() {
  by_id_.clear();
  last_table_ = nullptr;
}

void ChangeBuilder::forget_catalog() {
  for (auto& [key, known] : tables_) {
    if (known.layout.table && known.layout.table->from_catalog) known.body.clear();
  }
  last_table_ = nullptr;
}

void ChangeBuilder::begin(TransactionFacts facts) {
  facts_ = std::move(facts);
  transaction_ = nullptr;
  ordinal_ = 0;
  // Commit times may step back a little: what follows the first that is not early is wanted too.
  if (from_time_ && facts_.commit_time >= *from_time_) from_time_.reset();
  left_out_ = from_time_.has_value();
  const bool in_part = delivered_ && delivered_->transaction == facts_.position;
  skip_ordinals_ = in_part ? delivered_->ordinal : 0;
  begin_pending_ = !in_part && selection_.ops.has(Op::begin);
}

ChangeBuilder::KnownTable ChangeBuilder::make_known(std::string_view body) {
  const TableMap map = decode_table_map(body, flavor_ == Flavor::mariadb);
  KnownTable fresh;
  fresh.body = body.substr(kIdSize);
  fresh.wanted = is_captured(selection_, map.schema, map.table);
  if (!fresh.wanted) {
    fresh.layout.formats = bare_formats(map);
    fresh.layout.json_columns = static_cast<std::size_t>(
        std::count_if(map.columns.begin(), map.columns.end(),
                      [](const MappedColumn& column) { return column.type == ColumnType::json; }));
    return fresh;
  }
  fresh.layout = lay_out(map, flavor_, selection_, on_mismatch_, catalog_);
  fresh.wanted = !fresh.layout.is_sequence;
  fresh.schema_pending = fresh.wanted && selection_.ops.has(Op::schema);
  for (const Column& column : fresh.layout.table->columns) {
    fresh.skipped.push_back(!column.visible && !column.key);
  }
  if (fresh.layout.row_end) fresh.skipped[*fresh.layout.row_end] = false;
  return fresh;
}

void ChangeBuilder::warn_of_names(const Table& table) const {
  log_.warning(fmt::format("the columns of {}.{} are named c1, c2 ...: the log does not name them, "
                           "and today's catalog does not fit",
                           table.database, table.name),
               "SET GLOBAL binlog_row_metadata = FULL; puts the names into the log from now on");
}

/// A version of a table is known by the whole of its map: ids change without reason.
void ChangeBuilder::add_table_map(std::string_view body) {
  const std::string_view content = body.substr(std::min(kIdSize, body.size()));
  KnownTable*& table = by_id_[table_map_id(body)];
  last_table_ = nullptr;
  if (table != nullptr && table->body == content) return;
  KnownTable& current = tables_[table_key(body)];
  table = &current;
  if (current.body == content) return;
  KnownTable fresh = make_known(body);
  if (!fresh.layout.has_names && current.layout.has_names) warn_of_names(*fresh.layout.table);
  // Nothing to tell where the catalog was asked again, and says the same.
  const bool unchanged = current.body.empty() && same_columns(current.layout, fresh.layout);
  if (unchanged) fresh.schema_pending = current.schema_pending;
  current = std::move(fresh);
}

ChangeBuilder::KnownTable& ChangeBuilder::known(std::uint64_t id, const Event& event) {
  if (last_table_ != nullptr && id == last_id_) return *last_table_;
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) {
    throw Error(Fault::protocol, fmt::format("{} is of table {}, whose TABLE_MAP did not come",
                                             describe(event.header.type), id));
  }
  last_id_ = id;
  last_table_ = found->second;
  return *last_table_;
}

void ChangeBuilder::add_rows(const Event& event, Batch& batch) {
  const RowsEvent rows = decode_rows(event, inflated_);
  KnownTable& table = known(rows.table_id, event);
  if (rows.column_count != table.layout.formats.size()) {
    throw Error(Fault::protocol,
                fmt::format("{} has {} columns, and its TABLE_MAP {}", describe(event.header.type),
                            rows.column_count, table.layout.formats.size()));
  }
  const Op op = op_of(rows.kind);
  RowsWalk walk(rows);
  while (walk.next()) {
    if (next_is_wanted(op, table, batch)) {
      add_row(rows, table, walk.reader(), batch);
    } else {
      skip_row(rows, table.layout, walk.reader());
    }
  }
  if (walk.reader().ok()) return;
  throw Error(
      Fault::protocol,
      fmt::format("{} of {} is malformed at byte {} of its rows", describe(event.header.type),
                  table.wanted ? table.layout.table->database + '.' + table.layout.table->name
                               : fmt::format("table {}", rows.table_id),
                  walk.reader().offset()));
}

void ChangeBuilder::add_row(const RowsEvent& rows, KnownTable& table, LittleReader& reader,
                            Batch& batch) {
  if (table.layout.row_end) return add_version(rows, table, reader, batch);
  if (op_of(rows.kind) == Op::update) return add_update(rows, table, reader, batch);
  const bool inserts = rows.kind == RowsKind::insert;
  const PresentColumns& present = inserts ? rows.after : rows.before;
  Change change = table_change(op_of(rows.kind), table.layout.table, batch);
  const Value* row =
      read_image(present, table.layout.formats, table.skipped, reader, batch.arena());
  if (!reader.ok()) return;
  change.key = row;
  if (inserts) change.after = row;
  if (!inserts && present.all) change.before = row;
  batch.add(change);
}

void ChangeBuilder::add_update(const RowsEvent& rows, const KnownTable& table, LittleReader& reader,
                               Batch& batch) {
  Change change = table_change(Op::update, table.layout.table, batch);
  const TableLayout& layout = table.layout;
  const bool partial = rows.kind == RowsKind::partial_update;
  const auto documents =
      partial ? find_documents(rows.before, layout.formats, reader) : Documents();
  const Value* before =
      read_image(rows.before, layout.formats, table.skipped, reader, batch.arena());
  Value* after = partial
                     ? read_partial_image(rows.after, layout, documents, reader, batch.arena())
                     : read_image(rows.after, layout.formats, table.skipped, reader, batch.arena());
  if (!reader.ok()) return;
  if (!rows.after.all || partial) fill_unsent(before, after, layout.formats.size());
  change.key = before;
  change.after = after;
  if (rows.before.all) change.before = before;
  batch.add(change);
}

/// A row of a system-versioned table. A row that ends is deleted; what is inserted with an end is
/// the older version of one that was updated, and what is deleted with one was history already.
void ChangeBuilder::add_version(const RowsEvent& rows, const KnownTable& table,
                                LittleReader& reader, Batch& batch) {
  const TableLayout& layout = table.layout;
  const auto read = [&](const PresentColumns& present) {
    return read_image(present, layout.formats, table.skipped, reader, batch.arena());
  };
  const Value* before = rows.has_before() ? read(rows.before) : nullptr;
  Value* after = rows.has_after() ? read(rows.after) : nullptr;
  if (!reader.ok()) return;
  if (has_ended(before == nullptr ? after : before, *layout.row_end)) return;
  Op op = op_of(rows.kind);
  if (op == Op::update && has_ended(after, *layout.row_end)) op = Op::remove;
  if (!selection_.ops.has(op)) return;
  Change change = table_change(op, layout.table, batch);
  if (op == Op::update) fill_unsent(before, after, layout.formats.size());
  change.key = before == nullptr ? after : before;
  if (op != Op::remove) change.after = after;
  if (before != nullptr && rows.before.all) change.before = before;
  batch.add(change);
}

TableRef ChangeBuilder::truncated_table(const std::string& schema, const std::string& table) const {
  const auto found = tables_.find(table_key(schema, table));
  if (found != tables_.end() && found->second.layout.table) return found->second.layout.table;
  Table bare;
  bare.version = next_table_version();
  bare.database = schema;
  bare.name = table;
  return std::make_shared<const Table>(std::move(bare));
}

void ChangeBuilder::add_truncate(const std::string& schema, const std::string& table,
                                 Batch& batch) {
  if (!next_is_new() || !selection_.ops.has(Op::truncate)) return;
  if (!is_captured(selection_, schema, table)) return;
  batch.add(table_change(Op::truncate, truncated_table(schema, table), batch));
}

void ChangeBuilder::add_ddl(std::string_view schema, const Value& sql, Batch& batch) {
  if (!next_is_new() || !selection_.ops.has(Op::ddl)) return;
  add_begin(batch);
  Message statement;
  statement.content = batch.arena().copy(sql.text());
  statement.database = batch.arena().copy(schema);
  Change change = this->change(Op::ddl, batch);
  change.message = new (batch.arena().allocate(sizeof statement)) Message(statement);
  batch.add(change);
}

void ChangeBuilder::finish(const EndPosition& end, Batch& batch) {
  // Statements that change no rows have transactions of their own.
  if (!left_out_ && ordinal_ != 0) {
    add_begin(batch);
    if (selection_.ops.has(Op::commit)) {
      Change line = change(Op::commit, batch);
      line.resume = end.place;
      line.events = ordinal_;
      batch.add(line);
    }
  }
  mark(end, batch, facts_.commit_time);
  transaction_ = nullptr;
  if (skip_ordinals_ != 0) delivered_.reset();
}

void ChangeBuilder::add_progress(const EndPosition& end, std::int64_t time, Batch& batch) {
  if (selection_.ops.has(Op::progress)) {
    Change progress;
    progress.op = Op::progress;
    progress.resume = end.place;
    progress.time = time;
    batch.add(progress);
  }
  mark(end, batch);
}

bool ChangeBuilder::next_is_new() {
  return ++ordinal_ > skip_ordinals_ && !left_out_;
}

bool ChangeBuilder::next_is_wanted(Op op, KnownTable& table, Batch& batch) {
  if (!next_is_new()) return false;
  if (table.schema_pending) add_schema(table, batch);
  // What a row of a system-versioned table means is seen when it is read.
  return table.wanted && (selection_.ops.has(op) || table.layout.row_end);
}

const Transaction* ChangeBuilder::transaction(Batch& batch) {
  if (transaction_ != nullptr) return transaction_;
  Transaction transaction;
  transaction.position = batch.arena().copy(facts_.position);
  transaction.id = batch.arena().copy(facts_.id);
  transaction.gid = batch.arena().copy(facts_.xid);
  transaction.commit_time = facts_.commit_time;
  transaction_ = new (batch.arena().allocate(sizeof transaction)) Transaction(transaction);
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
  Change change;
  change.op = op;
  change.transaction = transaction(batch);
  change.ordinal = ordinal_;
  return change;
}

/// Before the first row of this version, whether that row is wanted or not.
void ChangeBuilder::add_schema(KnownTable& table, Batch& batch) {
  table.schema_pending = false;
  Change schema = table_change(Op::schema, table.layout.table, batch);
  // The place reached so far: who acknowledges it has not yet acknowledged the row behind it.
  schema.ordinal = ordinal_ - 1;
  batch.add(schema);
}

Change ChangeBuilder::table_change(Op op, const TableRef& table, Batch& batch) {
  add_begin(batch);
  batch.keep(table);
  Change change = this->change(op, batch);
  change.table = table.get();
  return change;
}

}  // namespace cdc::mysql
