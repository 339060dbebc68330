#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/rows.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// Every value is one byte behind its length.
void read_image(const PresentColumns& present, std::size_t columns, LittleReader& reader) {
  ImageWalk walk(present, reader);
  std::size_t seen = 0;
  for (std::size_t column = 0; column < columns; ++column) {
    const Cell cell = walk.next();
    if (cell == Cell::absent) continue;
    ++seen;
    if (cell == Cell::value) reader.bytes(reader.u8());
  }
  require(seen == present.count || !reader.ok());
}

void read_rows(const RowsEvent& event) {
  const std::size_t most = event.rows.size() + 1;
  std::size_t count = 0;
  for (RowsWalk walk(event); walk.next(); ++count) {
    require(count < most);
    if (event.has_before()) read_image(event.before, event.column_count, walk.reader());
    if (event.kind == RowsKind::partial_update) {
      PartialColumns partial(event.column_count, walk.reader());
      for (std::size_t column = 0; column <= event.column_count; ++column) partial.is_partial();
    }
    if (event.has_after()) read_image(event.after, event.column_count, walk.reader());
  }
}

}  // namespace

/// The first byte chooses the type; the body of a rows event follows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || !is_rows_event(static_cast<EventType>(*data))) return 0;
  Event event{{}, {reinterpret_cast<const char*>(data + 1), size - 1}};
  event.header.type = static_cast<EventType>(*data);
  std::string inflated;
  try {
    read_rows(decode_rows(event, inflated));
  } catch (const Error& error) {
    require(error.fault() == Fault::protocol);
  }
  return 0;
}
