#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/sinks/ndjson/encoder.hpp"
#include "libcdc/sinks/ndjson/table_texts.hpp"
#include "libcdc/sinks/ndjson/value_text.hpp"

namespace cdc::ndjson {

/// What Maxwell's daemon writes. The last row of a transaction says so: each row is held back until
/// it is known whether another one follows it.
class MaxwellEncoder final : public Encoder {
 public:
  explicit MaxwellEncoder(const EncoderOptions& options);

  void append(std::span<const Change> changes, TextBuffer& out) override;
  void end_transactions(TextBuffer& out) override { release(Place::last, out); }
  void finish(TextBuffer& out) override { release(Place::inside, out); }

 private:
  struct ColumnText {
    std::string name;  ///< `,"id":`; a first column is written without the comma
    bool visible = true;
    bool key = false;
    bool timestamp = false;
  };
  struct TableText {
    std::string place;  ///< `{"database":"public","table":"orders"`
    std::vector<ColumnText> columns;
  };
  /// Where a row stands in its transaction.
  enum class Place { inside, last };

  void hold(const Change& change);
  void release(Place place, TextBuffer& out);
  void append_head(std::string_view type, const Change& change, std::int64_t time, TextBuffer& out);
  void append_rest(const Change& change, TextBuffer& out);
  void append_old(const Change& change, const TableText& text, TextBuffer& out);
  void append_value(const Value& value, const ColumnText& column, TextBuffer& out);
  const TableText& text_of(const Table& table) { return tables_.of(table, make_text); }
  static TableText make_text(const Table& table);

  std::int64_t (*now_)();
  ValueText values_;
  TableTexts<TableText> tables_;

  // The row that is held back: its line up to the place of `commit`, and the rest of it.
  TextBuffer head_;
  TextBuffer rest_;
  std::string transaction_;  ///< its position; meaningless while nothing is held
  std::uint64_t offset_ = 0;
};

}  // namespace cdc::ndjson
