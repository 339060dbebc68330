#include "libcdc/sinks/ndjson/pretty_encoder.hpp"

#include <cstddef>
#include <utility>

namespace cdc::ndjson {
namespace {

/// The place behind the string that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

void append_break(TextBuffer& out, std::size_t depth) {
  out += '\n';
  out.append(depth * 2, ' ');
}

bool closes(char c) {
  return c == '}' || c == ']';
}

}  // namespace

void append_indented(TextBuffer& out, std::string_view compact) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < compact.size();) {
    const char c = compact[at];
    if (c == '"') {
      const std::size_t end = string_end(compact, at);
      out.append(compact.substr(at, end - at));
      at = end;
      continue;
    }
    const bool opens = c == '{' || c == '[';
    const bool empty = opens && at + 1 < compact.size() && closes(compact[at + 1]);
    if (closes(c)) append_break(out, --depth);
    out.append(compact.substr(at, empty ? 2 : 1));
    if (opens && !empty) append_break(out, ++depth);
    if (c == ',') append_break(out, depth);
    if (c == ':') out += ' ';
    at += empty ? 2 : 1;
  }
}

PrettyEncoder::PrettyEncoder(std::unique_ptr<Encoder> lines) : lines_(std::move(lines)) {}

void PrettyEncoder::append(std::span<const Change> changes, TextBuffer& out) {
  lines_->append(changes, scratch_);
  append_scratch(out);
}

void PrettyEncoder::end_transactions(TextBuffer& out) {
  lines_->end_transactions(scratch_);
  append_scratch(out);
}

void PrettyEncoder::finish(TextBuffer& out) {
  lines_->finish(scratch_);
  append_scratch(out);
}

void PrettyEncoder::append_scratch(TextBuffer& out) {
  std::string_view rest = scratch_.view();
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    append_indented(out, rest.substr(0, end));
    out += '\n';
    rest.remove_prefix(end + 1);
  }
  scratch_.clear();
}

}  // namespace cdc::ndjson
