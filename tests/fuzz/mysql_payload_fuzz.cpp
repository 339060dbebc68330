#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/payload.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

/// The body of a TRANSACTION_PAYLOAD.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  PayloadReader reader;
  try {
    reader.start({reinterpret_cast<const char*>(data), size});
    while (const auto event = reader.next()) {
      require(event->header.size == event->body.size() + kEventHeaderSize);
    }
  } catch (const Error& error) {
    require(error.fault() == Fault::protocol);
  }
  return 0;
}
