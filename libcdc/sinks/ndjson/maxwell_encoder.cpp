#include "libcdc/sinks/ndjson/maxwell_encoder.hpp"

#include <algorithm>

namespace cdc::ndjson {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

std::string_view type_of(Op op) {
  if (op == Op::insert) return "insert";
  return op == Op::update ? "update" : "delete";
}

bool is_row(Op op) {
  return op == Op::insert || op == Op::update || op == Op::remove;
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

MaxwellEncoder::MaxwellEncoder(const EncoderOptions& options)
    : now_(options.now), values_(options.decimal.value_or(DecimalStyle::number), options.binary) {}

void MaxwellEncoder::append(std::span<const Change> changes, TextBuffer& out) {
  for (const Change& change : changes) {
    if (change.op == Op::read) {
      release(Place::last, out);
      append_head("bootstrap-insert", change, now_(), out);
      append_rest(change, out);
    } else if (is_row(change.op)) {
      const bool follows = transaction_ == change.transaction->position;
      release(follows ? Place::inside : Place::last, out);
      hold(change);
    }
  }
}

void MaxwellEncoder::hold(const Change& change) {
  transaction_ = change.transaction->position;
  offset_ = change.ordinal - 1;
  append_head(type_of(change.op), change, change.transaction->commit_time, head_);
  append_rest(change, rest_);
}

void MaxwellEncoder::release(Place place, TextBuffer& out) {
  if (head_.empty()) return;
  out += head_.view();
  if (place == Place::last) {
    out += R"(,"commit":true)";
  } else {
    out += R"(,"xoffset":)";
    append_number(out, offset_);
  }
  out += rest_.view();
  head_.clear();
  rest_.clear();
}

void MaxwellEncoder::append_head(std::string_view type, const Change& change, std::int64_t time,
                                 TextBuffer& out) {
  out += text_of(*change.table).place;
  append_member(out, R"(,"type":)", type);
  out += R"(,"ts":)";
  append_number(out, time / kMicrosPerSecond);
  if (change.transaction == nullptr || !is_number(change.transaction->id)) return;
  out += R"(,"xid":)";
  out += change.transaction->id;
}

/// The row, and what an update changed in it.
void MaxwellEncoder::append_rest(const Change& change, TextBuffer& out) {
  const TableText& text = text_of(*change.table);
  const bool whole = change.after != nullptr || change.before != nullptr;
  const Value* row = change.after != nullptr ? change.after : change.key;
  out += R"(,"data":{)";
  std::size_t comma = 1;
  for (std::size_t i = 0; i < text.columns.size(); ++i) {
    const ColumnText& column = text.columns[i];
    if (whole ? !column.visible : !column.key) continue;
    if (row[i].missing()) continue;
    out += std::string_view(column.name).substr(comma);
    append_value(row[i], column, out);
    comma = 0;
  }
  out += '}';
  if (change.op == Op::update) append_old(change, text, out);
  out += "}\n";
}

/// Of the old row, or of the old key where that is all there is, the values that are others now.
void MaxwellEncoder::append_old(const Change& change, const TableText& text, TextBuffer& out) {
  if (change.key == change.after) return;
  std::string_view opening = R"(,"old":{)";
  for (std::size_t i = 0; i < text.columns.size(); ++i) {
    const ColumnText& column = text.columns[i];
    const Value& old = change.key[i];
    if (!column.visible || old.missing() || same_value(old, change.after[i])) continue;
    const bool first = !opening.empty();
    out += opening;
    opening = {};
    out += std::string_view(column.name).substr(first ? 1 : 0);
    append_value(old, column, out);
  }
  if (opening.empty()) out += '}';
}

/// Maxwell writes times as MySQL does: a blank between date and time, and no zone (it is UTC).
void MaxwellEncoder::append_value(const Value& value, const ColumnText& column, TextBuffer& out) {
  constexpr std::size_t kSeparator = 10;
  std::string_view text;
  if (column.timestamp && value.kind() == ValueKind::text) text = value.text();
  if (text.size() <= kSeparator || text[kSeparator] != 'T') return values_.append(value, out);
  out += '"';
  out += text.substr(0, kSeparator);
  out += ' ';
  out += text.substr(kSeparator + 1, text.size() - kSeparator - (text.back() == 'Z' ? 2 : 1));
  out += '"';
}

MaxwellEncoder::TableText MaxwellEncoder::make_text(const Table& table) {
  TableText text;
  text.place = member(R"({"database":)", table.schema.empty() ? table.database : table.schema);
  text.place += member(R"(,"table":)", table.name);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    const bool timestamp =
        column.meaning == Meaning::timestamp || column.meaning == Meaning::timestamp_with_zone;
    const bool key = std::find(table.key.begin(), table.key.end(), i) != table.key.end();
    text.columns.push_back({member(",", column.name) + ':', column.visible, key, timestamp});
  }
  return text;
}

}  // namespace cdc::ndjson
