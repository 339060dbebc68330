#include "libcdc/sources/postgres/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "libcdc/sources/postgres/array_text.hpp"

namespace cdc::postgres {

namespace {

/// What a type modifier means.
enum class Modifier : std::uint8_t {
  none,
  length,     ///< plain, four more than what is shown
  plain,      ///< bits, or digits of a second
  precision,  ///< numeric's precision and scale
  interval,   ///< its fields and digits of a second
};

/// A type of pg_catalog with a fixed OID. The same on PostgreSQL 15 to 18.
struct BuiltinType {
  std::uint32_t oid;
  std::uint32_t array_oid;  ///< 0: not fixed
  std::string_view name;    ///< that of its array has a `_` before it
  Mapping mapping = Mapping::text;
  std::string_view sql_name = {};  ///< empty: the same as `name`
  Modifier modifier = Modifier::none;
  std::string_view modified = {};  ///< the SQL name with its modifier
  char delimiter = ',';
};

constexpr BuiltinType kTypes[] = {
    {16, 1000, "bool", Mapping::boolean, "boolean"},
    {17, 1001, "bytea", Mapping::bytea},
    {18, 1002, "char", Mapping::text, "\"char\""},
    {19, 1003, "name"},
    {20, 1016, "int8", Mapping::number, "bigint"},
    {21, 1005, "int2", Mapping::number, "smallint"},
    {22, 1006, "int2vector"},
    {23, 1007, "int4", Mapping::number, "integer"},
    {24, 1008, "regproc"},
    {25, 1009, "text"},
    {26, 1028, "oid", Mapping::number},
    {27, 1010, "tid"},
    {28, 1011, "xid", Mapping::number},
    {29, 1012, "cid", Mapping::number},
    {30, 1013, "oidvector"},
    {71, 210, "pg_type"},
    {75, 270, "pg_attribute"},
    {81, 272, "pg_proc"},
    {83, 273, "pg_class"},
    {114, 199, "json", Mapping::json},
    {142, 143, "xml"},
    {194, 0, "pg_node_tree"},
    {600, 1017, "point"},
    {601, 1018, "lseg"},
    {602, 1019, "path"},
    {603, 1020, "box", Mapping::text, {}, Modifier::none, {}, ';'},
    {604, 1027, "polygon"},
    {628, 629, "line"},
    {650, 651, "cidr"},
    {700, 1021, "float4", Mapping::real, "real"},
    {701, 1022, "float8", Mapping::real, "double precision"},
    {718, 719, "circle"},
    {774, 775, "macaddr8"},
    {790, 791, "money"},
    {829, 1040, "macaddr"},
    {869, 1041, "inet"},
    {1033, 1034, "aclitem"},
    {1042, 1014, "bpchar", Mapping::text, {}, Modifier::length, "character({})"},
    {1043, 1015, "varchar", Mapping::text, "character varying", Modifier::length,
     "character varying({})"},
    {1082, 1182, "date"},
    {1083, 1183, "time", Mapping::text, "time without time zone", Modifier::plain,
     "time({}) without time zone"},
    {1114, 1115, "timestamp", Mapping::timestamp, "timestamp without time zone", Modifier::plain,
     "timestamp({}) without time zone"},
    {1184, 1185, "timestamptz", Mapping::timestamptz, "timestamp with time zone", Modifier::plain,
     "timestamp({}) with time zone"},
    {1186, 1187, "interval", Mapping::text, {}, Modifier::interval},
    {1248, 0, "pg_database"},
    {1266, 1270, "timetz", Mapping::text, "time with time zone", Modifier::plain,
     "time({}) with time zone"},
    {1560, 1561, "bit", Mapping::text, "\"bit\"", Modifier::plain, "bit({})"},
    {1562, 1563, "varbit", Mapping::text, "bit varying", Modifier::plain, "bit varying({})"},
    {1700, 1231, "numeric", Mapping::numeric, {}, Modifier::precision, "numeric({},{})"},
    {1790, 2201, "refcursor"},
    {2202, 2207, "regprocedure"},
    {2203, 2208, "regoper"},
    {2204, 2209, "regoperator"},
    {2205, 2210, "regclass"},
    {2206, 2211, "regtype"},
    {2249, 2287, "record"},
    {2275, 1263, "cstring"},
    {2842, 0, "pg_authid"},
    {2843, 0, "pg_auth_members"},
    {2950, 2951, "uuid"},
    {2970, 2949, "txid_snapshot"},
    {3220, 3221, "pg_lsn"},
    {3361, 0, "pg_ndistinct"},
    {3402, 0, "pg_dependencies"},
    {3614, 3643, "tsvector"},
    {3615, 3645, "tsquery"},
    {3642, 3644, "gtsvector"},
    {3734, 3735, "regconfig"},
    {3769, 3770, "regdictionary"},
    {3802, 3807, "jsonb", Mapping::json},
    {3904, 3905, "int4range"},
    {3906, 3907, "numrange"},
    {3908, 3909, "tsrange"},
    {3910, 3911, "tstzrange"},
    {3912, 3913, "daterange"},
    {3926, 3927, "int8range"},
    {4066, 0, "pg_shseclabel"},
    {4072, 4073, "jsonpath"},
    {4089, 4090, "regnamespace"},
    {4096, 4097, "regrole"},
    {4191, 4192, "regcollation"},
    {4451, 6150, "int4multirange"},
    {4532, 6151, "nummultirange"},
    {4533, 6152, "tsmultirange"},
    {4534, 6153, "tstzmultirange"},
    {4535, 6155, "datemultirange"},
    {4536, 6157, "int8multirange"},
    {4600, 0, "pg_brin_bloom_summary"},
    {4601, 0, "pg_brin_minmax_multi_summary"},
    {5017, 0, "pg_mcv_list"},
    {5038, 5039, "pg_snapshot"},
    {5069, 271, "xid8", Mapping::number},
    {6101, 0, "pg_subscription"},
};

// A linear search: it runs once a column and table version, and finds arrays as well.
const BuiltinType* find_type(std::uint32_t oid) {
  const auto* const found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [oid](const BuiltinType& type) {
        return type.oid == oid || (type.array_oid == oid && oid != 0);
      });
  return found == std::end(kTypes) ? nullptr : found;
}

const BuiltinType* find_type(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kTypes), std::end(kTypes),
                   [name](const BuiltinType& type) { return type.name == name; });
  return found == std::end(kTypes) ? nullptr : found;
}

