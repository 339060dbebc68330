#include "libcdc/base/secret.hpp"

#include <cstring>

namespace cdc {

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  wipe();
  text_ = other.text_;
  return *this;
}

Secret::~Secret() {
  wipe();
}

void Secret::wipe() noexcept {
  // Up to the capacity: an earlier, longer text may still be there. Not memset, which may be left
  // out before memory is freed.
  text_.resize(text_.capacity());
  ::explicit_bzero(text_.data(), text_.size());
}

}  // namespace cdc
