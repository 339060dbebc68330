#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/sinks/ndjson/encoder.hpp"
#include "libcdc/sinks/ndjson/table_texts.hpp"
#include "libcdc/sinks/ndjson/value_text.hpp"

namespace cdc::ndjson {

/// The change line of FORMAT.md. What is constant for a table version or a transaction is escaped
/// once; in steady state a row allocates nothing.
class NativeEncoder final : public Encoder {
 public:
  explicit NativeEncoder(const EncoderOptions& options);

  void append(std::span<const Change> changes, TextBuffer& out) override;

  /// Table versions whose constant text is held.
  std::size_t cached_tables() const { return tables_.size(); }

 private:
  struct ColumnText {
    std::string name;  ///< `,"id":`; of a first column the comma becomes a brace
    bool visible = true;
  };
  struct TableText {
    std::string place;  ///< `,"source":"s","db":"d","schema":"p","table":"t"`
    std::vector<ColumnText> columns;
  };

  void append_change(const Change& change, TextBuffer& out);
  void append_row(const Change& change, TextBuffer& out);
  void append_key(const Change& change, const TableText& text, TextBuffer& out);
  bool append_image(const Value* row, const TableText& text, TextBuffer& out);
  void append_truncate(const Change& change, TextBuffer& out);
  void append_schema(const Change& change, TextBuffer& out);
  void append_message(const Change& change, TextBuffer& out);
  void append_ddl(const Change& change, TextBuffer& out);
  void append_head(const Change& change, TextBuffer& out);

  void append_position_and_tail(const Change& change, TextBuffer& out);
  void append_snapshot_tail(const Change& change, TextBuffer& out);
  void append_resume_and_tail(const Change& change, TextBuffer& out);
  void append_tail(const Change& change, TextBuffer& out);
  void enter(const Transaction* transaction);
  void append_time(std::int64_t micros, TextBuffer& out);

  const TableText& text_of(const Table& table) {
    return tables_.of(table, [this](const Table& known) { return make_text(known); });
  }
  TableText make_text(const Table& table) const;

  std::string source_;  ///< `,"source":"s"`
  ValueText values_;
  TableTexts<TableText> tables_;

  const Transaction* transaction_ = nullptr;  ///< whose text the next two hold
  TextBuffer position_;                       ///< `,"pos":"0/1A2B3C8#`
  TextBuffer tail_;                           ///< `,"ts":"...","tx":{"id":"731"}}` and LF

  const char* snapshot_ = nullptr;  ///< the id, in the current batch, of what the next one holds
  TextBuffer snapshot_tail_;        ///< `,"pos":"0/1A2B3C8","snapshot":"...","ts":"..."}` and LF

  std::int64_t second_ = INT64_MIN;  ///< which `second_text_` holds, since 1970
  std::string second_text_;          ///< `2026-11-20T08:00:00.`
};

}  // namespace cdc::ndjson
