#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/error.hpp"
#include "libcdc/base/reader.hpp"
#include "libcdc/base/spill_file.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// Every block that comes back is the one that was appended at its place, or an error says so.
void read_all(cdc::SpillFile& file, const std::vector<std::string>& blocks) {
  std::string block;
  for (const std::string& expected : blocks) {
    require(file.read(block));
    require(block == expected);
  }
  require(!file.read(block));
}

}  // namespace

/// First come blocks, each behind its length in one byte, up to a length of 0; then places in the
/// file, two bytes each, and what stands there afterwards.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cdc::ByteReader in({reinterpret_cast<const char*>(data), size});
  cdc::SpillFile file("/tmp");
  std::vector<std::string> blocks;
  for (std::size_t length = in.u8(); length != 0 && length <= in.remaining(); length = in.u8()) {
    blocks.emplace_back(in.bytes(length));
    file.append(blocks.back());
  }
  while (in.remaining() >= 3) {
    const std::uint16_t place = in.u16();
    const std::uint8_t byte = in.u8();
    if (place >= file.size()) continue;
    require(::pwrite(file.fd(), &byte, 1, place) == 1);
  }
  try {
    read_all(file, blocks);
  } catch (const cdc::Error& error) {
    require(error.fault() == cdc::Fault::output);
  }
  return 0;
}
