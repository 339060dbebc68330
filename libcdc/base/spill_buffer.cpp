#include "libcdc/base/spill_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "libcdc/base/error.hpp"

namespace cdc {
namespace {

using Length = std::uint32_t;

}  // namespace

char* SpillBuffer::append(std::size_t size) {
  const std::size_t needed = sizeof(Length) + size;
  if (blocks_.empty() || blocks_.back().capacity - blocks_.back().used < needed) add_block(needed);
  Block& block = blocks_.back();
  char* record = block.bytes.get() + block.used;
  const auto length = static_cast<Length>(size);
  std::memcpy(record, &length, sizeof length);
  block.used += needed;
  return record + sizeof length;
}

/// Small first: many transactions may be held, and most of them are small.
void SpillBuffer::add_block(std::size_t least) {
  Block block;
  block.capacity = std::max(least, next_capacity_);
  block.bytes = std::make_unique_for_overwrite<char[]>(block.capacity);
  next_capacity_ = std::min(next_capacity_ * 2, kLargestBlock);
  memory_ += block.capacity;
  blocks_.push_back(std::move(block));
}

void SpillBuffer::release(Block& block) {
  memory_ -= block.capacity;
  block = {};
}

void SpillBuffer::spill(const std::string& directory) {
  if (blocks_.empty()) return;
  if (!file_) file_ = std::make_unique<SpillFile>(directory);
  for (Block& block : blocks_) {
    file_->append({block.bytes.get(), block.used});
    release(block);
  }
  blocks_.clear();
}

bool SpillBuffer::enter_next_block() {
  if (file_ && file_->read(from_file_)) {
    unread_ = from_file_;
    return true;
  }
  if (block_ > 0) release(blocks_[block_ - 1]);
  if (block_ == blocks_.size()) return false;
  unread_ = {blocks_[block_].bytes.get(), blocks_[block_].used};
  ++block_;
  return true;
}

std::optional<std::string_view> SpillBuffer::next() {
  while (unread_.empty()) {
    if (!enter_next_block()) return std::nullopt;
  }
  Length length = 0;
  std::memcpy(&length, unread_.data(), sizeof length);
  const std::string_view record = unread_.substr(sizeof length, length);
  unread_.remove_prefix(sizeof length + length);
  return record;
}

}  // namespace cdc
