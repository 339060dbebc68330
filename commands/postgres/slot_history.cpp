#include "commands/postgres/slot_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cdcctl {
namespace {

using std::chrono::seconds;

constexpr std::array kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
/// Beyond this a forecast says nothing.
constexpr double kFarAway = 365.0 * 24 * 3600;

std::optional<seconds> time_for(double bytes, double bytes_a_second) {
  if (bytes_a_second <= 0) return std::nullopt;
  const double left = std::max(bytes, 0.0) / bytes_a_second;
  if (left > kFarAway) return std::nullopt;
  return seconds(static_cast<seconds::rep>(left));
}

}  // namespace

void SlotHistory::add(cdc::Instant now, const cdc::postgres::Slot& slot) {
  // A lost slot retains nothing that could be forecast.
  if (!slot.retained_bytes) return looks_.clear();
  if (looks_.size() == kLooks) looks_.pop_front();
  looks_.push_back({now, *slot.retained_bytes, slot.safe_wal_size});
}

std::string SlotHistory::line() const {
  if (looks_.size() < 2) return {};
  const auto [low, high] =
      std::minmax_element(looks_.begin(), looks_.end(),
                          [](const Look& a, const Look& b) { return a.retained < b.retained; });
  const auto span = static_cast<double>(high->retained - low->retained);
  std::string line;
  for (const Look& look : looks_) {
    const double part = span == 0 ? 0 : static_cast<double>(look.retained - low->retained) / span;
    line += kBlocks[static_cast<std::size_t>(part * (kBlocks.size() - 1) + 0.5)];
  }
  return line;
}

double SlotHistory::seconds_passed() const {
  if (looks_.size() < 2) return 0;
  return std::chrono::duration<double>(looks_.back().at - looks_.front().at).count();
}

std::optional<double> SlotHistory::growth() const {
  const double passed = seconds_passed();
  if (passed <= 0) return std::nullopt;
  return static_cast<double>(looks_.back().retained - looks_.front().retained) / passed;
}

std::optional<seconds> SlotHistory::until_unsafe() const {
  const double passed = seconds_passed();
  if (passed <= 0 || !looks_.front().safe || !looks_.back().safe) return std::nullopt;
  const auto used = static_cast<double>(*looks_.front().safe - *looks_.back().safe);
  return time_for(static_cast<double>(*looks_.back().safe), used / passed);
}

std::optional<seconds> SlotHistory::until_full(std::uint64_t free_bytes) const {
  const auto grows = growth();
  if (!grows) return std::nullopt;
  return time_for(static_cast<double>(free_bytes), *grows);
}

std::string duration_words(std::chrono::seconds duration) {
  const auto all = duration.count();
  const auto days = all / 86400;
  const auto hours = all / 3600 % 24;
  const auto minutes = all / 60 % 60;
  if (days > 0)
    return hours > 0 ? fmt::format("{} d {} h", days, hours) : fmt::format("{} d", days);
  if (hours > 0) {
    return minutes > 0 ? fmt::format("{} h {} min", hours, minutes) : fmt::format("{} h", hours);
  }
  return minutes > 0 ? fmt::format("{} min", minutes) : fmt::format("{} s", all);
}

}  // namespace cdcctl