TypeMapping array_of(const BuiltinType& element) {
  return {Mapping::array, element.mapping, element.delimiter};
}

/// `interval day to second(3)`: the upper half of the modifier holds one bit a field.
std::string interval_with_modifier(std::int32_t typmod) {
  struct Fields {
    std::int32_t bits;
    std::string_view words;
  };
  static constexpr Fields kFields[] = {
      {0x0004, " year"},
      {0x0002, " month"},
      {0x0008, " day"},
      {0x0400, " hour"},
      {0x0800, " minute"},
      {0x1000, " second"},
      {0x0006, " year to month"},
      {0x0408, " day to hour"},
      {0x0c08, " day to minute"},
      {0x1c08, " day to second"},
      {0x0c00, " hour to minute"},
      {0x1c00, " hour to second"},
      {0x1800, " minute to second"},
  };
  constexpr std::int32_t kHalf = 0xffff;
  std::string text = "interval";
  const auto* const found = std::find_if(
      std::begin(kFields), std::end(kFields),
      [typmod](const Fields& fields) { return fields.bits == (typmod >> 16 & kHalf); });
  if (found != std::end(kFields)) text += found->words;
  if ((typmod & kHalf) != kHalf) text += fmt::format("({})", typmod & kHalf);
  return text;
}

/// Eleven bits with a sign, from PostgreSQL 15 on.
std::int32_t numeric_scale(std::int32_t typmod) {
  return (((typmod - 4) & 0x7ff) ^ 0x400) - 0x400;
}

