#include "libcdc/sinks/ndjson/debezium_encoder.hpp"

#include <algorithm>
#include <charconv>

#include "libcdc/base/json_text.hpp"

namespace cdc::ndjson {
namespace {

/// The number behind `X/X`; 0 where it is none.
std::uint64_t lsn_of(std::string_view text) {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  const char* const end = text.data() + text.size();
  const auto slash = std::from_chars(text.data(), end, high, 16);
  if (slash.ptr == end || *slash.ptr != '/') return 0;
  std::from_chars(slash.ptr + 1, end, low, 16);
  return high << 32U | low;
}

void append_times(std::int64_t micros, TextBuffer& out) {
  out += R"(,"ts_us":)";
  append_number(out, micros);
  out += R"(,"ts_ns":)";
  append_number(out, micros);
  out += "000";
}

void append_millis(std::int64_t micros, TextBuffer& out) {
  out += R"("ts_ms":)";
  append_number(out, micros / 1000);
}

}  // namespace

DebeziumEncoder::DebeziumEncoder(const EncoderOptions& options)
    : options_(options.debezium),
      binary_(options.binary),
      now_(options.now),
      values_(options),
      logs_(options.connector == "postgresql" ? Logs::wal : Logs::binlog) {
  source_ = member(R"("source":{"version":)", options.version);
  source_ += member(R"(,"connector":)", options.connector);
  source_ += member(R"(,"name":)", options.source);
}

void DebeziumEncoder::append(std::span<const Change> changes, TextBuffer& out) {
  if (changes.empty()) return;
  // Another batch may hold another transaction at the same address.
  transaction_ = nullptr;
  time_ = now_();
  TextBuffer stamp;
  append_millis(time_, stamp);
  append_times(time_, stamp);
  stamp_ = stamp.view();
  for (const Change& change : changes) append_change(change, out);
}

void DebeziumEncoder::append_change(const Change& change, TextBuffer& out) {
  if (change.transaction != transaction_) enter(change.transaction);
  switch (change.op) {
    case Op::insert:
    case Op::read:
      return append_row(change, out);
    case Op::update:
      return append_update(change, out);
    case Op::remove:
      return append_delete(change, out);
    case Op::truncate:
      return append_record({.op = 't'}, change, out);
    case Op::message:
      return append_message(change, out);
    case Op::begin:
      return append_begin(change, out);
    case Op::commit:
      return append_end(change, out);
    case Op::schema:
    case Op::ddl:
    case Op::progress:
    case Op::prepare:
    case Op::commit_prepared:
    case Op::rollback_prepared:
      return;  // it has no record for them, and they are not asked for
  }
}

void DebeziumEncoder::append_row(const Change& change, TextBuffer& out) {
  const char op = change.op == Op::read ? 'r' : 'c';
  append_record({.op = op, .after = change.after, .key = change.after}, change, out);
}

/// An update that changes the key is a delete of the old one and an insert of the new one.
void DebeziumEncoder::append_update(const Change& change, TextBuffer& out) {
  if (!moves(change, text_of(*change.table))) {
    return append_record(
        {.op = 'u', .before = change.before, .after = change.after, .key = change.after}, change,
        out);
  }
  append_delete(change, out);
  append_row(change, out);
}

void DebeziumEncoder::append_delete(const Change& change, TextBuffer& out) {
  const bool whole = change.before != nullptr;
  append_record({.op = 'd',
                 .before = whole ? change.before : change.key,
                 .before_columns = whole ? Columns::visible : Columns::key,
                 .key = change.key},
                change, out);
  if (options_.tombstones) append_tombstone(change.key, text_of(*change.table), out);
}

bool DebeziumEncoder::moves(const Change& change, const TableText& text) const {
  if (change.key == change.after) return false;
  return std::any_of(text.key.begin(), text.key.end(), [&](std::size_t i) {
    return !change.after[i].missing() && !same_value(change.key[i], change.after[i]);
  });
}

void DebeziumEncoder::append_record(const Record& record, const Change& change, TextBuffer& out) {
  const TableText& text = text_of(*change.table);
  if (options_.key) append_key(record.key, text, out);
  open_record(out);
  out += R"("before":)";
  append_image(record.before, text, record.before_columns, out);
  out += R"(,"after":)";
  append_image(record.after, text, Columns::visible, out);
  out += ',';
  append_source(change, text.database, text.place, out);
  append_transaction(change, text.collection, out);
  out += R"(,"op":")";
  out += record.op;
  out += R"(",)";
  out += stamp_;
  close_record(out);
}

