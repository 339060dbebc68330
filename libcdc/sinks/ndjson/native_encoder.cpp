#include "libcdc/sinks/ndjson/native_encoder.hpp"

#include <algorithm>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/json_text.hpp"

namespace cdc::ndjson {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

/// How a line of this operation begins.
std::string_view opening(Op op) {
  switch (op) {
    case Op::insert:
      return R"({"v":1,"op":"insert")";
    case Op::update:
      return R"({"v":1,"op":"update")";
    case Op::remove:
      return R"({"v":1,"op":"delete")";
    case Op::truncate:
      return R"({"v":1,"op":"truncate")";
    case Op::read:
      return R"({"v":1,"op":"read")";
    case Op::begin:
      return R"({"v":1,"op":"begin")";
    case Op::commit:
      return R"({"v":1,"op":"commit")";
    case Op::schema:
      return R"({"v":1,"op":"schema")";
    case Op::message:
      return R"({"v":1,"op":"message")";
    case Op::ddl:
      return R"({"v":1,"op":"ddl")";
    case Op::progress:
      return R"({"v":1,"op":"progress")";
    case Op::prepare:
      return R"({"v":1,"op":"prepare")";
    case Op::commit_prepared:
      return R"({"v":1,"op":"commit_prepared")";
    case Op::rollback_prepared:
      return R"({"v":1,"op":"rollback_prepared")";
  }
  return {};
}

bool holds_undecodable(const Value& value) {
  if (value.kind() != ValueKind::array) return value.kind() == ValueKind::undecodable;
  return std::any_of(value.items(), value.items() + value.size(), holds_undecodable);
}

bool is_key(const Table& table, std::size_t column) {
  return std::find(table.key.begin(), table.key.end(), column) != table.key.end();
}

/// True where this change's line shows a value of the column that could not be decoded.
bool shows_undecodable(const Change& change, std::size_t column) {
  const Table& table = *change.table;
  const auto in = [column](const Value* row) {
    return row != nullptr && holds_undecodable(row[column]);
  };
  if (is_key(table, column) && in(change.key)) return true;
  return table.columns[column].visible && (in(change.before) || in(change.after));
}

/// Appends a member that lists the names of the columns that `listed` picks.
template <typename Listed>
void append_names(TextBuffer& out, std::string_view member, const Table& table, Listed listed) {
  out += member;
  const char* separator = "[";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!listed(i)) continue;
    append_member(out, separator, table.columns[i].name);
    separator = ",";
  }
  out += ']';
}

/// Makes an object of the members that stand from `begin` on, each behind its comma.
void close_object(std::size_t begin, TextBuffer& out) {
  if (out.size() == begin) out += ',';
  out[begin] = '{';
  out += '}';
}

void append_column(TextBuffer& out, const Column& column) {
  append_member(out, R"({"name":)", column.name);
  if (!column.type.empty()) append_member(out, R"(,"type":)", column.type);
  if (column.nullable) out += *column.nullable ? R"(,"nullable":true)" : R"(,"nullable":false)";
  out += column.key ? R"(,"key":true})" : R"(,"key":false})";
}

}  // namespace

NativeEncoder::NativeEncoder(const EncoderOptions& options)
    : source_(member(R"(,"source":)", options.source)),
      values_(options.decimal.value_or(DecimalStyle::string), options.binary) {}

void NativeEncoder::append(std::span<const Change> changes, TextBuffer& out) {
  // Another batch may hold another transaction at the same address.
  transaction_ = nullptr;
  snapshot_ = nullptr;
  for (const Change& change : changes) append_change(change, out);
}

