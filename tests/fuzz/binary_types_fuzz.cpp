#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "libcdc/base/arena.hpp"
#include "libcdc/base/json_text.hpp"
#include "libcdc/base/reader.hpp"
#include "libcdc/sources/postgres/binary_types.hpp"

using namespace cdc;
using namespace cdc::postgres;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// Answers by the OID alone, so that every input has a way to all kinds of types, to some that lie
/// in themselves, and to gone ones.
struct FakeTypes : TypeCatalog {
  std::optional<CatalogType> type(std::uint32_t oid) override {
    constexpr CatalogType::Kind kKinds[] = {
        CatalogType::Kind::base,        CatalogType::Kind::composite, CatalogType::Kind::domain,
        CatalogType::Kind::enumeration, CatalogType::Kind::range,     CatalogType::Kind::multirange,
        CatalogType::Kind::array};
    if (oid % 8 == 7) return std::nullopt;
    CatalogType type;
    type.kind = kKinds[oid % 8];
    type.like = 25;
    type.part = oid / 8;
    type.delimiter = oid % 3 == 0 ? ';' : ',';
    type.fields = {oid / 8, 23};
    return type;
  }
  std::string object_name(std::string_view, std::uint32_t oid) override {
    return oid % 2 == 0 ? "public.\"Odd name\"" : "-";
  }
};

/// What an encoder builds on, for this value and all inside.
void check(const Value& value) {
  switch (value.kind()) {
    case ValueKind::array:
      for (std::size_t i = 0; i < value.size(); ++i) check(value.items()[i]);
      return;
    case ValueKind::text:
    case ValueKind::json:
      return require(is_utf8(value.text()));
    case ValueKind::absent:
    case ValueKind::unchanged:
      return require(false);
    default:
      return;
  }
}

}  // namespace

/// A type's OID in four bytes, one byte that chooses the server's version, and a value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in({reinterpret_cast<const char*>(data), size});
  const std::uint32_t oid = in.u32();
  const int version = 140000 + in.u8() % 6 * 10000;
  if (!in.ok()) return 0;
  static const TextEncoding encoding("UTF8");
  FakeTypes catalog;
  BinaryTypes types(catalog, {version, "UTF8", true});
  types.obstacle(oid);
  const std::string_view value = in.bytes(in.remaining());
  const auto bytes = std::make_unique<char[]>(value.size());
  if (!value.empty()) std::memcpy(bytes.get(), value.data(), value.size());
  Arena arena;
  const TypeMapping mapping = builtin_mapping(oid).value_or(TypeMapping{});
  const auto decoded =
      types.decode(types.find(oid), mapping, bytes.get(), value.size(), encoding, arena);
  if (decoded) check(*decoded);
  return 0;
}
