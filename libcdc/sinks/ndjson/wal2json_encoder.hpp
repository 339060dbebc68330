#pragma once

#include <span>
#include <string>
#include <vector>

#include "libcdc/sinks/ndjson/encoder.hpp"
#include "libcdc/sinks/ndjson/table_texts.hpp"
#include "libcdc/sinks/ndjson/value_text.hpp"

namespace cdc::ndjson {

/// What the wal2json plugin writes in its format version 2, from values of `ValueForm::server`.
class Wal2jsonEncoder final : public Encoder {
 public:
  void append(std::span<const Change> changes, TextBuffer& out) override;

 private:
  struct ColumnText {
    std::string opening;  ///< `{"name":"id","type":"integer","value":`
    bool key = false;
    bool visible = true;
  };
  struct TableText {
    std::string place;  ///< `,"schema":"public","table":"orders"`
    std::vector<ColumnText> columns;
  };
  enum class Columns { visible, key };

  void append_change(const Change& change, TextBuffer& out);
  void append_row(char action, const Change& change, TextBuffer& out);
  void append_columns(const Value* row, const TableText& text, Columns which, TextBuffer& out);
  void append_message(const Message& message, TextBuffer& out);
  const TableText& text_of(const Table& table) { return tables_.of(table, make_text); }
  static TableText make_text(const Table& table);

  ValueText values_{DecimalStyle::number, BinaryStyle::hex};
  TableTexts<TableText> tables_;
};

}  // namespace cdc::ndjson
