#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libcdc/base/arena.hpp"

namespace cdc::postgres {

/// The encoding of a database's text, and the way from there to UTF-8. A database that is not in
/// UTF-8 is read in its own encoding and converted here: the server would end the stream, for ever,
/// at a value that it cannot convert.
///
///   UTF8, SQL_ASCII                passed on where it is valid UTF-8
///   LATIN1-10, ISO_8859_*, WIN*,   one byte a character: a table, made once
///   KOI8R, KOI8U
///   EUC_*                          iconv
///   MULE_INTERNAL, and whatever    ASCII is passed on, other text is undecodable: the server
///   iconv does not know            itself has no conversion from MULE_INTERNAL to UTF-8
///
/// Used from one thread.
class TextEncoding {
 public:
  /// `server_encoding` as the server's setting of that name says it: "UTF8", "WIN1252".
  explicit TextEncoding(std::string_view server_encoding);

  /// What to set client_encoding to: always the server's own encoding, so nothing is converted.
  const std::string& client_encoding() const { return name_; }

  /// False where text beyond ASCII cannot be told from noise and comes out as undecodable.
  bool decodes() const { return way_ != Way::ascii_only; }

  /// The text in UTF-8, or nothing where it is not valid in this encoding. The view is `raw` itself
  /// or lives in `arena`.
  std::optional<std::string_view> to_utf8(std::string_view raw, Arena& arena) const;

  /// The name of a table or column in UTF-8. A byte that does not decode is written `\xE9`: seen,
  /// and still a name that a line can carry.
  std::string name_to_utf8(std::string_view raw) const;

 private:
  enum class Way : std::uint8_t { utf8, table, iconv, ascii_only };

  /// One character in UTF-8; size 0: the byte means nothing.
  struct Character {
    std::array<char, 3> bytes;
    std::uint8_t size;
  };
  /// The characters of the bytes from 0x80 on.
  using Table = std::array<Character, 128>;

  struct CloseIconv {
    void operator()(void* descriptor) const;
  };
  using Iconv = std::unique_ptr<void, CloseIconv>;

  static std::unique_ptr<Table> make_table(void* descriptor);
  std::optional<std::string_view> by_table(std::string_view raw, Arena& arena) const;
  std::optional<std::string_view> by_iconv(std::string_view raw, Arena& arena) const;

  std::string name_;
  Way way_ = Way::utf8;
  std::unique_ptr<Table> table_;
  Iconv iconv_;
};

}  // namespace cdc::postgres
