#include "libcdc/change/selection.hpp"

#include <algorithm>
#include <utility>

#include "libcdc/base/error.hpp"

namespace cdc {
namespace {

/// Matches without recursion: on a mismatch the last `*` takes one character more. `*` and `?`
/// never match a dot, so a `*` gives up where it would have to.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    const char want = p < pattern.size() ? pattern[p] : '\0';
    if (want == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (want == text[t] || (want == '?' && text[t] != '.'))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos && text[star_text] != '.') {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool any_matches(const std::vector<TableGlob>& globs, std::string_view schema,
                 std::string_view table) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const TableGlob& glob) { return glob.matches(schema, table); });
}

enum class Listed { no_rule, no, yes };

/// What the rules for this table say of a column. Several rules for one table add up.
Listed find_column(const std::vector<ColumnRule>& rules, std::string_view schema,
                   std::string_view table, std::string_view column) {
  Listed listed = Listed::no_rule;
  for (const auto& [tables, names] : rules) {
    if (!tables.matches(schema, table)) continue;
    if (std::find(names.begin(), names.end(), column) != names.end()) return Listed::yes;
    listed = Listed::no;
  }
  return listed;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool any_empty(const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.empty(); });
}

}  // namespace

TableGlob::TableGlob(std::string pattern) : pattern_(std::move(pattern)) {
  const std::vector<std::string> parts = split(pattern_, '.');
  if (parts.size() <= 3 && !any_empty(parts)) return;
  throw Error(Fault::usage, "'" + pattern_ + "' is not a table pattern")
      .with_hint("write schema.table or table; * and ? stand for any characters but a dot");
}

bool TableGlob::matches(std::string_view schema, std::string_view table) const {
  if (pattern_.find('.') == std::string::npos) return glob_matches(pattern_, table);
  std::string full(schema);
  full += '.';
  full += table;
  return glob_matches(pattern_, full);
}

bool TableGlob::is_exact() const {
  return pattern_.find('.') != std::string::npos &&
         pattern_.find_first_of("*?") == std::string::npos;
}

ColumnRule parse_column_rule(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) {
    std::vector<std::string> columns = split(std::string_view(text).substr(colon + 1), ',');
    if (!any_empty(columns)) return {TableGlob(text.substr(0, colon)), std::move(columns)};
  }
  throw Error(Fault::usage, "'" + text + "' does not name the columns of a table")
      .with_hint("write schema.table:column1,column2");
}

bool Selection::wants_table(std::string_view schema, std::string_view table) const {
  if (!tables.empty() && !any_matches(tables, schema, table)) return false;
  return !any_matches(exclude_tables, schema, table);
}

bool Selection::wants_column(std::string_view schema, std::string_view table,
                             std::string_view column) const {
  if (find_column(columns, schema, table, column) == Listed::no) return false;
  return find_column(exclude_columns, schema, table, column) != Listed::yes;
}

}  // namespace cdc
