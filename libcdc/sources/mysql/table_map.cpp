#include "libcdc/sources/mysql/table_map.hpp"

#include <fmt/format.h>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {
namespace {

/// No server allows more.
constexpr std::uint64_t kMostColumns = 4096;

/// The optional metadata behind the null bitmap.
enum class Metadata : std::uint8_t {
  signedness = 1,
  default_charset = 2,
  column_charset = 3,
  column_name = 4,
  set_labels = 5,
  enum_labels = 6,
  geometry_type = 7,
  simple_primary_key = 8,
  primary_key_with_prefix = 9,
  enum_and_set_default_charset = 10,
  enum_and_set_column_charset = 11,
  visibility = 12,
  vector_dimensions = 13,
};

/// What the metadata calls by a list of its own.
enum class Group : std::uint8_t {
  numeric,
  character,
  enum_or_set,
  set,
  enumeration,
  geometry,
  vector
};

bool is_numeric(ColumnType type) {
  switch (type) {
    case ColumnType::tiny:
    case ColumnType::small:
    case ColumnType::medium:
    case ColumnType::integer:
    case ColumnType::big:
    case ColumnType::real:
    case ColumnType::double_real:
    case ColumnType::new_decimal:
    case ColumnType::year:
      return true;
    default:
      return false;
  }
}

bool is_character(ColumnType type, bool is_mariadb) {
  switch (type) {
    case ColumnType::string:
    case ColumnType::varchar:
    case ColumnType::var_string:
    case ColumnType::blob:
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
      return true;
    case ColumnType::vector:
      return !is_mariadb;
    case ColumnType::geometry:
    case ColumnType::compressed_blob:
    case ColumnType::compressed_varchar:
      return is_mariadb;
    default:
      return false;
  }
}

bool belongs(ColumnType type, Group group, bool is_mariadb) {
  switch (group) {
    case Group::numeric:
      return is_numeric(type);
    case Group::character:
      return is_character(type, is_mariadb);
    case Group::enum_or_set:
      return type == ColumnType::enumeration || type == ColumnType::set;
    case Group::set:
      return type == ColumnType::set;
    case Group::enumeration:
      return type == ColumnType::enumeration;
    case Group::geometry:
      return type == ColumnType::geometry;
    case Group::vector:
      return type == ColumnType::vector;
  }
  return false;
}

/// Types 247, 248 and 254: the first byte has the real type, and for long CHARs two more bits of
/// the size, inverted.
void read_string_meta(MappedColumn& column, LittleReader& meta) {
  const std::uint8_t first = meta.u8();
  const std::uint8_t second = meta.u8();
  constexpr unsigned kTypeBits = 0x30;
  const unsigned bits = first & kTypeBits;
  column.type = static_cast<ColumnType>(first | kTypeBits);
  column.meta = static_cast<std::uint16_t>(second | (bits ^ kTypeBits) << 4);
  const bool known = column.type == ColumnType::string || column.type == ColumnType::enumeration ||
                     column.type == ColumnType::set;
  if (!known) meta.fail();
}

/// The bytes of metadata of types that have nothing but a number there; nothing for others.
std::optional<std::size_t> plain_meta_size(ColumnType type) {
  switch (type) {
    case ColumnType::tiny:
    case ColumnType::small:
    case ColumnType::medium:
    case ColumnType::integer:
    case ColumnType::big:
    case ColumnType::null:
    case ColumnType::timestamp:
    case ColumnType::date:
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::year:
    case ColumnType::new_date:
      return 0;
    case ColumnType::real:
    case ColumnType::double_real:
    case ColumnType::timestamp2:
    case ColumnType::datetime2:
    case ColumnType::time2:
    case ColumnType::compressed_blob:
    case ColumnType::vector:
    case ColumnType::json:
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::geometry:
      return 1;
    case ColumnType::varchar:
    case ColumnType::var_string:
    case ColumnType::compressed_varchar:
      return 2;
    default:
      return std::nullopt;
  }
}

/// False where the type is not known.
bool read_meta(MappedColumn& column, LittleReader& meta) {
  switch (column.type) {
    case ColumnType::new_decimal: {
      const std::uint8_t precision = meta.u8();
      column.meta = static_cast<std::uint16_t>(precision << 8 | meta.u8());
      return true;
    }
    case ColumnType::bit: {
      const std::uint8_t odd_bits = meta.u8();
      column.meta = static_cast<std::uint16_t>(meta.u8() * 8 + odd_bits);
      return true;
    }
    case ColumnType::string:
    case ColumnType::enumeration:
    case ColumnType::set:
      read_string_meta(column, meta);
      return true;
    default:
      break;
  }
  const auto size = plain_meta_size(column.type);
  if (!size) return false;
  if (*size != 0) column.meta = static_cast<std::uint16_t>(meta.number(*size));
  return true;
}

/// Reads one body. Errors name the table once it is known.
class Decoder {
 public:
  Decoder(std::string_view body, bool is_mariadb) : in_(body), is_mariadb_(is_mariadb) {}

