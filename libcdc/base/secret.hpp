#pragma once

#include <string>
#include <utility>

namespace cdc {

/// A password or key. It has no way to be printed; it is wiped when it goes.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other);
  ~Secret();

  bool empty() const { return text_.empty(); }
  /// The text itself, for handing to a client library only.
  const std::string& reveal() const { return text_; }

 private:
  void wipe() noexcept;

  std::string text_;
};

}  // namespace cdc
