#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "libcdc/base/text_buffer.hpp"
#include "libcdc/change/batch.hpp"

namespace cdc::ndjson {

/// How exact decimals are written.
enum class DecimalStyle { string, number };

/// How raw bytes are written, as a string of either form.
enum class BinaryStyle { base64, hex };

/// One object a line for programs, or indented over many lines for people.
enum class Layout { line, pretty };

/// What the user chose for the output.
struct EncoderOptions {
  std::string source = {};  ///< the `source` of every line
  DecimalStyle decimal = DecimalStyle::string;
  BinaryStyle binary = BinaryStyle::base64;
  Layout layout = Layout::line;
};

/// Turns changes into text. One format is one implementation.
class Encoder {
 public:
  virtual ~Encoder() = default;

  /// Appends one record a change. Keeps nothing of the changes.
  virtual void append(std::span<const Change> changes, TextBuffer& out) = 0;

  /// The bytes that every record ends with and that stand nowhere else: where a file may be cut.
  virtual std::string_view record_end() const { return "\n"; }

  /// Appends all changes of a batch.
  void encode(const Batch& batch, TextBuffer& out) { append(batch.changes(), out); }
};

/// The encoder for what the user chose.
std::unique_ptr<Encoder> make_encoder(const EncoderOptions& options);

}  // namespace cdc::ndjson
