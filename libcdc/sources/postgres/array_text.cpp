#include "libcdc/sources/postgres/array_text.hpp"

#include <array>
#include <string_view>

namespace cdc::postgres {

namespace {

constexpr std::size_t kMostDimensions = 6;  // MAXDIM of the server

struct Shape {
  std::size_t dimensions = 0;
  std::size_t elements = 0;
  std::array<std::size_t, kMostDimensions> lengths{};
};

/// Checks the whole text before anything is changed or allocated, and measures it. Arrays of the
/// server are boxes: all parts of a dimension are equally long, no dimension is empty.
class Scan {
 public:
  Scan(std::string_view text, char delimiter)
      : at_(text.data()), end_(text.data() + text.size()), delimiter_(delimiter) {}

  std::optional<Shape> run() {
    if (!open()) return std::nullopt;
    while (depth_ > 0) {
      if (next_is('{')) {
        if (!open()) return std::nullopt;
        continue;
      }
      if (!element()) return std::nullopt;
      while (depth_ > 0 && next_is('}')) {
        if (!close()) return std::nullopt;
      }
      if (depth_ > 0 && !take(delimiter_)) return std::nullopt;
    }
    if (at_ != end_) return std::nullopt;
    return shape_;
  }

 private:
  bool next_is(char c) const { return at_ != end_ && *at_ == c; }

  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }

  bool open() {
    const bool too_deep = shape_.dimensions != 0 && depth_ >= shape_.dimensions;
    if (too_deep || depth_ == kMostDimensions || !take('{')) return false;
    counts_[depth_++] = 0;
    return true;
  }

  bool close() {
    ++at_;
    std::size_t& length = shape_.lengths[--depth_];
    if (length == 0) length = counts_[depth_];
    if (length != counts_[depth_]) return false;
    if (depth_ > 0) ++counts_[depth_ - 1];
    return true;
  }

  bool element() {
    if (shape_.dimensions == 0) shape_.dimensions = depth_;
    if (depth_ != shape_.dimensions) return false;
    ++counts_[depth_ - 1];
    ++shape_.elements;
    return take('"') ? quoted() : unquoted();
  }

  bool quoted() {
    while (at_ != end_) {
      const char c = *at_++;
      if (c == '"') return true;
      if (c == '\\' && at_ != end_) ++at_;
    }
    return false;
  }

  bool unquoted() {
    const char* const start = at_;
    while (at_ != end_ && *at_ != delimiter_ && *at_ != '}') {
      if (*at_ == '{' || *at_ == '"' || *at_ == '\\') return false;
      ++at_;
    }
    return at_ != start;
  }

  const char* at_;
  const char* end_;
  char delimiter_;
  std::size_t depth_ = 0;
  std::array<std::size_t, kMostDimensions> counts_{};
  Shape shape_;
};

/// Takes the elements out of a text that the scan has accepted.
class Split {
 public:
  Split(char* text, char delimiter) : at_(text), delimiter_(delimiter) {}

  Value next() {
    while (*at_ == '{' || *at_ == '}' || *at_ == delimiter_) ++at_;
    return *at_ == '"' ? quoted() : unquoted();
  }

 private:
  Value quoted() {
    char* const start = ++at_;
    char* to = start;
    while (*at_ != '"') {
      if (*at_ == '\\') ++at_;
      *to++ = *at_++;
    }
    ++at_;
    return text(start, to);
  }

  Value unquoted() {
    const char* const start = at_;
    while (*at_ != delimiter_ && *at_ != '}') ++at_;
    const Value raw = text(start, at_);
    return raw.text() == "NULL" ? Value(ValueKind::null) : raw;
  }

  static Value text(const char* start, const char* end) {
    return {ValueKind::text, std::string_view(start, static_cast<std::size_t>(end - start))};
  }

  char* at_;
  char delimiter_;
};

/// Groups the elements dimension by dimension, from the innermost outward.
Value nest(const Shape& shape, const Value* elements, Arena& arena) {
  const Value* level = elements;
  std::size_t count = shape.elements;
  for (std::size_t i = shape.dimensions - 1; i > 0; --i) {
    const std::size_t length = shape.lengths[i];
    count /= length;
    auto* const outer = arena.array<Value>(count);
    for (std::size_t j = 0; j < count; ++j) outer[j] = Value(level + j * length, length);
    level = outer;
  }
  return {level, count};
}

}  // namespace

std::optional<ArrayText> read_array(char* text, std::size_t size, char delimiter, Arena& arena) {
  const std::string_view whole(text, size);
  if (whole == "{}") return ArrayText{Value(nullptr, 0), {}};
  const auto shape = Scan(whole, delimiter).run();
  if (!shape) return std::nullopt;
  auto* const elements = arena.array<Value>(shape->elements);
  Split split(text, delimiter);
  for (std::size_t i = 0; i < shape->elements; ++i) elements[i] = split.next();
  return ArrayText{nest(*shape, elements, arena), {elements, shape->elements}};
}

}  // namespace cdc::postgres
