#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libcdc/base/arena.hpp"
#include "libcdc/change/value.hpp"

namespace cdc::mysql {

/// One character set of the server: turns its text into UTF-8.
class Charset {
 public:
  virtual ~Charset() = default;
  virtual std::string_view name() const = 0;
  /// A text value; undecodable with the bytes as they came where they are not valid. UTF-8 and
  /// ASCII are not copied.
  virtual Value read(std::string_view bytes, Arena& arena) const = 0;
};

/// By the server's name ("utf8mb4", "latin1"); null for "binary". Lives for ever. Throws refused
/// where this build cannot convert it.
const Charset* find_charset(std::string_view name);

/// The character set of a collation id as MySQL and MariaDB number them; empty where it is not
/// known. Servers with further collations are asked (information_schema.COLLATIONS).
std::string_view charset_of_collation(std::uint32_t collation);

}  // namespace cdc::mysql
