// JSON documents and diffs: two bytes are the length of the document, the diffs follow it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "libcdc/base/json_text.hpp"
#include "libcdc/sources/mysql/json_binary.hpp"
#include "libcdc/sources/mysql/json_check.hpp"
#include "libcdc/sources/mysql/json_diff.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// Bytes that end where the memory ends.
std::unique_ptr<char[]> exact(std::string_view bytes) {
  auto memory = std::make_unique<char[]>(bytes.size());
  if (!bytes.empty()) std::memcpy(memory.get(), bytes.data(), bytes.size());
  return memory;
}

void check(const Value& value) {
  if (value.kind() != ValueKind::json) return;
  require(is_utf8(value.text()) && is_json(value.text()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  LittleReader in({reinterpret_cast<const char*>(data), size});
  const std::string_view document = in.bytes(in.u16());
  if (!in.ok()) return 0;
  const std::string_view diffs = in.rest();
  const auto document_memory = exact(document);
  const auto diffs_memory = exact(diffs);
  const std::string_view exact_document(document_memory.get(), document.size());
  const std::string_view exact_diffs(diffs_memory.get(), diffs.size());
  Arena arena;
  check(read_json(exact_document, arena));
  check(apply_json_diffs(exact_document, exact_diffs, arena).value);
  check(render_json_diffs(exact_diffs, arena).value);
  return 0;
}
