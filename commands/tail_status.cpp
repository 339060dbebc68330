#include "commands/tail_status.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "libcdc/base/units.hpp"

namespace cdcctl {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::int64_t kMicrosPerMilli = 1000;
constexpr milliseconds kFirstLiveWord{2000};
constexpr milliseconds kLivePause{1000};
constexpr milliseconds kLogPause{10000};

/// Time behind the source; 0 where everything was seen, however long ago the last change was.
std::int64_t lag_ms(const cdc::PumpProgress& progress) {
  if (progress.bytes_behind == 0 || progress.last_commit_time == 0) return 0;
  return std::max<std::int64_t>(0, (cdc::unix_now() - progress.last_commit_time) / kMicrosPerMilli);
}

/// Transactions in progress, where there are some.
std::string held(const cdc::HeldStats& stats) {
  if (stats.transactions == 0) return {};
  return fmt::format(", {} held ({} in memory, {} spilled)", stats.transactions,
                     cdc::format_size(stats.memory), cdc::format_size(stats.spilled));
}

}  // namespace

TailStatus::TailStatus(Context& context, cdc::ndjson::NdjsonSink& sink,
                       std::optional<milliseconds> interval)
    : context_(context), sink_(sink), interval_(interval), last_(steady_clock::now()) {
  if (interval_) next_ = last_ + *interval_;
}

TailStatus::~TailStatus() {
  if (live_line_) context_.err.offer("\n");
}

void TailStatus::tick(const cdc::PumpProgress& progress) {
  if (context_.signals.take_reopen_request()) sink_.reopen();
  follow_snapshot(progress);
  const bool asked = context_.signals.take_status_request();
  if (!asked && !interval_) return;
  const cdc::Instant now = steady_clock::now();
  if (asked) print(progress, now, false);
  if (!interval_ || now < next_) return;
  print(progress, now, context_.err.is_terminal());
  next_ = now + *interval_;
}

void TailStatus::follow_snapshot(const cdc::PumpProgress& progress) {
  if (!progress.snapshot) {
    if (snapshot_since_ && live_line_) context_.err.offer("\n");
    if (snapshot_since_) live_line_ = false;
    return snapshot_since_.reset();
  }
  const cdc::Instant now = steady_clock::now();
  const bool terminal = context_.err.is_terminal();
  if (!snapshot_since_) {
    snapshot_since_ = now;
    next_snapshot_word_ = now + (terminal ? kFirstLiveWord : kLogPause);
  }
  if (interval_ || now < next_snapshot_word_) return;
  next_snapshot_word_ = now + (terminal ? kLivePause : kLogPause);
  const std::string text = snapshot_words(*progress.snapshot, now);
  if (!terminal) return context_.log.debug(text);
  context_.err.offer("\r\033[Kcdcctl: " + text);
  live_line_ = true;
}

std::string TailStatus::snapshot_words(const cdc::SnapshotStatus& status, cdc::Instant now) const {
  const double seconds =
      std::max(duration<double>(now - snapshot_since_.value_or(now)).count(), 0.001);
  const double share = status.total == 0
                           ? 1.0
                           : static_cast<double>(status.done) / static_cast<double>(status.total);
  std::string text = fmt::format("snapshot: {} rows ({}), {:.0f} rows/s, {:.0f} %", status.rows,
                                 cdc::format_size(status.bytes),
                                 static_cast<double>(status.rows) / seconds, share * 100);
  const std::uint64_t fresh = status.done - status.done_before;
  if (fresh == 0) return text;
  const double left =
      seconds * static_cast<double>(status.total - status.done) / static_cast<double>(fresh);
  return text + fmt::format(", {:.0f} s left", left);
}

void TailStatus::print(const cdc::PumpProgress& progress, cdc::Instant now, bool live) {
  const std::string text = words(progress, now);
  if (live) {
    context_.err.offer("\r\033[K" + text);
  } else {
    context_.err.offer((live_line_ ? "\n" : "") + text + "\n");
  }
  live_line_ = live;
}

std::string TailStatus::words(const cdc::PumpProgress& progress, cdc::Instant now) {
  const double seconds = std::max(duration<double>(now - last_).count(), 0.001);
  const double rate = static_cast<double>(progress.events_put - last_events_) / seconds;
  last_ = now;
  last_events_ = progress.events_put;
  const std::string snapshot =
      progress.snapshot ? "; " + snapshot_words(*progress.snapshot, now) : "";
  return fmt::format(
      "cdcctl: {} events ({:.0f}/s), {} written, {} committed, {} behind, lag {} ms{}{}",
      progress.events_put, rate, cdc::format_size(sink_.bytes_written()), progress.events_committed,
      cdc::format_size(progress.bytes_behind), lag_ms(progress), held(progress.held),
      progress.stalled ? ", the reader takes nothing" : "", snapshot);
}

}  // namespace cdcctl
