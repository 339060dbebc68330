#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/change/table.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"
#include "libcdc/sinks/ndjson/value_text.hpp"

namespace cdc::ndjson {

/// Values as Debezium's PostgreSQL connector and a JSON converter without schemas write them. What
/// the form of a type cannot say is written as a string of the server's text, never as null.
class DebeziumValues {
 public:
  explicit DebeziumValues(const EncoderOptions& options);

  void append(const Value& value, const Column& column, TextBuffer& out);

 private:
  bool append_meaning(std::string_view text, const Column& column, TextBuffer& out);
  bool append_date(std::string_view text, TextBuffer& out) const;
  bool append_time(std::string_view text, std::int32_t digits, TextBuffer& out) const;
  bool append_timestamp(std::string_view text, std::int32_t digits, TextBuffer& out) const;
  bool append_decimal(std::string_view text, const Column& column, TextBuffer& out);
  std::int32_t split_decimal(std::string_view text, std::int32_t wanted);
  void make_words(bool negative);
  void append_unscaled(bool negative, TextBuffer& out);
  void append_unavailable(const Column& column, TextBuffer& out) const;

  DebeziumOptions options_;
  BinaryStyle binary_;
  ValueText plain_;
  std::string digits_;                ///< of the decimal that is being written
  std::vector<std::uint32_t> words_;  ///< the same, as a number
};

}  // namespace cdc::ndjson