void NativeEncoder::append_change(const Change& change, TextBuffer& out) {
  switch (change.op) {
    case Op::insert:
    case Op::update:
    case Op::remove:
    case Op::read:
      return append_row(change, out);
    case Op::truncate:
      return append_truncate(change, out);
    case Op::schema:
      return append_schema(change, out);
    case Op::message:
      return append_message(change, out);
    case Op::ddl:
      return append_ddl(change, out);
    case Op::begin:
      append_head(change, out);
      return append_position_and_tail(change, out);
    case Op::commit:
    case Op::prepare:
      append_head(change, out);
      out += R"(,"events":)";
      append_number(out, change.events);
      return append_resume_and_tail(change, out);
    case Op::progress:
    case Op::commit_prepared:
    case Op::rollback_prepared:
      append_head(change, out);
      return append_resume_and_tail(change, out);
  }
}

void NativeEncoder::append_head(const Change& change, TextBuffer& out) {
  out += opening(change.op);
  out += change.table == nullptr ? source_ : text_of(*change.table).place;
}

void NativeEncoder::append_row(const Change& change, TextBuffer& out) {
  const TableText& text = text_of(*change.table);
  values_.clear_undecodable();
  out += opening(change.op);
  out += text.place;
  if (change.key != nullptr && !change.table->key.empty()) append_key(change, text, out);
  if (change.before != nullptr) {
    out += R"(,"before":)";
    append_image(change.before, text, out);
  }
  if (change.after != nullptr) {
    out += R"(,"after":)";
    if (append_image(change.after, text, out)) {
      append_names(out, R"(,"unchanged":)", *change.table, [&](std::size_t i) {
        return text.columns[i].visible && change.after[i].kind() == ValueKind::unchanged;
      });
    }
  }
  if (values_.undecodable()) {
    append_names(out, R"(,"undecodable":)", *change.table,
                 [&](std::size_t i) { return shows_undecodable(change, i); });
  }
  if (change.op == Op::read) return append_snapshot_tail(change, out);
  append_position_and_tail(change, out);
}

void NativeEncoder::append_key(const Change& change, const TableText& text, TextBuffer& out) {
  out += R"(,"key":)";
  const std::size_t begin = out.size();
  for (const std::size_t i : change.table->key) {
    if (change.key[i].missing()) continue;
    out += text.columns[i].name;
    values_.append(change.key[i], out);
  }
  close_object(begin, out);
}

/// Appends the columns that the row holds. True where some of them are unchanged and not sent.
bool NativeEncoder::append_image(const Value* row, const TableText& text, TextBuffer& out) {
  bool unchanged = false;
  const std::size_t begin = out.size();
  for (const ColumnText& column : text.columns) {
    const Value& value = *row++;
    if (!column.visible) continue;
    if (value.missing()) {
      unchanged |= value.kind() == ValueKind::unchanged;
      continue;
    }
    out += column.name;
    values_.append(value, out);
  }
  close_object(begin, out);
  return unchanged;
}

void NativeEncoder::append_truncate(const Change& change, TextBuffer& out) {
  append_head(change, out);
  if (change.cascade) out += R"(,"cascade":true)";
  if (change.restart_identity) out += R"(,"restart_identity":true)";
  append_position_and_tail(change, out);
}

void NativeEncoder::append_schema(const Change& change, TextBuffer& out) {
  append_head(change, out);
  out += R"(,"columns":[)";
  bool first = true;
  for (const Column& column : change.table->columns) {
    if (!column.visible) continue;
    if (!first) out += ',';
    append_column(out, column);
    first = false;
  }
  out += ']';
  if (change.table->from_catalog) out += R"(,"catalog":"current")";
  append_position_and_tail(change, out);
}

void NativeEncoder::append_message(const Change& change, TextBuffer& out) {
  const Message& message = *change.message;
  const bool readable_prefix = is_utf8(message.prefix);
  const bool readable_content = is_utf8(message.content);
  append_head(change, out);
  out += R"(,"prefix":)";
  append_text_or_base64(out, message.prefix, readable_prefix);
  out += R"(,"content":)";
  append_text_or_base64(out, message.content, readable_content);
  if (!readable_content) out += R"(,"encoding":"base64")";
  out += message.transactional ? R"(,"transactional":true)" : R"(,"transactional":false)";
  if (!readable_prefix) out += R"(,"undecodable":["prefix"])";
  append_position_and_tail(change, out);
}

