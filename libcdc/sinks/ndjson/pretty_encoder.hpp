#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "libcdc/sinks/ndjson/encoder.hpp"

namespace cdc::ndjson {

/// Appends one compact JSON text indented by two blanks a level, as `jq .` does. Numbers and
/// strings are copied as they are.
void append_indented(TextBuffer& out, std::string_view compact);

/// Any line format, indented for people. Still one object after another.
class PrettyEncoder final : public Encoder {
 public:
  /// `lines` writes one compact object a line.
  explicit PrettyEncoder(std::unique_ptr<Encoder> lines);

  void append(std::span<const Change> changes, TextBuffer& out) override;
  void end_transactions(TextBuffer& out) override;
  void finish(TextBuffer& out) override;
  /// Only the brace of a whole object stands alone at the start of a line.
  std::string_view record_end() const override { return "\n}\n"; }

 private:
  void append_scratch(TextBuffer& out);

  std::unique_ptr<Encoder> lines_;
  TextBuffer scratch_;
};

}  // namespace cdc::ndjson
