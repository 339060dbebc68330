#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/table_map.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const TableMap& map) {
  if (!map.primary_key) return;
  for (const std::size_t index : *map.primary_key) require(index < map.columns.size());
}

}  // namespace

/// The first byte chooses the flavour; the body of a TABLE_MAP follows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  try {
    check(decode_table_map({reinterpret_cast<const char*>(data + 1), size - 1}, *data % 2 == 1));
  } catch (const Error& error) {
    require(error.fault() == Fault::protocol);
  }
  return 0;
}