void NativeEncoder::append_ddl(const Change& change, TextBuffer& out) {
  const Message& statement = *change.message;
  const bool readable = is_utf8(statement.content);
  append_head(change, out);
  if (!statement.database.empty()) append_member(out, R"(,"db":)", statement.database);
  out += R"(,"sql":)";
  append_text_or_base64(out, statement.content, readable);
  if (!readable) out += R"(,"encoding":"base64")";
  append_position_and_tail(change, out);
}

/// The change's own position. A change outside any transaction has only a resume position.
void NativeEncoder::append_position_and_tail(const Change& change, TextBuffer& out) {
  if (change.transaction == nullptr) return append_resume_and_tail(change, out);
  if (change.transaction != transaction_) enter(change.transaction);
  out += position_.view();
  append_number(out, change.ordinal);
  out += '"';
  out += tail_.view();
}

/// The rows of a snapshot share all of it, and in one batch its texts too.
void NativeEncoder::append_snapshot_tail(const Change& change, TextBuffer& out) {
  if (change.snapshot.empty()) return append_resume_and_tail(change, out);
  if (snapshot_ != change.snapshot.data()) {
    snapshot_tail_.clear();
    append_resume_and_tail(change, snapshot_tail_);
    snapshot_ = change.snapshot.data();
  }
  out += snapshot_tail_.view();
}

void NativeEncoder::append_resume_and_tail(const Change& change, TextBuffer& out) {
  const bool own = !change.resume.empty() || change.transaction == nullptr;
  append_member(out, R"(,"pos":)", own ? change.resume : change.transaction->position);
  if (!change.snapshot.empty()) append_member(out, R"(,"snapshot":)", change.snapshot);
  append_tail(change, out);
}

void NativeEncoder::append_tail(const Change& change, TextBuffer& out) {
  if (change.transaction != nullptr) {
    if (change.transaction != transaction_) enter(change.transaction);
    out += tail_.view();
    return;
  }
  append_time(change.time, out);
  out += "}\n";
}

/// Makes the text that all lines of a transaction share.
void NativeEncoder::enter(const Transaction* transaction) {
  transaction_ = transaction;
  position_.clear();
  append_member(position_, R"(,"pos":)", transaction->position);
  position_.back() = '#';
  tail_.clear();
  append_time(transaction->commit_time, tail_);
  if (!transaction->id.empty()) {
    append_member(tail_, R"(,"tx":{"id":)", transaction->id);
    if (!transaction->origin.empty()) append_member(tail_, R"(,"origin":)", transaction->origin);
    if (!transaction->gid.empty()) append_member(tail_, R"(,"gid":)", transaction->gid);
    tail_ += '}';
  }
  tail_ += "}\n";
}

/// Neighbouring commits share their second: only its fraction is formatted each time.
void NativeEncoder::append_time(std::int64_t micros, TextBuffer& out) {
  if (micros == 0) return;
  const std::int64_t fraction = ((micros % kMicrosPerSecond) + kMicrosPerSecond) % kMicrosPerSecond;
  const std::int64_t second = (micros - fraction) / kMicrosPerSecond;
  if (second != second_) {
    second_text_ = format_utc_seconds(second * kMicrosPerSecond);
    second_text_.back() = '.';
    second_ = second;
  }
  char digits[] = "000000Z\"";
  auto rest = fraction;
  for (int i = 5; i >= 0; --i, rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
  out += R"(,"ts":")";
  out += second_text_;
  out += digits;
}

NativeEncoder::TableText NativeEncoder::make_text(const Table& table) const {
  TableText text;
  text.place = source_;
  if (!table.database.empty()) text.place += member(R"(,"db":)", table.database);
  if (!table.schema.empty()) text.place += member(R"(,"schema":)", table.schema);
  text.place += member(R"(,"table":)", table.name);
  for (const Column& column : table.columns) {
    text.columns.push_back({member(",", column.name) + ':', column.visible});
  }
  return text;
}

}  // namespace cdc::ndjson
