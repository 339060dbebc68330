// Values of row events: eight bytes choose the column, the others are the value. Whatever comes out
// of it must keep what an encoder builds on, and a value that reads must be as long as skipped.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/json_text.hpp"
#include "libcdc/sources/mysql/charset.hpp"
#include "libcdc/sources/mysql/json_check.hpp"
#include "libcdc/sources/mysql/values.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::string_view kCharsets[] = {
    "binary", "utf8mb4", "latin1",  "utf16", "utf16le", "utf32", "ucs2", "ascii",
    "swe7",   "gbk",     "gb18030", "big5",  "sjis",    "cp932", "ujis", "euckr"};

void check(const Value& value) {
  switch (value.kind()) {
    case ValueKind::json:
      return require(is_utf8(value.text()) && is_json(value.text()));
    case ValueKind::number:
      return require(is_json(value.text()));
    case ValueKind::text:
    case ValueKind::decimal:
      return require(is_utf8(value.text()));
    case ValueKind::bytes:
    case ValueKind::undecodable:
    case ValueKind::null:
      return;
    default:
      return require(false);
  }
}

ColumnFormat format_of(LittleReader& in) {
  static const auto labels = std::make_shared<const std::vector<std::string>>(
      std::vector<std::string>{"new", "paid", "größe"});
  ColumnFormat format;
  format.type = static_cast<ColumnType>(in.u8());
  format.meta = in.u16();
  format.is_unsigned = in.u8() % 2 == 1;
  format.refinement = static_cast<Refinement>(in.u8() % 6);
  format.charset = find_charset(kCharsets[in.u8() % std::size(kCharsets)]);
  if (in.u8() % 2 == 1) format.labels = labels;
  return format;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  LittleReader in({reinterpret_cast<const char*>(data), size});
  const ColumnFormat format = format_of(in);
  if (!in.ok()) return 0;
  const std::string_view rest = in.rest();
  const auto bytes = std::make_unique<char[]>(rest.size());
  if (!rest.empty()) std::memcpy(bytes.get(), rest.data(), rest.size());
  Arena arena;
  LittleReader reader({bytes.get(), rest.size()});
  const Value value = read_value(format, reader, arena);
  if (!reader.ok()) return 0;
  check(value);
  LittleReader skipped({bytes.get(), rest.size()});
  skip_value(format, skipped);
  require(skipped.ok() && skipped.remaining() == reader.remaining());
  return 0;
}
