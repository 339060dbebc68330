#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

#include "libcdc/base/arena.hpp"
#include "libcdc/base/json_text.hpp"
#include "libcdc/sources/postgres/types.hpp"

using namespace cdc;
using namespace cdc::postgres;

namespace {

constexpr Mapping kElements[] = {Mapping::text,      Mapping::boolean,    Mapping::number,
                                 Mapping::numeric,   Mapping::bytea,      Mapping::json,
                                 Mapping::timestamp, Mapping::timestamptz};
constexpr std::size_t kMostDepth = 6;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The promises that an encoder builds on, for this value and all inside.
void check(const Value& value, std::size_t depth) {
  switch (value.kind()) {
    case ValueKind::array:
      require(depth < kMostDepth);
      for (std::size_t i = 0; i < value.size(); ++i) check(value.items()[i], depth + 1);
      return;
    case ValueKind::null:
      require(depth > 0);
      return;
    case ValueKind::text:
    case ValueKind::json:
      require(is_utf8(value.text()));
      return;
    case ValueKind::undecodable:
      require(!is_utf8(value.text()));
      return;
    case ValueKind::number:
    case ValueKind::decimal:
      require(!value.text().empty() &&
              value.text().find_first_not_of("0123456789+-.e") == std::string_view::npos);
      return;
    case ValueKind::boolean:
      require(value.text() == "true" || value.text() == "false");
      return;
    case ValueKind::bytes:
      return;
    case ValueKind::absent:
    case ValueKind::unchanged:
      std::abort();
  }
}

}  // namespace

/// The first byte chooses the elements' mapping and the delimiter; the rest is an array's text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const TextEncoding encoding("UTF8");
  const std::size_t choice = data[0];
  const TypeMapping type{Mapping::array, kElements[choice % std::size(kElements)],
                         choice / std::size(kElements) % 2 == 0 ? ',' : ';'};
  const std::string original(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string text = original;
  Arena arena;
  const Value value = decode_text(type, text.data(), text.size(), encoding, arena);
  check(value, 0);
  // What is not an array has to come through untouched.
  require(value.kind() == ValueKind::array || value.text() == original);
  return 0;
}
