#include "libcdc/sinks/ndjson/encoder.hpp"

#include <utility>

#include "libcdc/sinks/ndjson/debezium_encoder.hpp"
#include "libcdc/sinks/ndjson/maxwell_encoder.hpp"
#include "libcdc/sinks/ndjson/native_encoder.hpp"
#include "libcdc/sinks/ndjson/pretty_encoder.hpp"
#include "libcdc/sinks/ndjson/wal2json_encoder.hpp"

namespace cdc::ndjson {

namespace {

std::unique_ptr<Encoder> make_line_encoder(const EncoderOptions& options) {
  switch (options.format) {
    case Format::native:
      break;
    case Format::debezium:
      return std::make_unique<DebeziumEncoder>(options);
    case Format::wal2json:
      return std::make_unique<Wal2jsonEncoder>();
    case Format::maxwell:
      return std::make_unique<MaxwellEncoder>(options);
  }
  return std::make_unique<NativeEncoder>(options);
}

}  // namespace

void Encoder::encode(const Batch& batch, TextBuffer& out) {
  const std::span changes(batch.changes());
  const std::size_t ended = batch.boundaries().empty() ? 0 : batch.boundaries().back().changes;
  append(changes.first(ended), out);
  if (!batch.boundaries().empty()) end_transactions(out);
  append(changes.subspan(ended), out);
}

std::unique_ptr<Encoder> make_encoder(const EncoderOptions& options) {
  std::unique_ptr<Encoder> encoder = make_line_encoder(options);
  if (options.layout == Layout::line) return encoder;
  return std::make_unique<PrettyEncoder>(std::move(encoder));
}

}  // namespace cdc::ndjson