  TableMap decode() {
    read_names();
    read_columns();
    read_nullability();
    while (in_.ok() && in_.remaining() != 0) read_metadata();
    if (!in_.ok()) malformed("it is cut off");
    return std::move(map_);
  }

 private:
  [[noreturn]] void malformed(const std::string& what) const {
    const std::string place =
        map_.table.empty() ? "" : fmt::format(" of table {}.{}", map_.schema, map_.table);
    throw Error(Fault::protocol, fmt::format("TABLE_MAP (type 19){}: {}", place, what));
  }

  std::string_view name() {
    const std::string_view name = in_.bytes(in_.u8());
    if (in_.u8() != 0) malformed("a name does not end with 0");
    return name;
  }

  void read_names() {
    map_.id = in_.u48();
    in_.u16();
    const std::string_view schema = name();
    const std::string_view table = name();
    if (!in_.ok()) malformed("it is cut off");
    map_.schema = schema;
    map_.table = table;
  }

  void read_columns() {
    const std::uint64_t count = in_.length_encoded();
    if (count > kMostColumns) malformed("it has more columns than a table can have");
    const std::string_view types = in_.bytes(static_cast<std::size_t>(count));
    LittleReader meta(in_.length_encoded_bytes());
    if (!in_.ok()) malformed("it is cut off");
    map_.columns.resize(types.size());
    for (std::size_t i = 0; i < types.size(); ++i) {
      MappedColumn& column = map_.columns[i];
      column.type = static_cast<ColumnType>(types[i]);
      if (!read_meta(column, meta)) {
        malformed(
            fmt::format("type {} of column {} is not known", static_cast<int>(column.type), i + 1));
      }
    }
    if (!meta.ok() || meta.remaining() != 0) malformed("the metadata does not fit the types");
  }

  void read_nullability() {
    const std::string_view bits = in_.bytes((map_.columns.size() + 7) / 8);
    if (!in_.ok()) malformed("it is cut off");
    for (std::size_t i = 0; i < map_.columns.size(); ++i) {
      map_.columns[i].nullable = (static_cast<unsigned char>(bits[i / 8]) >> (i % 8) & 1U) != 0;
    }
  }

  void read_metadata() {
    const auto type = static_cast<Metadata>(in_.u8());
    LittleReader value(in_.length_encoded_bytes());
    if (!in_.ok()) return;
    if (!read_field(type, value)) return;
    if (!value.ok() || value.remaining() != 0) {
      malformed(fmt::format("metadata field {} does not fit the columns", static_cast<int>(type)));
    }
  }