void DebeziumEncoder::open_record(TextBuffer& out) {
  out += options_.key ? R"(,"value":{)" : "{";
}

void DebeziumEncoder::close_record(TextBuffer& out) {
  out += options_.key ? "}}\n" : "}\n";
}

void DebeziumEncoder::append_tombstone(const Value* key, const TableText& text, TextBuffer& out) {
  if (text.key.empty()) return;
  append_key(key, text, out);
  out += ",\"value\":null}\n";
}

/// `{"key":{"id":1}`; null where the table has none.
void DebeziumEncoder::append_key(const Value* row, const TableText& text, TextBuffer& out) {
  out += R"({"key":)";
  if (row == nullptr || text.key.empty()) {
    out += "null";
    return;
  }
  out += '{';
  std::size_t comma = 1;
  for (const std::size_t i : text.key) {
    out += std::string_view(text.columns[i].name).substr(comma);
    values_.append(row[i], text.columns[i].column, out);
    comma = 0;
  }
  out += '}';
}

void DebeziumEncoder::append_image(const Value* row, const TableText& text, Columns which,
                                   TextBuffer& out) {
  if (row == nullptr) {
    out += "null";
    return;
  }
  std::size_t comma = 1;
  out += '{';
  for (const ColumnText& column : text.columns) {
    const Value& value = *row++;
    if (which == Columns::key ? !column.key : !column.column.visible) continue;
    if (value.kind() == ValueKind::absent) continue;
    out += std::string_view(column.name).substr(comma);
    values_.append(value, column.column, out);
    comma = 0;
  }
  out += '}';
}

/// `,"server_id":null,"gtid":"...","file":"binlog.000001","pos":4,"row":0,...`. The id of the
/// server and of the thread, and the statement, are not known.
void DebeziumEncoder::append_binlog_place(const Change& change, TextBuffer& out) {
  const Transaction* transaction = change.transaction;
  std::string_view position = transaction != nullptr ? transaction->position : change.resume;
  position = position.substr(0, position.find(' '));
  const std::size_t colon = std::min(position.rfind(':'), position.size());
  const bool has_gtid =
      transaction != nullptr && !transaction->id.empty() && transaction->id != position;
  out += R"(,"server_id":null,"gtid":)";
  if (has_gtid) {
    append_json_string(out, transaction->id);
  } else {
    out += "null";
  }
  append_member(out, R"(,"file":)", position.substr(0, colon));
  out += R"(,"pos":)";
  const std::string_view offset = position.substr(std::min(colon + 1, position.size()));
  out += offset.empty() ? std::string_view("0") : offset;
  out += R"(,"row":)";
  append_number(out, change.ordinal == 0 ? 0 : change.ordinal - 1);
  out += R"(,"thread":null,"query":null})";
}

void DebeziumEncoder::append_source(const Change& change, std::string_view database,
                                    std::string_view place, TextBuffer& out) {
  const bool committed = change.transaction != nullptr && change.transaction->commit_time != 0;
  const std::int64_t time = committed ? change.transaction->commit_time : time_;
  const std::uint64_t commit = change.transaction != nullptr ? commit_ : lsn_of(change.resume);
  const std::uint64_t lsn = change.lsn != 0 ? change.lsn : commit;
  out += source_;
  out += ',';
  append_millis(time, out);
  out += change.op == Op::read ? R"(,"snapshot":"true")" : R"(,"snapshot":"false")";
  out += database;
  if (logs_ == Logs::binlog) {
    out += "null";
    append_times(time, out);
    out += place;
    return append_binlog_place(change, out);
  }
  out += R"("[\")";
  append_number(out, commit);
  out += R"(\",\")";
  append_number(out, lsn);
  out += R"(\"]")";
  append_times(time, out);
  out += place;
  const bool named = change.transaction != nullptr && !change.transaction->id.empty();
  out += named ? change.transaction->id : std::string_view("null");
  out += R"(,"lsn":)";
  append_number(out, lsn);
  out += R"(,"xmin":null})";
}

