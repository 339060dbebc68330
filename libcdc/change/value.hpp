#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cdc {

/// How the canonical text of a value becomes output. Encoders know these kinds and no types.
enum class ValueKind : std::uint8_t {
  absent,       ///< the server did not send it, and this image never has it (outside a key image)
  unchanged,    ///< the server did not send it because it did not change; never null
  null,         ///< SQL NULL
  number,       ///< integer or real: text is a JSON number
  decimal,      ///< exact digits: a string, or a number where the user asks for it
  boolean,      ///< text is `true` or `false`
  text,         ///< UTF-8, checked
  bytes,        ///< raw bytes
  undecodable,  ///< raw bytes of a text that is not valid in its declared encoding
  json,         ///< JSON text as the server has it, blanks included
  array,        ///< `items()`
};

/// One column of one row: a kind and borrowed text. It lives as long as the batch that owns the
/// bytes.
class Value {
 public:
  Value() = default;
  explicit Value(ValueKind kind) : kind_(kind) {}
  Value(ValueKind kind, std::string_view text)
      : data_(text.data()), size_(text.size()), kind_(kind) {}
  /// An array of `count` values, which live in the same batch.
  Value(const Value* items, std::size_t count)
      : data_(items), size_(count), kind_(ValueKind::array) {}

  ValueKind kind() const { return kind_; }
  /// The text of every kind but array, absent, unchanged and null.
  std::string_view text() const { return {static_cast<const char*>(data_), size_}; }
  /// The elements of an array.
  const Value* items() const { return static_cast<const Value*>(data_); }
  std::size_t size() const { return size_; }
  /// True where the server sent nothing for this column.
  bool missing() const { return kind_ == ValueKind::absent || kind_ == ValueKind::unchanged; }

 private:
  const void* data_ = nullptr;
  std::size_t size_ = 0;
  ValueKind kind_ = ValueKind::absent;
};

}  // namespace cdc
