#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "libcdc/base/arena.hpp"
#include "libcdc/change/value.hpp"

namespace cdc::postgres {

/// An array as values. Both members live in the arena; the texts are parts of the array's text.
struct ArrayText {
  Value value;                ///< nested once a dimension
  std::span<Value> elements;  ///< the innermost values of all dimensions, in order: to be mapped
};

/// Reads an array as the server writes it: `{1,NULL,"a \"b\""}`, `{{1,2},{3,4}}`, `{}`. The
/// elements are null or raw text, unescaped in place. Nothing, and `text` as it was, where it has
/// its own lower bounds (`[0:2]={1,2,3}`) or is not what a server writes.
std::optional<ArrayText> read_array(char* text, std::size_t size, char delimiter, Arena& arena);

}  // namespace cdc::postgres
