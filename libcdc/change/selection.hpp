#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/change/change.hpp"

namespace cdc {

/// A glob over `schema.table`: `*` and `?` do not cross a dot; a pattern without a dot is one of
/// any schema. A letter is itself: names are case-sensitive as the server stores them.
class TableGlob {
 public:
  /// Throws usage where the pattern is empty or has more than three parts.
  explicit TableGlob(std::string pattern);

  bool matches(std::string_view schema, std::string_view table) const;
  const std::string& pattern() const { return pattern_; }
  /// True where it has no wildcard and names a schema: it can mean one table only.
  bool is_exact() const;

 private:
  std::string pattern_;
};

/// Columns of the tables that a glob matches.
struct ColumnRule {
  TableGlob tables;
  std::vector<std::string> columns;
};

/// `schema.table:c1,c2` of --columns and --exclude-columns. Throws usage.
ColumnRule parse_column_rule(const std::string& text);

/// In which form a source gives values.
enum class ValueForm {
  mapped,  ///< each type as the source's TYPES.md says
  server,  ///< numbers, booleans and bytes; all else is the server's own text
};

/// What the user wants to see: tables, columns, operations. Sources ask it once per table version
/// and once per change; ordinals count what is not selected too, so `pos` does not depend on it.
struct Selection {
  std::vector<TableGlob> tables;  ///< empty: all
  std::vector<TableGlob> exclude_tables;
  std::vector<ColumnRule> columns;  ///< empty: all
  std::vector<ColumnRule> exclude_columns;
  OpSet ops = OpSet::all();
  ValueForm values = ValueForm::mapped;
  bool type_names = false;  ///< `Column::type` is wanted for types of the user too
  /// Transactions that committed before are left out, up to the first that did not: microseconds
  /// since 1970 UTC. What is left out hides no schema line of what follows.
  std::optional<std::int64_t> from_time = {};

  bool wants_table(std::string_view schema, std::string_view table) const;
  bool wants_column(std::string_view schema, std::string_view table, std::string_view column) const;
};

}  // namespace cdc
