#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libcdc/base/arena.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/reader.hpp"
#include "libcdc/base/text_buffer.hpp"
#include "libcdc/change/value.hpp"
#include "libcdc/sources/postgres/binary_scalars.hpp"
#include "libcdc/sources/postgres/text_encoding.hpp"
#include "libcdc/sources/postgres/types.hpp"

/// The binary transfer of values, next to types.hpp, which is the one as text. A binary value
/// becomes the text that the server would have sent, and that text a Value as always, so that both
/// ways give the same line.
namespace cdc::postgres {

/// A type that is not built in, as far as its binary form needs it.
struct CatalogType {
  enum class Kind : char {
    base = 'b',
    composite = 'c',
    domain = 'd',
    enumeration = 'e',
    multirange = 'm',
    range = 'r',
    array = 'a',
    other = 'p',
  };
  std::string name;  ///< in SQL
  Kind kind = Kind::base;
  bool sends = true;  ///< false: the server has no binary form of it
  std::uint32_t like =
      0;  ///< base: the built-in type with the same output and send functions, or 0
  std::uint32_t part = 0;  ///< base of a domain, element of an array, subtype of a range, range of
                           ///< a multirange
  char delimiter = ',';    ///< between its values in an array
  std::vector<std::uint32_t> fields;  ///< of a composite
};

/// Answers what binary values leave open.
class TypeCatalog {
 public:
  virtual ~TypeCatalog() = default;
  /// Nothing where the type is gone.
  virtual std::optional<CatalogType> type(std::uint32_t oid) = 0;
  /// The name of an object as the reg type of that name ("regclass") prints it; its number where it
  /// is gone.
  virtual std::string object_name(std::string_view reg_type, std::uint32_t oid) = 0;
};

/// What text depends on beside the value.
struct ServerForms {
  int version = 150000;
  std::string encoding = "UTF8";  ///< client_encoding: binary xml names it
  bool usual_money = false;       ///< lc_monetary gives `-$1,234.50`; else money cannot be read
};

/// How the binary form of a type is read.
struct BinaryType {
  enum class Form : std::uint8_t {
    unknown,         ///< the own form of an extension
    only_text,       ///< none: it comes as text, and inside other types not at all
    scalar,          ///< `append`
    text,            ///< the text
    versioned_text,  ///< 1, the text
    character,       ///< "char": one byte
    bytea,
    xml,
    object,      ///< reg types: an OID
    array,       ///< n i32, flags i32, element OID, n x {length i32, lower bound i32}, elements
    vector,      ///< the same of one dimension, but as text `1 2 3`
    record,      ///< n i32, fields with their OIDs
    range,       ///< flags u8, bounds
    multirange,  ///< n i32, ranges
  };
  Form form = Form::unknown;
  AppendBinary append = nullptr;
  const BinaryType* part = nullptr;  ///< of a range: its bounds; of a multirange: its ranges
  char delimiter = ',';
  std::string_view reg_name = {};
};

/// Why values of a type cannot be transferred in binary.
struct Obstacle {
  enum class Kind : std::uint8_t {
    unreadable,  ///< for us
    unsendable,  ///< for the server, which ends the stream at the first such value
  };
  Kind kind = Kind::unreadable;
  std::string reason;  ///< the end of a sentence that begins with the column
};

/// Knows the binary forms of built-in types, and by asking the catalog those of the user's types.
class BinaryTypes {
 public:
  /// `catalog` outlives it.
  BinaryTypes(TypeCatalog& catalog, ServerForms forms);

  /// How `oid` is read; its form is unknown where the type is or is gone. Lives as long as this.
  const BinaryType& find(std::uint32_t oid);

  /// What stands against values of this type; looks into domains, arrays, composites and ranges.
  std::optional<Obstacle> obstacle(std::uint32_t oid);

  /// The value of one column; nothing where the bytes are not a value of that type. `bytes` and
  /// `arena` must live as long as the value; `bytes` may be changed in place.
  std::optional<Value> decode(const BinaryType& type, const TypeMapping& mapping, char* bytes,
                              std::size_t size, const TextEncoding& encoding, Arena& arena);

 private:
  struct Known {
    BinaryType binary;
    std::optional<CatalogType> catalog;
  };
  enum class Place { column, inside };

  Known& know(std::uint32_t oid);
  BinaryType form_of(const CatalogType& type);
  std::optional<Obstacle> obstacle(std::uint32_t oid, Place place, int depth);
  std::optional<Obstacle> obstacle_inside(std::uint32_t oid, const Known& known, int depth);

  void append(const BinaryType& type, ByteReader& in, int depth);
  /// One value of `size` bytes, which must use them all.
  void append_part(const BinaryType& type, std::int32_t size, ByteReader& in, int depth);
  void append_character(ByteReader& in);
  void append_xml(ByteReader& in);
  void append_object(const BinaryType& type, ByteReader& in);
  void append_array(ByteReader& in, int depth);
  void append_elements(const BinaryType& element, const std::vector<std::uint32_t>& lengths,
                       ByteReader& in, int depth);
  void append_vector(ByteReader& in, int depth);
  void append_record(ByteReader& in, int depth);
  void append_range(const BinaryType& type, ByteReader& in, int depth);
  void append_multirange(const BinaryType& type, ByteReader& in, int depth);
  void quote_element(std::size_t begin, char delimiter, ByteReader& in);
  void quote_field(std::size_t begin, std::string_view special, ByteReader& in);
  void requote(std::size_t begin, char quote_escape, ByteReader& in);

  TypeCatalog& catalog_;
  ServerForms forms_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Known>> known_;
  TextBuffer out_;
  std::string unquoted_;
};

/// Refused: a column that cannot be transferred in binary, for the reason of an Obstacle.
Error not_transferable(std::string_view column, std::string_view table, const Obstacle& obstacle);

}  // namespace cdc::postgres
