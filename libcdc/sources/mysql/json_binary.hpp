#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libcdc/base/arena.hpp"
#include "libcdc/base/text_buffer.hpp"
#include "libcdc/change/value.hpp"

namespace cdc::mysql {

/// A part of a JSON document in MySQL's binary form (binlog type 245), borrowed from it:
///
///     document:  type u8, body
///     container: count, size, object: count keys {offset, length u16}, count values {type u8,
///                offset or the value itself}, data; offsets count from the start of the body;
///                numbers are u16 in the small, u32 in the large form
///     string:    length in groups of seven bits, low first; bytes
///     opaque:    type u8 of a column, length as of a string, bytes as of that column
struct JsonPart {
  std::uint8_t type = 0;
  std::string_view body;  ///< begins with the value; may have more behind it
  bool is_container() const;
  bool is_object() const;
};

/// What the parts of one document may take together: they never overlap, so it is the document's
/// size. Without it a few bytes could stand for a text without end.
class JsonBudget {
 public:
  explicit JsonBudget(std::size_t bytes) : left_(bytes) {}
  /// False, now and from now on, where there is no more.
  bool take(std::size_t bytes) {
    if (bytes > left_) exceeded_ = true;
    left_ = exceeded_ ? 0 : left_ - bytes;
    return !exceeded_;
  }

 private:
  std::size_t left_;
  bool exceeded_ = false;
};

/// How deep containers may lie in each other; the server allows 100.
inline constexpr int kMostJsonDepth = 128;

/// The document as a part. No bytes at all are the JSON null.
JsonPart json_document(std::string_view document);

/// A look into a container. Bytes that do not fit make it empty and `ok()` false.
class JsonContainer {
 public:
  JsonContainer(const JsonPart& part, JsonBudget& budget);

  bool ok() const { return ok_; }
  std::uint32_t count() const { return count_; }
  /// The i-th key of an object, as stored; keys stand by length, then by bytes. Null data where it
  /// does not fit.
  std::string_view key(std::uint32_t i) const;
  /// The i-th value; with an empty body where it does not fit.
  JsonPart value(std::uint32_t i) const;

 private:
  std::size_t width() const { return large_ ? 4 : 2; }
  std::uint32_t number(std::size_t at, std::size_t width) const;

  std::string_view body_;
  std::uint32_t count_ = 0;
  std::size_t values_at_ = 0;
  bool large_ = false;
  bool ok_ = false;
};

/// What came of a document.
enum class JsonOutcome : std::uint8_t {
  ok,
  malformed,
  not_utf8,  ///< a text inside is not valid
};

/// Appends a part as the server prints it: blanks behind `,` and `:`, doubles with a point.
JsonOutcome append_json(const JsonPart& part, JsonBudget& budget, int depth, TextBuffer& out);

/// Appends a key or a text as a JSON string with its quotes.
JsonOutcome append_json_text(std::string_view text, TextBuffer& out);

/// A whole document as the server prints it: kind json, in the arena; undecodable where a text in
/// it is not UTF-8; null where the bytes are no document.
Value read_json(std::string_view document, Arena& arena);

/// A buffer of this thread for texts whose length is not known before; empty. A large one is given
/// back to the system at the next call.
TextBuffer& json_scratch();

}  // namespace cdc::mysql
