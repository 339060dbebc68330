#include "libcdc/change/position.hpp"

#include <charconv>

namespace cdc {

std::string to_text(const ChangePosition& position) {
  return position.transaction + "#" + std::to_string(position.ordinal);
}

std::optional<ChangePosition> parse_change_position(std::string_view text) {
  const std::size_t hash = text.rfind('#');
  if (hash == std::string_view::npos || hash == 0) return std::nullopt;
  const std::string_view digits = text.substr(hash + 1);
  std::uint64_t ordinal = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ordinal);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return ChangePosition{std::string(text.substr(0, hash)), ordinal};
}

}  // namespace cdc
