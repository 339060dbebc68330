#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cdc::mysql {

class Charset;

/// The types of a table map: enum_field_types of the server's `field_types.h`.
enum class ColumnType : std::uint8_t {
  decimal = 0,  ///< of servers before 5.0: refused
  tiny = 1,
  small = 2,
  integer = 3,
  real = 4,  ///< float
  double_real = 5,
  null = 6,
  timestamp = 7,  ///< without fractions: old tables, MariaDB's mysql56_temporal_format=OFF
  big = 8,
  medium = 9,
  date = 10,
  time = 11,
  datetime = 12,
  year = 13,
  new_date = 14,
  varchar = 15,
  bit = 16,
  timestamp2 = 17,
  datetime2 = 18,
  time2 = 19,
  compressed_blob = 140,     ///< MariaDB
  compressed_varchar = 141,  ///< MariaDB
  vector = 242,
  json = 245,
  new_decimal = 246,
  enumeration = 247,
  set = 248,
  tiny_blob = 249,
  medium_blob = 250,
  long_blob = 251,
  blob = 252,
  var_string = 253,
  string = 254,
  geometry = 255,
};

/// What only the catalog knows of a column: the log has a binary string or a text.
enum class Refinement : std::uint8_t {
  none,
  json,    ///< MariaDB's JSON: a text that holds JSON
  uuid,    ///< MariaDB, 16 bytes, in the order of the server's storage
  inet4,   ///< MariaDB, 4 bytes
  inet6,   ///< MariaDB, 16 bytes
  vector,  ///< MariaDB, 4 bytes an element
};

/// All that it takes to read the values of one column of a row event.
struct ColumnFormat {
  ColumnType type = ColumnType::null;  ///< never `string` for an ENUM or SET: that is resolved
  /// As the table map has it, but for string: the greatest length in bytes; enumeration and set:
  /// the width in bytes; new_decimal: precision << 8 | scale; bit: the number of bits; temporal
  /// types: digits of a second; blob, json, geometry, vector: bytes of the length.
  std::uint16_t meta = 0;
  bool is_unsigned = false;
  Refinement refinement = Refinement::none;
  /// Of the text; null: the values are bytes.
  const Charset* charset = nullptr;
  /// UTF-8; of enumerations and sets. Null where nobody knows them: values are the numbers then.
  std::shared_ptr<const std::vector<std::string>> labels;
};

}  // namespace cdc::mysql
