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
  // Not memset, which may be left out before memory is freed.
  ::explicit_bzero(text_.data(), text_.size());
}

}  // namespace cdc