std::string with_modifier(const BuiltinType& type, std::int32_t typmod) {
  if (typmod >= 0) {
    const auto pattern = fmt::runtime(type.modified);
    switch (type.modifier) {
      case Modifier::none:
        break;
      case Modifier::length:
        return fmt::format(pattern, typmod - 4);
      case Modifier::plain:
        return fmt::format(pattern, typmod);
      case Modifier::precision:
        return fmt::format(pattern, (typmod - 4) >> 16, numeric_scale(typmod));
      case Modifier::interval:
        return interval_with_modifier(typmod);
    }
  }
  return std::string(type.sql_name.empty() ? type.name : type.sql_name);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

const char* skip_digits(const char* at, const char* end) {
  while (at != end && is_digit(*at)) ++at;
  return at;
}

/// The number grammar of JSON, which the server's integers, floats and numerics keep to. Checked
/// because a number goes into the line as it is.
bool is_json_number(const char* at, const char* const end) {
  if (at != end && *at == '-') ++at;
  const char* start = at;
  at = skip_digits(at, end);
  if (at == start || (*start == '0' && at - start > 1)) return false;
  if (at == end) return true;
  if (*at == '.') {
    start = ++at;
    at = skip_digits(at, end);
    if (at == start) return false;
  }
  if (at == end) return true;
  if (*at++ != 'e') return false;
  if (at != end && (*at == '+' || *at == '-')) ++at;
  start = at;
  return skip_digits(at, end) == end && start != end;
}

inline Value decode_string(ValueKind kind, const char* text, std::size_t size,
                           const TextEncoding& encoding, Arena& arena) {
  const std::string_view raw(text, size);
  const auto utf8 = encoding.to_utf8(raw, arena);
  return utf8 ? Value(kind, *utf8) : Value(ValueKind::undecodable, raw);
}

inline Value decode_number(ValueKind kind, const char* text, std::size_t size,
                           const TextEncoding& encoding, Arena& arena) {
  if (is_json_number(text, text + size)) return {kind, std::string_view(text, size)};
  return decode_string(ValueKind::text, text, size, encoding, arena);
}

Value decode_boolean(const char* text, std::size_t size, const TextEncoding& encoding,
                     Arena& arena) {
  if (size == 1 && *text == 't') return {ValueKind::boolean, "true"};
  if (size == 1 && *text == 'f') return {ValueKind::boolean, "false"};
  return decode_string(ValueKind::text, text, size, encoding, arena);
}

bool is_hex(const char* text, std::size_t size) {
  unsigned wrong = 0;  // no early exit, so that the loop becomes vector code
  for (std::size_t i = 0; i < size; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    wrong |= static_cast<unsigned>(static_cast<unsigned char>(c - '0') > 9) &
             static_cast<unsigned>(static_cast<unsigned char>((c | 0x20U) - 'a') > 5);
  }
  return wrong == 0;
}

unsigned hex_digit(char digit) {
  const auto c = static_cast<unsigned char>(digit);
  return (c & 0x0fU) + 9U * (c >> 6U);
}

Value decode_bytea(char* text, std::size_t size, const TextEncoding& encoding, Arena& arena) {
  const bool hex =
      size >= 2 && size % 2 == 0 && text[0] == '\\' && text[1] == 'x' && is_hex(text + 2, size - 2);
  if (!hex) return decode_string(ValueKind::text, text, size, encoding, arena);
  const std::size_t bytes = size / 2 - 1;
  const char* const digits = text + 2;
  for (std::size_t i = 0; i < bytes; ++i) {
    text[i] = static_cast<char>(hex_digit(digits[2 * i]) << 4U | hex_digit(digits[2 * i + 1]));
  }
  return {ValueKind::bytes, std::string_view(text, bytes)};
}

/// True for `2026-11-20 08:00:00.5`: years 1 to 9999 and nothing behind, so neither BC nor
/// infinity.
bool is_plain_timestamp(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00 00:00:00";
  if (text.size() < kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '0' ? !is_digit(text[i]) : text[i] != kForm[i]) return false;
  }
  if (text.size() == kForm.size()) return true;
  const char* const end = text.data() + text.size();
  return text[kForm.size()] == '.' && skip_digits(text.data() + kForm.size() + 1, end) == end;
}

constexpr std::size_t kBlankInTimestamp = 10;

Value decode_timestamp(char* text, std::size_t size, const TextEncoding& encoding, Arena& arena) {
  if (!is_plain_timestamp({text, size})) {
    return decode_string(ValueKind::text, text, size, encoding, arena);
  }
  text[kBlankInTimestamp] = 'T';
  return {ValueKind::text, std::string_view(text, size)};
}

Value decode_timestamptz(char* text, std::size_t size, const TextEncoding& encoding, Arena& arena) {
  constexpr std::string_view kUtc = "+00";
  std::string_view local(text, size);
  if (local.ends_with(kUtc)) local.remove_suffix(kUtc.size());
  if (local.size() == size || !is_plain_timestamp(local)) {
    return decode_string(ValueKind::text, text, size, encoding, arena);
  }
  text[kBlankInTimestamp] = 'T';
  text[local.size()] = 'Z';
  return {ValueKind::text, std::string_view(text, local.size() + 1)};
}

