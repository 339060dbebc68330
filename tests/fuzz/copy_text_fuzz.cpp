#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "libcdc/sources/postgres/copy_text.hpp"

using namespace cdc::postgres;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// As COPY TO would write these cells.
std::string write_row(const std::vector<CopyCell>& cells) {
  std::string row;
  for (const CopyCell& cell : cells) {
    if (&cell != &cells.front()) row += '\t';
    if (cell.text == nullptr) row += "\\N";
    for (std::size_t i = 0; i < cell.size; ++i) {
      constexpr std::string_view kPlain = "\b\f\n\r\t\v\\";
      const std::size_t escape = kPlain.find(cell.text[i]);
      if (escape == std::string_view::npos) {
        row += cell.text[i];
      } else {
        row += '\\';
        row += "bfnrtv\\"[escape];
      }
    }
  }
  return row;
}

}  // namespace

/// The first byte says how many columns there are; the rest is a row. What is taken for one lies
/// inside it and comes back when it is written again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::vector<CopyCell> cells(data[0] % 8);
  const std::string original(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string row = original;
  if (!split_copy_row(row.data(), row.size(), cells)) return 0;
  for (const CopyCell& cell : cells) {
    require(cell.text == nullptr ||
            (cell.text >= row.data() && cell.text + cell.size <= row.data() + row.size()));
  }
  std::string again = write_row(cells);
  std::vector<CopyCell> second(cells.size());
  require(split_copy_row(again.data(), again.size(), second));
  require(write_row(second) == write_row(cells));
  // Bytes that the server escapes may stand bare in the input, so only a clean one is equal.
  if (original.find_first_of("\b\f\n\r\v") == std::string::npos)
    require(write_row(cells) == original);
  return 0;
}
