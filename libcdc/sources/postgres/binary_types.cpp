#include "libcdc/sources/postgres/binary_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace cdc::postgres {
namespace {

using Form = BinaryType::Form;

/// How deep types may lie in each other: every level can double the text, by its quotes.
constexpr int kMostDepth = 20;
/// A part longer than this has no place in another type: no text of a server is.
constexpr std::size_t kMostText = std::size_t{1} << 30U;
constexpr std::size_t kMostDimensions = 6;
constexpr std::int32_t kNull = -1;
/// One value beyond this does not make us hold its memory for ever.
constexpr std::size_t kKeep = std::size_t{1} << 20U;

constexpr std::uint32_t kMoney = 790;
constexpr std::uint32_t kInterval = 1186;
constexpr std::uint32_t kPgLsn = 3220;

struct BuiltinForm {
  std::uint32_t oid = 0;
  BinaryType binary;
};

constexpr BinaryType scalar(AppendBinary append, char delimiter = ',') {
  return {Form::scalar, append, nullptr, delimiter, {}};
}

constexpr BinaryType of(Form form) {
  return {form, nullptr, nullptr, ',', {}};
}

constexpr BinaryType object(std::string_view reg_name) {
  return {Form::object, nullptr, nullptr, ',', reg_name};
}

/// Row types of the catalog are not here: what they are made of differs from server to server.
constexpr BuiltinForm kForms[] = {
    {16, scalar(append_boolean)},
    {17, of(Form::bytea)},
    {18, of(Form::character)},
    {19, of(Form::text)},  // name
    {20, scalar(append_int8)},
    {21, scalar(append_int2)},
    {22, of(Form::vector)},
    {23, scalar(append_int4)},
    {24, object("regproc")},
    {25, of(Form::text)},
    {26, scalar(append_u32)},  // oid
    {27, scalar(append_tid)},
    {28, scalar(append_u32)},  // xid
    {29, scalar(append_u32)},  // cid
    {30, of(Form::vector)},
    {114, of(Form::text)},  // json
    {142, of(Form::xml)},
    {194, of(Form::text)},  // pg_node_tree
    {600, scalar(append_point)},
    {601, scalar(append_lseg)},
    {602, scalar(append_path)},
    {603, scalar(append_box, ';')},
    {604, scalar(append_polygon)},
    {628, scalar(append_line)},
    {650, scalar(append_cidr)},
    {700, scalar(append_float4)},
    {701, scalar(append_float8)},
    {718, scalar(append_circle)},
    {774, scalar(append_macaddr8)},
    {kMoney, scalar(append_money)},
    {829, scalar(append_macaddr)},
    {869, scalar(append_inet)},
    {1033, of(Form::only_text)},  // aclitem
    {1042, of(Form::text)},       // bpchar
    {1043, of(Form::text)},       // varchar
    {1082, scalar(append_date)},
    {1083, scalar(append_time)},
    {1114, scalar(append_timestamp)},
    {1184, scalar(append_timestamptz)},
    {kInterval, scalar(append_interval)},
    {1266, scalar(append_timetz)},
    {1560, scalar(append_bits)},
    {1562, scalar(append_bits)},
    {1700, scalar(append_numeric)},
    {1790, of(Form::text)},  // refcursor
    {2202, object("regprocedure")},
    {2203, object("regoper")},
    {2204, object("regoperator")},
    {2205, object("regclass")},
    {2206, object("regtype")},
    {2249, of(Form::record)},
    {2275, of(Form::text)},  // cstring
    {2950, scalar(append_uuid)},
    {2970, scalar(append_pg_snapshot)},
    {kPgLsn, scalar(append_pg_lsn)},
    {3614, scalar(append_tsvector)},
    {3615, scalar(append_tsquery)},
    {3642, of(Form::only_text)},  // gtsvector
    {3734, object("regconfig")},
    {3769, object("regdictionary")},
    {3802, of(Form::versioned_text)},  // jsonb
    {4072, of(Form::versioned_text)},  // jsonpath
    {4089, object("regnamespace")},
    {4096, object("regrole")},
    {4191, object("regcollation")},
    {5038, scalar(append_pg_snapshot)},
    {5069, scalar(append_u64)},  // xid8
};

/// Ranges and multiranges, and what they are made of.
struct BuiltinRange {
  std::uint32_t oid;
  Form form;
  std::uint32_t part;
};

constexpr BuiltinRange kRanges[] = {
    {3904, Form::range, 23},        {3906, Form::range, 1700},      {3908, Form::range, 1114},
    {3910, Form::range, 1184},      {3912, Form::range, 1082},      {3926, Form::range, 20},
    {4451, Form::multirange, 3904}, {4532, Form::multirange, 3906}, {4533, Form::multirange, 3908},
    {4534, Form::multirange, 3910}, {4535, Form::multirange, 3912}, {4536, Form::multirange, 3926},
};

template <typename Entry, std::size_t kCount>
const Entry* entry_of(const Entry (&table)[kCount], std::uint32_t oid) {
  const Entry* const found = std::find_if(std::begin(table), std::end(table),
                                          [oid](const Entry& entry) { return entry.oid == oid; });
  return found == std::end(table) ? nullptr : found;
}

bool is_builtin(std::uint32_t oid) {
  return entry_of(kForms, oid) != nullptr || entry_of(kRanges, oid) != nullptr ||
         builtin_element(oid).has_value();
}

std::string name_of(std::uint32_t oid, const std::optional<CatalogType>& catalog) {
  if (catalog) return catalog->name;
  const std::string builtin = format_type(oid, -1);
  return builtin.empty() ? fmt::format("type {}", oid) : builtin;
}

Obstacle unreadable(std::string reason) {
  return {Obstacle::Kind::unreadable, std::move(reason)};
}

/// As the server's isspace() in the locales that it has for UTF-8.
bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_null_word(std::string_view text) {
  constexpr std::string_view kWord = "null";
  return std::equal(text.begin(), text.end(), kWord.begin(), kWord.end(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

bool needs_quotes(std::string_view text, std::string_view special) {
  return text.empty() || std::any_of(text.begin(), text.end(), [special](char c) {
           return c == '"' || c == '\\' || is_blank(c) || special.find(c) != std::string_view::npos;
         });
}

}  // namespace

BinaryTypes::BinaryTypes(TypeCatalog& catalog, ServerForms forms)
    : catalog_(catalog), forms_(std::move(forms)) {}

const BinaryType& BinaryTypes::find(std::uint32_t oid) {
  return know(oid).binary;
}

BinaryTypes::Known& BinaryTypes::know(std::uint32_t oid) {
  std::unique_ptr<Known>& known = known_[oid];
  if (known) return *known;
  known = std::make_unique<Known>();
  Known& type = *known;  // the map may grow below, the type stays where it is
  if (const BuiltinForm* const form = entry_of(kForms, oid)) {
    type.binary = form->binary;
    if (oid == kInterval && forms_.version >= 170000)
      type.binary.append = append_interval_or_infinity;
    if (oid == kPgLsn && forms_.version >= 190000) type.binary.append = append_padded_pg_lsn;
  } else if (const BuiltinRange* const range = entry_of(kRanges, oid)) {
    type.binary = of(range->form);
    type.binary.part = &find(range->part);
  } else if (builtin_element(oid)) {
    type.binary = of(Form::array);
  } else {
    type.catalog = catalog_.type(oid);
    if (type.catalog) type.binary = form_of(*type.catalog);
  }
  return type;
}

BinaryType BinaryTypes::form_of(const CatalogType& type) {
  BinaryType binary;
  switch (type.kind) {
    case CatalogType::Kind::enumeration:
      binary = of(Form::text);
      break;
    case CatalogType::Kind::composite:
      binary = of(Form::record);
      break;
    case CatalogType::Kind::array:
      binary = of(Form::array);
      break;
    case CatalogType::Kind::domain:
      binary = find(type.part);
      break;
    case CatalogType::Kind::range:
      binary = {Form::range, nullptr, &find(type.part), ',', {}};
      break;
    case CatalogType::Kind::multirange:
      binary = {Form::multirange, nullptr, &find(type.part), ',', {}};
      break;
    case CatalogType::Kind::base:
      if (!type.sends) {
        binary = of(Form::only_text);
      } else if (type.like != 0 && is_builtin(type.like)) {
        binary = find(type.like);
      }
      break;
    case CatalogType::Kind::other:
      break;
  }
  binary.delimiter = type.delimiter;
  return binary;
}

std::optional<Obstacle> BinaryTypes::obstacle(std::uint32_t oid) {
  return obstacle(oid, Place::column, 0);
}

std::optional<Obstacle> BinaryTypes::obstacle(std::uint32_t oid, Place place, int depth) {
  const Known& known = know(oid);
  const std::string name = name_of(oid, known.catalog);
  if (known.binary.form == Form::only_text) {
    if (place == Place::column) return std::nullopt;
    return Obstacle{Obstacle::Kind::unsendable, "the server has no binary form of " + name};
  }
  if (depth > kMostDepth) return unreadable(name + " is nested too deep");
  if (auto inside = obstacle_inside(oid, known, depth)) return inside;
  if (!known.catalog && !is_builtin(oid)) return unreadable(name + " is not in the catalog");
  if (known.binary.form == Form::unknown) {
    return unreadable("the binary form of " + name + " is not known");
  }
  if (known.binary.append == append_money && !forms_.usual_money) {
    return unreadable("the text of money depends on lc_monetary, and only the server knows it");
  }
  return std::nullopt;
}

std::optional<Obstacle> BinaryTypes::obstacle_inside(std::uint32_t oid, const Known& known,
                                                     int depth) {
  std::vector<std::uint32_t> parts;
  if (const auto element = builtin_element(oid)) parts = {*element};
  if (known.catalog) parts = known.catalog->fields;
  if (known.catalog && known.catalog->part != 0) parts.push_back(known.catalog->part);
  // A domain has the send function of its base type, and so none where that has none.
  const bool is_domain = known.catalog && known.catalog->kind == CatalogType::Kind::domain;
  std::optional<Obstacle> found;
  for (const std::uint32_t part : parts) {
    auto obstacle = this->obstacle(part, is_domain ? Place::column : Place::inside, depth + 1);
    if (!obstacle) continue;
    // What the server stumbles over counts in tables too that nobody reads.
    if (obstacle->kind == Obstacle::Kind::unsendable) return obstacle;
    if (!found) found = std::move(obstacle);
  }
  return found;
}

std::optional<Value> BinaryTypes::decode(const BinaryType& type, const TypeMapping& mapping,
                                         char* bytes, std::size_t size,
                                         const TextEncoding& encoding, Arena& arena) {
  // What is text or bytes already stays where it is.
  if (type.form == Form::text) return decode_text(mapping, bytes, size, encoding, arena);
  if (type.form == Form::versioned_text) {
    if (size == 0 || bytes[0] != 1) return std::nullopt;
    return decode_text(mapping, bytes + 1, size - 1, encoding, arena);
  }
  if (type.form == Form::bytea && mapping.mapping == Mapping::bytea) {
    return Value(ValueKind::bytes, {bytes, size});
  }
  out_.clear();
  ByteReader in({bytes, size});
  append(type, in, 0);
  if (!in.ok() || in.remaining() != 0) return std::nullopt;
  char* const text = arena.allocate(out_.size());
  copy_text(text, out_.data(), out_.size());
  const std::size_t length = out_.size();
  if (out_.capacity() > kKeep) out_ = TextBuffer();
  return decode_text(mapping, text, length, encoding, arena);
}

void BinaryTypes::append(const BinaryType& type, ByteReader& in, int depth) {
  if (depth > kMostDepth) return in.fail();
  switch (type.form) {
    case Form::scalar:
      return type.append(in, out_);
    case Form::bytea:
      return append_bytea(in, out_);
    case Form::versioned_text:
      if (in.u8() != 1) return in.fail();
      [[fallthrough]];
    case Form::text:
      return out_.append(in.bytes(in.remaining()));
    case Form::character:
      return append_character(in);
    case Form::xml:
      return append_xml(in);
    case Form::object:
      return append_object(type, in);
    case Form::array:
      return append_array(in, depth);
    case Form::vector:
      return append_vector(in, depth);
    case Form::record:
      return append_record(in, depth);
    case Form::range:
      return append_range(type, in, depth);
    case Form::multirange:
      return append_multirange(type, in, depth);
    case Form::unknown:
    case Form::only_text:
      break;
  }
  in.fail();
}

void BinaryTypes::append_part(const BinaryType& type, std::int32_t size, ByteReader& in,
                              int depth) {
  if (size < 0) return in.fail();
  ByteReader part(in.bytes(static_cast<std::size_t>(size)));
  if (!in.ok()) return;
  append(type, part, depth + 1);
  if (!part.ok() || part.remaining() != 0) in.fail();
}

void BinaryTypes::append_character(ByteReader& in) {
  const unsigned byte = in.u8();
  if (byte == 0) return;
  // Before 15 a high byte went out as it was.
  if (byte < 0x80 || forms_.version < 150000) return out_.push_back(static_cast<char>(byte));
  out_.end_at(fmt::format_to(out_.room(4), "\\{:03o}", byte));
}

/// As text xml has no encoding in its declaration, as binary it has that of the client, if it is
/// not UTF-8: then a declaration may be there for that alone, in the place of a line feed if the
/// document began with one.
void BinaryTypes::append_xml(ByteReader& in) {
  constexpr std::string_view kVersion = R"(<?xml version="1.0")";
  std::string_view text = in.bytes(in.remaining());
  const std::string encoding = fmt::format(R"( encoding="{}")", forms_.encoding);
  const std::size_t close = text.find("?>");
  const std::string_view declaration = text.substr(0, std::min(close, text.size()));
  const std::size_t at = declaration.find(encoding);
  if (!text.starts_with("<?xml ") || close == std::string_view::npos ||
      at == std::string_view::npos) {
    return out_.append(text);
  }
  const std::string_view before = declaration.substr(0, at);
  const std::string_view behind = declaration.substr(at + encoding.size());
  text.remove_prefix(close + 2);
  if (before != kVersion || !behind.empty()) {
    out_ += before;
    out_ += behind;
    out_ += "?>";
  } else if (text.starts_with('\n')) {
    text.remove_prefix(1);
  }
  out_ += text;
}

void BinaryTypes::append_object(const BinaryType& type, ByteReader& in) {
  const std::uint32_t oid = in.u32();
  if (in.ok()) out_ += catalog_.object_name(type.reg_name, oid);
}

void BinaryTypes::append_array(ByteReader& in, int depth) {
  const std::size_t dimensions = in.u32();
  const std::uint32_t flags = in.u32();
  const std::uint32_t element = in.u32();
  if (dimensions > kMostDimensions || flags > 1) return in.fail();
  std::string bounds;
  bool own_bounds = false;
  std::uint64_t count = dimensions == 0 ? 0 : 1;
  std::vector<std::uint32_t> lengths;
  for (std::size_t i = 0; i < dimensions; ++i) {
    const std::uint32_t length = in.u32();
    const std::int64_t lower = in.i32();
    // Every element has its length at least; and so the product cannot grow beyond 64 bits.
    if (length > in.remaining()) return in.fail();
    count *= length;
    if (count > in.remaining()) return in.fail();
    lengths.push_back(length);
    own_bounds = own_bounds || lower != 1;
    bounds += fmt::format("[{}:{}]", lower, lower + length - 1);
  }
  if (count == 0) return out_.append("{}");
  if (own_bounds) out_ += bounds + "=";
  append_elements(find(element), lengths, in, depth);
}

void BinaryTypes::append_elements(const BinaryType& element,
                                  const std::vector<std::uint32_t>& lengths, ByteReader& in,
                                  int depth) {
  // How many elements lie in one part of each dimension, the outermost first.
  std::vector<std::uint64_t> parts(lengths.size(), 1);
  std::uint64_t count = 1;
  for (std::size_t i = lengths.size(); i-- > 0;) parts[i] = count *= lengths[i];
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    if (i > 0) out_.push_back(element.delimiter);
    for (const std::uint64_t part : parts) {
      if (i % part == 0) out_.push_back('{');
    }
    const std::int32_t size = in.i32();
    const std::size_t begin = out_.size();
    if (size == kNull) {
      out_ += "NULL";
    } else {
      append_part(element, size, in, depth);
      quote_element(begin, element.delimiter, in);
    }
    for (const std::uint64_t part : parts) {
      if ((i + 1) % part == 0) out_.push_back('}');
    }
  }
}

void BinaryTypes::append_vector(ByteReader& in, int depth) {
  const std::uint32_t dimensions = in.u32();
  in.u32();
  const BinaryType& element = find(in.u32());
  // The server's vectors have one dimension, even where they are empty.
  const std::size_t count = in.u32();
  in.u32();
  if (dimensions != 1 || count > in.remaining()) return in.fail();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    if (i > 0) out_.push_back(' ');
    append_part(element, in.i32(), in, depth);
  }
}

void BinaryTypes::append_record(ByteReader& in, int depth) {
  const std::size_t count = in.u32();
  if (count > in.remaining()) return in.fail();
  out_.push_back('(');
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    if (i > 0) out_.push_back(',');
    const std::uint32_t oid = in.u32();
    const std::int32_t size = in.i32();
    if (!in.ok() || size == kNull) continue;
    const std::size_t begin = out_.size();
    append_part(find(oid), size, in, depth);
    quote_field(begin, "(),", in);
  }
  out_.push_back(')');
}