inline Value decode_element(Mapping mapping, char* text, std::size_t size,
                            const TextEncoding& encoding, Arena& arena) {
  switch (mapping) {
    case Mapping::boolean:
      return decode_boolean(text, size, encoding, arena);
    case Mapping::number:
    case Mapping::real:
      return decode_number(ValueKind::number, text, size, encoding, arena);
    case Mapping::numeric:
      return decode_number(ValueKind::decimal, text, size, encoding, arena);
    case Mapping::bytea:
      return decode_bytea(text, size, encoding, arena);
    case Mapping::json:
      return decode_string(ValueKind::json, text, size, encoding, arena);
    case Mapping::timestamp:
      return decode_timestamp(text, size, encoding, arena);
    case Mapping::timestamptz:
      return decode_timestamptz(text, size, encoding, arena);
    case Mapping::text:
    case Mapping::array:
      break;
  }
  return decode_string(ValueKind::text, text, size, encoding, arena);
}

Value decode_array(const TypeMapping& type, char* text, std::size_t size,
                   const TextEncoding& encoding, Arena& arena) {
  const auto array = read_array(text, size, type.delimiter, arena);
  if (!array) return decode_string(ValueKind::text, text, size, encoding, arena);
  for (Value& element : array->elements) {
    if (element.kind() == ValueKind::null) continue;
    char* const part = text + (element.text().data() - text);
    element = decode_element(type.element, part, element.size(), encoding, arena);
  }
  return array->value;
}

}  // namespace

std::optional<TypeMapping> builtin_mapping(std::uint32_t oid) {
  const BuiltinType* const type = find_type(oid);
  if (type == nullptr) return std::nullopt;
  return type->oid == oid ? TypeMapping{type->mapping} : array_of(*type);
}

std::optional<TypeMapping> builtin_mapping(std::string_view name) {
  if (const BuiltinType* const type = find_type(name)) return TypeMapping{type->mapping};
  if (!name.starts_with('_')) return std::nullopt;
  const BuiltinType* const element = find_type(name.substr(1));
  if (element == nullptr) return std::nullopt;
  return array_of(*element);
}

TypeMapping server_mapping(std::uint32_t oid) {
  static constexpr std::string_view kTyped[] = {"bool", "bytea",  "int2",   "int4",   "int8",
                                                "oid",  "float4", "float8", "numeric"};
  const BuiltinType* const type = find_type(oid);
  if (type == nullptr || type->oid != oid) return {};
  const bool typed =
      std::find(std::begin(kTyped), std::end(kTyped), type->name) != std::end(kTyped);
  return typed ? TypeMapping{type->mapping} : TypeMapping{};
}

void describe_meaning(std::string_view name, std::int32_t typmod, Column& column) {
  struct Named {
    std::string_view name;
    Meaning meaning;
  };
  static constexpr Named kMeanings[] = {
      {"date", Meaning::date},
      {"time", Meaning::time},
      {"timestamp", Meaning::timestamp},
      {"timestamptz", Meaning::timestamp_with_zone},
      {"timetz", Meaning::time_with_zone},
      {"interval", Meaning::interval},
      {"numeric", Meaning::decimal},
      {"bit", Meaning::bits},
      {"varbit", Meaning::bits},
      {"point", Meaning::point},
      {"hstore", Meaning::hstore},
  };
  if (name.starts_with('_')) name.remove_prefix(1);
  const auto* const found = std::find_if(std::begin(kMeanings), std::end(kMeanings),
                                         [name](const Named& named) { return named.name == name; });
  if (found == std::end(kMeanings)) return;
  column.meaning = found->meaning;
  if (typmod < 0) return;
  column.length = column.meaning == Meaning::decimal ? (typmod - 4) >> 16 : typmod;
  if (column.meaning == Meaning::decimal) column.scale = numeric_scale(typmod);
}

std::string builtin_name(std::uint32_t oid) {
  const BuiltinType* const type = find_type(oid);
  if (type == nullptr) return {};
  return (type->oid == oid ? "" : "_") + std::string(type->name);
}

std::optional<std::uint32_t> builtin_element(std::uint32_t oid) {
  const BuiltinType* const type = find_type(oid);
  if (type == nullptr || type->oid == oid) return std::nullopt;
  return type->oid;
}

std::string format_type(std::uint32_t oid, std::int32_t typmod) {
  const BuiltinType* const type = find_type(oid);
  if (type == nullptr) return {};
  std::string name = with_modifier(*type, typmod);
  if (oid != type->oid) name += "[]";
  return name;
}

Value decode_text(const TypeMapping& type, char* text, std::size_t size,
                  const TextEncoding& encoding, Arena& arena) {
  if (type.mapping == Mapping::array) return decode_array(type, text, size, encoding, arena);
  return decode_element(type.mapping, text, size, encoding, arena);
}

}  // namespace cdc::postgres
