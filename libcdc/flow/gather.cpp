#include "libcdc/flow/gather.hpp"

#include <algorithm>

namespace cdc {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::microseconds;

using Milliseconds = duration<double, std::milli>;

/// Below this rate a sleep would only add latency, and fewer messages say nothing of the rate.
constexpr double kFastMessagesPerMs = 50;
constexpr std::size_t kEnoughMessages = 25;
/// Older than this is what was counted, or a pause between messages, and it says nothing of now.
constexpr microseconds kLongestWindow{500};
constexpr microseconds kPause{100};

constexpr microseconds kLongestNap{300};
/// A shorter one costs more than it saves.
constexpr microseconds kShortestNap{20};
constexpr microseconds kLatest{200};

/// A sleep must not gather more than the caches hold.
constexpr double kNapBytes = 64.0 * 1024;
/// What a unix socket holds by default, and what the kernel counts for a message beside its bytes:
/// about 270 small ones or 20 of 10 kB fit in. A sleep may fill this share of it, or the server
/// stalls.
constexpr double kSocketBytes = 208.0 * 1024;
constexpr double kSocketShare = 0.7;
constexpr double kMessageOverhead = 704;

}  // namespace

std::optional<Instant> Gather::plan_nap(Instant now) {
  dry_ = now;
  if (now - begin_ > kLongestWindow) return begin(now), std::nullopt;
  if (messages_ < kEnoughMessages) return std::nullopt;
  const auto messages = static_cast<double>(messages_);
  const double rate = messages / std::max(Milliseconds(now - begin_).count(), 1e-3);
  if (rate < kFastMessagesPerMs) return std::nullopt;
  const double size = static_cast<double>(bytes_) / messages;
  const double most =
      std::min(kNapBytes / size, kSocketBytes * kSocketShare / (size + kMessageOverhead));
  const auto wanted = duration_cast<Duration>(Milliseconds(most / rate)) - late_;
  if (wanted < kShortestNap) return std::nullopt;
  begin(now);
  until_ = now + std::min<Duration>(wanted, kLongestNap);
  return until_;
}

void Gather::go_on(Instant now) {
  if (until_) {
    late_ = (3 * late_ + std::clamp<Duration>(now - *until_, Duration(0), kLatest)) / 4;
    until_.reset();
  } else if (now - dry_ > kPause) {
    begin(now);
  }
}

void Gather::begin(Instant now) {
  begin_ = now;
  messages_ = 0;
  bytes_ = 0;
}

}  // namespace cdc
