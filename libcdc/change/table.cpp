#include "libcdc/change/table.hpp"

#include <atomic>

namespace cdc {

std::uint64_t next_table_version() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

std::string qualified_name(const Table& table) {
  return table.schema.empty() ? table.name : table.schema + "." + table.name;
}

}  // namespace cdc
