#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/text_buffer.hpp"
#include "libcdc/change/batch.hpp"
#include "libcdc/sinks/ndjson/format.hpp"

namespace cdc::ndjson {

/// How exact decimals are written.
enum class DecimalStyle { string, number };

/// How raw bytes are written, as a string of either form.
enum class BinaryStyle { base64, hex };

/// One object a line for programs, or indented over many lines for people.
enum class Layout { line, pretty };

/// What has no place in the other formats. The words are those of Debezium's own settings.
struct DebeziumOptions {
  enum class Decimal { precise, double_number, string };
  enum class Time {
    adaptive,
    adaptive_time_microseconds,
    connect,
    isostring,
    microseconds,
    nanoseconds,
  };
  Decimal decimal = Decimal::precise;
  Time time = Time::adaptive;
  bool key = false;          ///< each line holds key and value, as a Kafka record does
  bool tombstones = false;   ///< a record without a value behind each delete; needs `key`
  bool transaction = false;  ///< the place in the transaction, and records where it begins and ends
};

/// What the user chose for the output.
struct EncoderOptions {
  std::string source = {};  ///< the `source` of every line
  Format format = Format::native;
  std::optional<DecimalStyle> decimal = {};  ///< unset: what the format is used to
  BinaryStyle binary = BinaryStyle::base64;
  Layout layout = Layout::line;
  DebeziumOptions debezium = {};
  std::string version = {};              ///< of this program, for formats that name it
  std::int64_t (*now)() = unix_now;      ///< when a line is made, microseconds since 1970 UTC
  std::string connector = "postgresql";  ///< as Debezium calls the kind of server
};

/// Turns changes into text. One format is one implementation.
class Encoder {
 public:
  virtual ~Encoder() = default;

  /// Appends the records of these changes. Keeps nothing that the changes point at.
  virtual void append(std::span<const Change> changes, TextBuffer& out) = 0;

  /// Every transaction of the changes so far has ended: a record that was held back, because it
  /// looks different where it is the last one, is appended.
  virtual void end_transactions(TextBuffer&) {}

  /// Nothing more comes: what was held back is appended as it is.
  virtual void finish(TextBuffer&) {}

  /// The bytes that every record ends with and that stand nowhere else: where a file may be cut.
  virtual std::string_view record_end() const { return "\n"; }

  /// Appends all changes of a batch.
  void encode(const Batch& batch, TextBuffer& out);
};

/// The encoder for what the user chose.
std::unique_ptr<Encoder> make_encoder(const EncoderOptions& options);

}  // namespace cdc::ndjson