void DebeziumEncoder::append_transaction_id(const Change& change, TextBuffer& out) {
  out += '"';
  out += change.transaction->id;
  if (logs_ == Logs::wal) {
    out += ':';
    append_number(out, commit_);
  }
  out += '"';
}

void DebeziumEncoder::append_transaction(const Change& change, const std::string& collection,
                                         TextBuffer& out) {
  if (!options_.transaction || change.transaction == nullptr || change.transaction->id.empty()) {
    out += R"(,"transaction":null)";
    return;
  }
  out += R"(,"transaction":{"id":)";
  append_transaction_id(change, out);
  out += R"(,"total_order":)";
  append_number(out, ++records_);
  out += R"(,"data_collection_order":)";
  append_number(out, ++collections_[collection]);
  out += '}';
}

void DebeziumEncoder::append_message(const Change& change, TextBuffer& out) {
  const Message& message = *change.message;
  const bool readable = is_utf8(message.prefix);
  if (options_.key) {
    out += R"({"key":{"prefix":)";
    append_text_or_base64(out, message.prefix, readable);
    out += '}';
  }
  open_record(out);
  const std::string database = member(R"(,"db":)", message.database) + R"(,"sequence":)";
  append_source(change, database, R"(,"schema":"","table":"","txId":)", out);
  append_transaction(change, "", out);
  out += R"(,"op":"m",)";
  out += stamp_;
  out += R"(,"message":{"prefix":)";
  append_text_or_base64(out, message.prefix, readable);
  out += R"(,"content":)";
  append_bytes(out, message.content, binary_);
  out += '}';
  close_record(out);
}

/// What both transaction records begin with.
void DebeziumEncoder::open_status(std::string_view status, const Change& change, TextBuffer& out) {
  TextBuffer id;
  append_transaction_id(change, id);
  if (options_.key) {
    out += R"({"key":{"id":)";
    out += id.view();
    out += '}';
  }
  open_record(out);
  append_member(out, R"("status":)", status);
  out += R"(,"id":)";
  out += id.view();
  out += ',';
  append_millis(change.transaction->commit_time, out);
}

void DebeziumEncoder::append_begin(const Change& change, TextBuffer& out) {
  open_status("BEGIN", change, out);
  out += R"(,"event_count":null,"data_collections":null)";
  close_record(out);
}

void DebeziumEncoder::append_end(const Change& change, TextBuffer& out) {
  open_status("END", change, out);
  out += R"(,"event_count":)";
  append_number(out, records_);
  out += R"(,"data_collections":[)";
  bool first = true;
  for (const auto& [name, count] : collections_) {
    append_member(out, first ? R"({"data_collection":)" : R"(,{"data_collection":)", name);
    out += R"(,"event_count":)";
    append_number(out, count);
    out += '}';
    first = false;
  }
  out += ']';
  close_record(out);
}

/// Batches may cut a transaction: its counts go on in the next one.
void DebeziumEncoder::enter(const Transaction* transaction) {
  transaction_ = transaction;
  if (transaction == nullptr || transaction->position == position_) return;
  position_ = transaction->position;
  commit_ = lsn_of(position_);
  records_ = 0;
  collections_.clear();
}

DebeziumEncoder::TableText DebeziumEncoder::make_text(const Table& table) {
  TableText text;
  text.collection = qualified_name(table);
  text.database = member(R"(,"db":)", table.database) + R"(,"sequence":)";
  // A source whose tables have no schemas has no transaction numbers either.
  text.place = member(R"(,"table":)", table.name);
  if (!table.schema.empty()) {
    text.place = member(R"(,"schema":)", table.schema) + text.place + R"(,"txId":)";
  }
  text.key = table.key;
  for (const Column& column : table.columns) {
    text.columns.push_back({member(",", column.name) + ':', column, false});
  }
  for (const std::size_t i : table.key) text.columns[i].key = true;
  return text;
}

}  // namespace cdc::ndjson
