#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/binlog_position.hpp"
#include "libcdc/sources/mysql/statement.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void read_position(std::string_view text) {
  const ResumePosition position = parse_resume_position(text);
  const std::string canonical = to_text(position);
  // A place is printed always, an empty set is not.
  if (canonical.empty()) return;
  require(to_text(parse_resume_position(canonical)) == canonical);
  require(compare(position, parse_resume_position(canonical)) == std::partial_ordering::equivalent);
}

}  // namespace

/// Text: a resume position, a GTID set, a statement.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  classify(text);
  try {
    read_position(text);
  } catch (const Error& error) {
    require(error.fault() == Fault::usage);
  }
  return 0;
}
