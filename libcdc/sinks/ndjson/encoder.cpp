#include "libcdc/sinks/ndjson/encoder.hpp"

#include <utility>

#include "libcdc/sinks/ndjson/native_encoder.hpp"
#include "libcdc/sinks/ndjson/pretty_encoder.hpp"

namespace cdc::ndjson {

std::unique_ptr<Encoder> make_encoder(const EncoderOptions& options) {
  std::unique_ptr<Encoder> encoder = std::make_unique<NativeEncoder>(options);
  if (options.layout == Layout::line) return encoder;
  return std::make_unique<PrettyEncoder>(std::move(encoder));
}

}  // namespace cdc::ndjson
