#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libcdc/base/error.hpp"
#include "libcdc/state/checkpoint.hpp"

/// Whatever the bytes of a checkpoint file are, reading them gives a checkpoint or a state error;
/// and a checkpoint that was read is written and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  cdc::Checkpoint first;
  try {
    first = cdc::parse_checkpoint(text, "checkpoint_fuzz.json");
  } catch (const cdc::Error& error) {
    if (error.fault() != cdc::Fault::state) std::abort();
    return 0;
  }
  const cdc::Checkpoint second =
      cdc::parse_checkpoint(cdc::to_json_text(first), "checkpoint_fuzz.json");
  const bool same = first.source_type == second.source_type &&
                    first.committed_event_count == second.committed_event_count &&
                    first.offset == second.offset && first.server == second.server &&
                    first.output == second.output && first.updated_at == second.updated_at;
  if (!same) std::abort();
  return 0;
}
