#include "libcdc/sinks/ndjson/wal2json_encoder.hpp"

#include <algorithm>

#include "libcdc/base/json_text.hpp"

namespace cdc::ndjson {
namespace {

/// Whether a quoted name needs nothing but its quotes to be a string of JSON.
bool is_json_string(std::string_view name) {
  if (name.size() < 2 || name.front() != '"' || name.back() != '"') return false;
  name = name.substr(1, name.size() - 2);
  return std::none_of(name.begin(), name.end(),
                      [](unsigned char c) { return c == '"' || c == '\\' || c < 0x20; });
}

/// The plugin writes the quotes of a quoted type name as those of the string.
std::string type_member(const std::string& type) {
  if (type.empty()) return {};
  if (is_json_string(type)) return R"(,"type":)" + type;
  return member(R"(,"type":)", type);
}

}  // namespace

void Wal2jsonEncoder::append(std::span<const Change> changes, TextBuffer& out) {
  for (const Change& change : changes) append_change(change, out);
}

void Wal2jsonEncoder::append_change(const Change& change, TextBuffer& out) {
  switch (change.op) {
    case Op::insert:
    case Op::read:
      return append_row('I', change, out);
    case Op::update:
      return append_row('U', change, out);
    case Op::remove:
      return append_row('D', change, out);
    case Op::truncate:
      out += R"({"action":"T")";
      out += text_of(*change.table).place;
      out += "}\n";
      return;
    case Op::begin:
      out += "{\"action\":\"B\"}\n";
      return;
    case Op::commit:
      out += "{\"action\":\"C\"}\n";
      return;
    case Op::message:
      return append_message(*change.message, out);
    case Op::schema:
    case Op::ddl:
    case Op::progress:
    case Op::prepare:
    case Op::commit_prepared:
    case Op::rollback_prepared:
      return;  // it has no record for them, and they are not asked for
  }
}

void Wal2jsonEncoder::append_row(char action, const Change& change, TextBuffer& out) {
  const TableText& text = text_of(*change.table);
  out += R"({"action":")";
  out += action;
  out += '"';
  out += text.place;
  if (change.after != nullptr) {
    out += R"(,"columns":[)";
    append_columns(change.after, text, Columns::visible, out);
    out += ']';
  }
  if (action != 'I') {
    const bool full = change.before != nullptr;
    out += R"(,"identity":[)";
    append_columns(full ? change.before : change.key, text, full ? Columns::visible : Columns::key,
                   out);
    out += ']';
  }
  out += "}\n";
}

void Wal2jsonEncoder::append_columns(const Value* row, const TableText& text, Columns which,
                                     TextBuffer& out) {
  bool first = true;
  for (const ColumnText& column : text.columns) {
    const Value& value = *row++;
    if (which == Columns::key ? !column.key : !column.visible) continue;
    if (value.missing()) continue;
    if (!first) out += ',';
    first = false;
    out += column.opening;
    values_.append(value, out);
    out += '}';
  }
}

void Wal2jsonEncoder::append_message(const Message& message, TextBuffer& out) {
  const bool readable = is_utf8(message.content);
  out += R"({"action":"M","transactional":)";
  out += message.transactional ? "true" : "false";
  out += R"(,"prefix":)";
  append_text_or_base64(out, message.prefix, is_utf8(message.prefix));
  out += R"(,"content":)";
  append_text_or_base64(out, message.content, readable);
  if (!readable) out += R"(,"encoding":"base64")";
  out += "}\n";
}

Wal2jsonEncoder::TableText Wal2jsonEncoder::make_text(const Table& table) {
  TableText text;
  if (!table.schema.empty()) text.place = member(R"(,"schema":)", table.schema);
  text.place += member(R"(,"table":)", table.name);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    const bool key = std::find(table.key.begin(), table.key.end(), i) != table.key.end();
    text.columns.push_back(
        {member(R"({"name":)", column.name) + type_member(column.type) + R"(,"value":)", key,
         column.visible});
  }
  return text;
}

}  // namespace cdc::ndjson
