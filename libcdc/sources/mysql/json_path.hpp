#pragma once

#include <cstdint>
#include <string_view>

#include "libcdc/base/arena.hpp"

namespace cdc::mysql {

/// One step of a JSON path.
struct JsonLeg {
  enum class Kind : std::uint8_t {
    member,    ///< `.name`, `."any name"`
    cell,      ///< `[7]`
    from_end,  ///< `[last]`, `[last-2]`: `index` cells before the last
  };
  Kind kind = Kind::member;
  std::string_view name;
  std::uint32_t index = 0;
};

/// Takes the legs of a path as the server writes it in its diffs, `$.a[3]."b c"`, one after the
/// other.
class JsonPath {
 public:
  explicit JsonPath(std::string_view text);

  /// False where the text is no such path, as far as it was read.
  bool ok() const { return ok_; }
  bool at_end() const { return left_.empty(); }
  /// The next leg; not at the end. Names live in the path or in the arena.
  JsonLeg next(Arena& arena);

 private:
  JsonLeg fail();
  JsonLeg member(Arena& arena);
  JsonLeg cell();
  std::string_view quoted(Arena& arena);
  char* put_escape(char* to);
  bool read_hex(char32_t& code);

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace cdc::mysql
