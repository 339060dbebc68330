#include "libcdc/base/arena.hpp"

#include <algorithm>
#include <cstring>

namespace cdc {

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return "";
  char* piece = allocate(text.size());
  std::memcpy(piece, text.data(), text.size());
  return {piece, text.size()};
}

void Arena::enter(std::size_t index) {
  current_ = index;
  at_ = blocks_[index].memory.get();
  end_ = at_ + blocks_[index].size;
}

void Arena::grow(std::size_t bytes) {
  const std::size_t first_unused = at_ == nullptr ? 0 : current_ + 1;
  for (std::size_t i = first_unused; i < blocks_.size(); ++i) {
    if (blocks_[i].size < bytes) continue;
    std::swap(blocks_[i], blocks_[first_unused]);
    enter(first_unused);
    return;
  }
  const std::size_t size = std::max(bytes, kBlock);
  // Not make_unique: it would clear memory that is about to be overwritten.
  Block block{std::unique_ptr<char[]>(new char[size]), size};
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(first_unused), std::move(block));
  capacity_ += size;
  enter(first_unused);
}

void Arena::reset() {
  while (capacity_ > kKeep && !blocks_.empty()) {
    const auto largest =
        std::max_element(blocks_.begin(), blocks_.end(),
                         [](const Block& a, const Block& b) { return a.size < b.size; });
    capacity_ -= largest->size;
    blocks_.erase(largest);
  }
  at_ = end_ = nullptr;
  current_ = 0;
  if (!blocks_.empty()) enter(0);
}

}  // namespace cdc
