#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libcdc/base/arena.hpp"
#include "libcdc/base/json_text.hpp"
#include "libcdc/change/value.hpp"

namespace cdc::mysql {

/// One character set of the server: turns its text into UTF-8. Threads share it.
class Charset {
 public:
  Charset(const Charset&) = delete;
  Charset& operator=(const Charset&) = delete;
  virtual ~Charset() = default;

  /// The server's name of it.
  std::string_view name() const { return name_; }

  /// A text value; undecodable with the bytes as they came where they are not valid. UTF-8 and
  /// ASCII are not copied.
  Value read(std::string_view bytes, Arena& arena) const {
    if (!is_utf8_) return convert(bytes, arena);
    return {is_utf8(bytes) ? ValueKind::text : ValueKind::undecodable, bytes};
  }

 protected:
  enum class Form : std::uint8_t { utf8, other };
  explicit Charset(std::string_view name, Form form = Form::other)
      : name_(name), is_utf8_(form == Form::utf8) {}

 private:
  /// What `read` does where it is not UTF-8.
  virtual Value convert(std::string_view bytes, Arena& arena) const = 0;

  std::string name_;
  bool is_utf8_;
};

/// By the server's name ("utf8mb4", "latin1"); null for "binary". Lives for ever. Throws refused
/// where this build cannot convert it.
const Charset* find_charset(std::string_view name);

/// The character set of a collation id as MySQL and MariaDB number them; empty where it is not
/// known. Servers with further collations are asked (information_schema.COLLATIONS).
std::string_view charset_of_collation(std::uint32_t collation);

}  // namespace cdc::mysql
