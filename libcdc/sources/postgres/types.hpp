#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libcdc/base/arena.hpp"
#include "libcdc/change/table.hpp"
#include "libcdc/change/value.hpp"
#include "libcdc/sources/postgres/text_encoding.hpp"

/// All that this source knows of types; TYPES.md is the same as a table. The texts are those of a
/// session with datestyle=ISO, intervalstyle=iso_8601, timezone=UTC, extra_float_digits=3 and
/// bytea_output=hex.
namespace cdc::postgres {

/// How the text of a type's values becomes a Value.
enum class Mapping : std::uint8_t {
  text,         ///< as it is; also for every type that we do not know
  boolean,      ///< t, f
  number,       ///< integers of any size and sign
  real,         ///< float4, float8: a number, or NaN and infinities as text
  numeric,      ///< exact digits, or NaN and infinities as text
  bytea,        ///< \x and hex digits
  json,         ///< JSON, trusted to be well-formed because the server has parsed it
  timestamp,    ///< T for the blank in years 1 to 9999
  timestamptz,  ///< the same, and Z for +00
  array,        ///< of `TypeMapping::element`
};

/// The mapping of one type.
struct TypeMapping {
  Mapping mapping = Mapping::text;
  Mapping element = Mapping::text;  ///< of an array; an element that is an array itself stays text
  char delimiter = ',';             ///< between the elements of an array

  bool operator==(const TypeMapping&) const = default;
};

/// The mapping of a built-in type by its OID; nothing for OIDs that this build does not know: types
/// of the user and of newer servers.
std::optional<TypeMapping> builtin_mapping(std::uint32_t oid);

/// The same by its name in pg_catalog ("int4", "_numeric"): a domain's base type comes by name.
std::optional<TypeMapping> builtin_mapping(std::string_view name);

/// The mapping for `ValueForm::server`: text, but for boolean, bytea and the types that the
/// server's own JSON functions write as numbers.
TypeMapping server_mapping(std::uint32_t oid);

/// What a built-in type means, by its name in pg_catalog, or the extension's hstore, and what its
/// modifier says: sets `meaning`, `length` and `scale` of the column. An array has those of its
/// elements.
void describe_meaning(std::string_view name, std::int32_t typmod, Column& column);

/// The name of a built-in type in pg_catalog; empty for other OIDs.
std::string builtin_name(std::uint32_t oid);
/// The OID of the elements of a built-in array type; nothing for every other OID.
std::optional<std::uint32_t> builtin_element(std::uint32_t oid);

/// The SQL name of a built-in type with its modifier, as format_type() of the server writes it:
/// "numeric(10,2)", "timestamp(3) with time zone", "integer[]". Empty for unknown OIDs.
std::string format_type(std::uint32_t oid, std::int32_t typmod);

/// The value of one column. `text` is the server's text; it and `arena` must live as long as the
/// value, and it may be changed in place. Never fails: a text that does not have the form of its
/// type becomes text, and one that is not valid in its encoding becomes undecodable, its bytes as
/// they came. Takes memory from `arena` only, for arrays and for text that is not in UTF-8.
Value decode_text(const TypeMapping& type, char* text, std::size_t size,
                  const TextEncoding& encoding, Arena& arena);

}  // namespace cdc::postgres