void BinaryTypes::append_range(const BinaryType& type, ByteReader& in, int depth) {
  enum Flag : unsigned {
    empty = 0x01,
    with_lower = 0x02,
    with_upper = 0x04,
    no_lower = 0x08 | 0x20,
    no_upper = 0x10 | 0x40,
  };
  const unsigned flags = in.u8();
  if ((flags & empty) != 0) return out_.append("empty");
  const auto append_bound = [&] {
    const std::int32_t size = in.i32();
    const std::size_t begin = out_.size();
    append_part(*type.part, size, in, depth);
    quote_field(begin, "()[],", in);
  };
  out_.push_back((flags & with_lower) != 0 ? '[' : '(');
  if ((flags & no_lower) == 0) append_bound();
  out_.push_back(',');
  if ((flags & no_upper) == 0) append_bound();
  out_.push_back((flags & with_upper) != 0 ? ']' : ')');
}

void BinaryTypes::append_multirange(const BinaryType& type, ByteReader& in, int depth) {
  const std::size_t count = in.u32();
  if (count > in.remaining()) return in.fail();
  out_.push_back('{');
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    if (i > 0) out_.push_back(',');
    append_part(*type.part, in.i32(), in, depth);
  }
  out_.push_back('}');
}

/// Quotes what was written from `begin` on, where array_out() of the server does.
void BinaryTypes::quote_element(std::size_t begin, char delimiter, ByteReader& in) {
  const std::string_view text = out_.view().substr(begin);
  const char special[] = {'{', '}', delimiter};
  if (!needs_quotes(text, {special, sizeof special}) && !is_null_word(text)) return;
  constexpr char kBackslash = '\\';
  requote(begin, kBackslash, in);
}

/// The same for record_out() and range_out(), which double quotes and backslashes.
void BinaryTypes::quote_field(std::size_t begin, std::string_view special, ByteReader& in) {
  constexpr char kItself = '\0';
  if (needs_quotes(out_.view().substr(begin), special)) requote(begin, kItself, in);
}

void BinaryTypes::requote(std::size_t begin, char quote_escape, ByteReader& in) {
  if (out_.size() - begin > kMostText) in.fail();
  if (!in.ok()) return;
  unquoted_ = out_.view().substr(begin);
  out_.end_at(out_.data() + begin);
  out_.push_back('"');
  for (const char c : unquoted_) {
    if (c == '"' || c == '\\') out_.push_back(quote_escape == '\0' ? c : quote_escape);
    out_.push_back(c);
  }
  out_.push_back('"');
}

Error not_transferable(std::string_view column, std::string_view table, const Obstacle& obstacle) {
  return Error(Fault::refused, fmt::format("column '{}' of table {} cannot be transferred in "
                                           "binary: {}",
                                           column, table, obstacle.reason))
      .with_hint("leave out --binary-transfer, or publish the table without that column");
}

}  // namespace cdc::postgres