  /// False for fields of a newer server, which are passed over.
  bool read_field(Metadata type, LittleReader& value) {
    switch (type) {
      case Metadata::signedness:
        each_bit(Group::numeric, value,
                 [](MappedColumn& column, bool bit) { column.is_unsigned = bit; });
        return true;
      case Metadata::default_charset:
        read_default_collation(Group::character, value);
        return true;
      case Metadata::enum_and_set_default_charset:
        read_default_collation(Group::enum_or_set, value);
        return true;
      case Metadata::column_charset:
        each_number(Group::character, value, &MappedColumn::collation);
        return true;
      case Metadata::enum_and_set_column_charset:
        each_number(Group::enum_or_set, value, &MappedColumn::collation);
        return true;
      case Metadata::column_name:
        for (MappedColumn& column : map_.columns) column.name = value.length_encoded_bytes();
        return true;
      case Metadata::set_labels:
        read_labels(Group::set, value);
        return true;
      case Metadata::enum_labels:
        read_labels(Group::enumeration, value);
        return true;
      case Metadata::geometry_type:
        each_number(Group::geometry, value, &MappedColumn::geometry);
        return true;
      case Metadata::vector_dimensions:
        each_number(Group::vector, value, &MappedColumn::dimensions);
        return true;
      case Metadata::simple_primary_key:
      case Metadata::primary_key_with_prefix:
        read_primary_key(type == Metadata::primary_key_with_prefix, value);
        return true;
      case Metadata::visibility:
        read_visibility(value);
        return true;
    }
    return false;
  }

  template <typename Use>
  void each(Group group, Use use) {
    for (MappedColumn& column : map_.columns) {
      if (belongs(column.type, group, is_mariadb_)) use(column);
    }
  }

  /// The highest bit first.
  template <typename Use>
  void each_bit(Group group, LittleReader& value, Use use) {
    const std::string_view bits = value.rest();
    std::size_t index = 0;
    each(group, [&](MappedColumn& column) {
      if (index / 8 >= bits.size()) return value.fail();
      use(column, (static_cast<unsigned char>(bits[index / 8]) >> (7 - index % 8) & 1U) != 0);
      ++index;
    });
    if (bits.size() != (index + 7) / 8) value.fail();
  }

  void read_visibility(LittleReader& value) {
    const std::string_view bits = value.rest();
    if (bits.size() != (map_.columns.size() + 7) / 8) return value.fail();
    for (std::size_t i = 0; i < map_.columns.size(); ++i) {
      map_.columns[i].visible = (static_cast<unsigned char>(bits[i / 8]) >> (7 - i % 8) & 1U) != 0;
    }
  }

  void each_number(Group group, LittleReader& value,
                   std::optional<std::uint32_t> MappedColumn::*member) {
    each(group, [&](MappedColumn& column) {
      column.*member = static_cast<std::uint32_t>(value.length_encoded());
    });
  }

  /// The collation of most columns, then pairs of index and collation for the others.
  void read_default_collation(Group group, LittleReader& value) {
    std::vector<MappedColumn*> members;
    each(group, [&](MappedColumn& column) { members.push_back(&column); });
    const auto common = static_cast<std::uint32_t>(value.length_encoded());
    for (MappedColumn* column : members) column->collation = common;
    while (value.ok() && value.remaining() != 0) {
      const std::uint64_t index = value.length_encoded();
      const auto collation = static_cast<std::uint32_t>(value.length_encoded());
      if (index >= members.size()) return value.fail();
      members[index]->collation = collation;
    }
  }

  void read_labels(Group group, LittleReader& value) {
    each(group, [&](MappedColumn& column) {
      std::vector<std::string> labels;
      for (std::uint64_t left = value.length_encoded(); left != 0 && value.ok(); --left) {
        labels.emplace_back(value.length_encoded_bytes());
      }
      column.labels = std::move(labels);
    });
  }

  void read_primary_key(bool with_prefix, LittleReader& value) {
    std::vector<std::size_t> key;
    while (value.ok() && value.remaining() != 0) {
      const std::uint64_t index = value.length_encoded();
      if (with_prefix) value.length_encoded();
      if (index >= map_.columns.size()) return value.fail();
      key.push_back(static_cast<std::size_t>(index));
    }
    map_.primary_key = std::move(key);
  }

  LittleReader in_;
  bool is_mariadb_;
  TableMap map_;
};

}  // namespace

std::uint64_t table_map_id(std::string_view body) {
  return LittleReader(body).u48();
}

TableMap decode_table_map(std::string_view body, bool is_mariadb) {
  return Decoder(body, is_mariadb).decode();
}

}  // namespace cdc::mysql
