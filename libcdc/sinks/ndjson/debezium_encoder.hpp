#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/sinks/ndjson/debezium_values.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"
#include "libcdc/sinks/ndjson/table_texts.hpp"

namespace cdc::ndjson {

/// What Debezium's connectors for PostgreSQL, MySQL and MariaDB write through a JSON converter
/// without schemas.
class DebeziumEncoder final : public Encoder {
 public:
  explicit DebeziumEncoder(const EncoderOptions& options);

  void append(std::span<const Change> changes, TextBuffer& out) override;

 private:
  struct ColumnText {
    std::string name;  ///< `,"id":`; a first column is written without the comma
    Column column;
    bool key = false;
  };
  struct TableText {
    std::string collection;  ///< `public.orders`
    std::string database;    ///< `,"db":"shop","sequence":`
    std::string place;       ///< `,"schema":"public","table":"orders","txId":`; or only the table
    std::vector<std::size_t> key;
    std::vector<ColumnText> columns;
  };
  enum class Columns { visible, key };
  /// What a place is: Debezium's connectors say it in members of their own.
  enum class Logs { wal, binlog };
  /// One record: a change gives one, and three where it moves a row to another key.
  struct Record {
    char op = 'c';
    const Value* before = nullptr;
    Columns before_columns = Columns::visible;
    const Value* after = nullptr;
    const Value* key = nullptr;  ///< the row that holds the record's own key
  };

  void append_change(const Change& change, TextBuffer& out);
  void append_row(const Change& change, TextBuffer& out);
  void append_update(const Change& change, TextBuffer& out);
  void append_delete(const Change& change, TextBuffer& out);
  void append_record(const Record& record, const Change& change, TextBuffer& out);
  void append_tombstone(const Value* key, const TableText& text, TextBuffer& out);
  void append_message(const Change& change, TextBuffer& out);
  void open_status(std::string_view status, const Change& change, TextBuffer& out);
  void append_begin(const Change& change, TextBuffer& out);
  void append_end(const Change& change, TextBuffer& out);

  void append_key(const Value* row, const TableText& text, TextBuffer& out);
  void append_image(const Value* row, const TableText& text, Columns which, TextBuffer& out);
  void append_source(const Change& change, std::string_view database, std::string_view place,
                     TextBuffer& out);
  void append_binlog_place(const Change& change, TextBuffer& out);
  void append_transaction_id(const Change& change, TextBuffer& out);
  void append_transaction(const Change& change, const std::string& collection, TextBuffer& out);
  void open_record(TextBuffer& out);
  void close_record(TextBuffer& out);
  bool moves(const Change& change, const TableText& text) const;
  void enter(const Transaction* transaction);
  const TableText& text_of(const Table& table) { return tables_.of(table, make_text); }
  static TableText make_text(const Table& table);

  DebeziumOptions options_;
  BinaryStyle binary_;
  std::int64_t (*now_)();
  std::string source_;  ///< `"source":{"version":"1.0","connector":"postgresql","name":"s"`
  DebeziumValues values_;
  Logs logs_;
  TableTexts<TableText> tables_;

  std::int64_t time_ = 0;  ///< when these lines are made
  std::string stamp_;      ///< the same: `"ts_ms":...,"ts_us":...,"ts_ns":...`

  // The transaction that is being written.
  const Transaction* transaction_ = nullptr;
  std::string position_;      ///< its position
  std::uint64_t commit_ = 0;  ///< the same as a number
  std::uint64_t records_ = 0;
  std::map<std::string, std::uint64_t> collections_;
};

}  // namespace cdc::ndjson
