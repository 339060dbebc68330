#include "libcdc/base/text_buffer.hpp"

#include <algorithm>
#include <utility>

namespace cdc {

namespace {
constexpr std::size_t kFirst = 256;
}  // namespace

void TextBuffer::grow(std::size_t count) {
  const std::size_t capacity = std::max({size_ + count, capacity_ * 2, kFirst});
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
  copy_text(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

void TextBuffer::drop_front(std::size_t count) {
  size_ -= count;
  std::memmove(bytes_.get(), bytes_.get() + count, size_);
}

}  // namespace cdc
