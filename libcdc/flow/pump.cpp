#include "libcdc/flow/pump.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <compare>
#include <thread>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/base/failpoint.hpp"

namespace cdc {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// The longest time without a look at signals, keepalives and clocks.
constexpr milliseconds kTick{100};
/// How long a consumer may take to acknowledge the last lines after a polite end.
constexpr milliseconds kLastAcks{2000};
/// How long it may take nothing at all before the rest of the last batch is given up.
constexpr milliseconds kLastBytes{1000};

/// Whether the source has said where it stands before its first change.
bool first_boundary_is_idle(const Batch& batch) {
  if (batch.boundaries().empty()) return false;
  const auto before = batch.changes().begin();
  const auto end = before + static_cast<std::ptrdiff_t>(batch.boundaries().front().changes);
  return std::all_of(before, end, [](const Change& line) { return line.op == Op::progress; });
}

}  // namespace

Pump::Pump(Source& source, Sink& sink, PositionStore* store, std::vector<AckReader> acks,
           LimitFilter limits, ComparePositions compare, PumpOptions options, const Stop& stop,
           const Log& log)
    : source_(source),
      sink_(sink),
      store_(store),
      acks_(std::move(acks)),
      limits_(std::move(limits)),
      compare_(std::move(compare)),
      options_(std::move(options)),
      stop_(stop),
      log_(log) {}

Pump::End Pump::run(const ResumePoint& after) {
  put_.reset(after);
  written_ = committed_ = after;
  if (!acks_.empty()) tracker_.emplace(after, compare_);
  End end = End::stopped;
  try {
    source_.start(after);
    const Instant now = steady_clock::now();
    // Rows come before the position counts.
    limits_.start(now, after.snapshot ? "" : after.position);
    next_commit_ = now + options_.commit_interval;
    last_taken_ = now;
    while (true) {
      if (const auto ended = round()) {
        end = *ended;
        break;
      }
    }
  } catch (const Interrupted&) {
    end = End::stopped;
  }
  finish(end);
  return end;
}

std::optional<Pump::End> Pump::round() {
  Next next;
  if (stop_.requested()) return End::stopped;
  if (can_take()) next = take();
  const bool drained = sink_.drain(milliseconds(0));
  follow_written();
  if (!drained && sink_.closed()) return End::reader_gone;
  read_acks();
  commit_if_due();
  progress_.snapshot = source_.snapshot_status();
  progress_.held = source_.held();
  progress_.bytes_behind = suspended_ ? progress_.bytes_behind : source_.bytes_behind();
  if (options_.tick) options_.tick(progress_);
  if (needs_end()) limits_.end_at(source_.end_position(), put_.point().position);
  const Instant now = steady_clock::now();
  if (limits_.expired(now) || (drained && limits_.reached(now, caught_up_))) return End::limit;
  if (drained && source_ended_) return End::limit;
  if (!drained) {
    serve_stalled();
  } else if (suspended_ && !waits_for_acks()) {
    resume();
  } else {
    rest(next);
  }
  if (next.kind == Next::Kind::wait && sink_.closed()) return End::reader_gone;
  for (const AckReader& ack : acks_) {
    if (!ack.ended()) continue;
    log_.info(
        fmt::format("{} is closed, and nothing more can be acknowledged: ending", ack.name()));
    return End::reader_gone;
  }
  return std::nullopt;
}

bool Pump::needs_end() const {
  if (caught_up_ && limits_.needs_end()) return true;
  return limits_.needs_snapshot_end() && !put_.point().position.empty() && !put_.point().snapshot;
}

bool Pump::can_take() const {
  return sink_.pending() == 0 && !suspended_ && !waits_for_acks();
}

Next Pump::take() {
  batch_.reset();
  const Next next = source_.poll(batch_);
  source_ended_ = next.kind == Next::Kind::end;
  commit_asked_ = commit_asked_ || batch_.commit_asked();
  if (!batch_.empty()) put();
  // Nothing at hand means nothing where the server has more on its way, or is not there.
  caught_up_ = next.kind == Next::Kind::wait && source_.wait_fd() >= 0 &&
               source_.bytes_behind() == 0 && !put_.point().snapshot;
  return next;
}

void Pump::put() {
  if (options_.is_beginning) remember_beginning();
  limits_.apply(batch_, steady_clock::now());
  if (!batch_.boundaries().empty()) {
    const Boundary& last = batch_.boundaries().back();
    put_events_at_boundary_ = put_events_ + last.changes;
    if (last.commit_time != 0) progress_.last_commit_time = last.commit_time;
  }
  put_events_ += batch_.changes().size();
  progress_.events_put = put_events_;
  put_.follow(batch_);
  if (tracker_) tracker_->follow(batch_);
  sink_.put(batch_);
}

void Pump::remember_beginning() {
  options_.is_beginning = false;
  if (store_ == nullptr || !options_.acknowledge) return;
  ResumePoint beginning = committed_;
  // A slot that was just made begins behind the place that was asked for.
  if (first_boundary_is_idle(batch_) && !beginning.in_transaction) {
    beginning.position = batch_.boundaries().front().resume;
    beginning.snapshot = batch_.boundaries().front().snapshot;
  }
  commit(beginning, 0);
  put_.reset(committed_);
  if (tracker_) tracker_.emplace(committed_, compare_);
}

/// With nothing pending everything that was put has been taken.
void Pump::follow_written() {
  if (sink_.pending() != 0) return;
  written_ = put_.point();
  written_events_ = put_events_;
  written_events_at_boundary_ = put_events_at_boundary_;
}

/// The consumer is slow: wait for it, and keep the server content meanwhile.
void Pump::serve_stalled() {
  sink_.drain(kTick);
  // Now, before the next batch is put: under a consumer that is always a little slower, no round
  // begins and ends with nothing pending.
  follow_written();
  const Instant now = steady_clock::now();
  if (sink_.bytes_written() != last_bytes_) {
    last_bytes_ = sink_.bytes_written();
    last_taken_ = now;
  }
  progress_.stalled = now - last_taken_ > milliseconds(1000);
  let_go_if_stalled(now);
}

void Pump::let_go_if_stalled(Instant now) {
  if (suspended_) return;
  if (now - last_taken_ < options_.stall_timeout || !source_.survives_suspension()) {
    return source_.keep_alive();
  }
  log_.warning(
      fmt::format("the consumer has taken nothing for {:.1f} s: letting go of the server until "
                  "it reads again",
                  std::chrono::duration<double>(now - last_taken_).count()),
      "the position is kept; the slot holds the server's log meanwhile");
  source_.suspend();
  suspended_ = true;
}

void Pump::resume() {
  log_.info("the consumer reads again: connecting to the server");
  suspended_ = false;
  source_.start(put_.point());
  if (acknowledgement_owed_) source_.acknowledge(committed_.position);
  acknowledgement_owed_ = false;
}

void Pump::rest(const Next& next) {
  last_bytes_ = sink_.bytes_written();
  progress_.stalled = false;
  if (next.kind == Next::Kind::nap) {
    std::this_thread::sleep_until(next.until);
  } else if (next.kind == Next::Kind::wait || !can_take()) {
    wait();
    source_.keep_alive();
  }
  const Instant now = steady_clock::now();
  // A consumer that takes lines and acknowledges none has stalled too.
  if (waits_for_acks()) return let_go_if_stalled(now);
  last_taken_ = now;
}

void Pump::wait() {
  const Instant now = steady_clock::now();
  Instant until = now + kTick;
  const auto deadline = limits_.deadline();
  // One that has passed waits for something else: that the source has caught up.
  if (deadline && *deadline > now) until = std::min(until, *deadline);
  if (options_.acknowledge && committable() != committed_) until = std::min(until, next_commit_);
  const auto left = std::chrono::ceil<milliseconds>(std::max(until, now) - now);
  std::array<pollfd, 5> watched = {pollfd{can_take() ? source_.wait_fd() : -1, POLLIN, 0},
                                   pollfd{sink_.watch_fd(), 0, 0}, pollfd{stop_.fd(), POLLIN, 0},
                                   pollfd{options_.extra_fd, POLLIN, 0}, pollfd{-1, POLLIN, 0}};
  for (const AckReader& ack : acks_) watched[4].fd = std::max(watched[4].fd, ack.watch_fd());
  ::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
}

void Pump::read_acks() {
  if (acks_.empty()) return;
  for (AckReader& ack : acks_) ack.read();
  const AckReader* slowest = &acks_.front();
  for (const AckReader& ack : acks_) {
    if (!ack.latest()) return;
    if (is_before(*ack.latest(), *slowest->latest(), compare_)) slowest = &ack;
  }
  const AckPosition& smallest = *slowest->latest();
  if (tracker_->acknowledge(smallest)) return;
  throw Error(Fault::usage,
              fmt::format("position {} is acknowledged, but nothing behind {} was written",
                          smallest.position, put_.point().position))
      .with_hint("write back the pos of lines that were processed, and no others");
}

ResumePoint Pump::committable() const {
  if (tracker_) return tracker_->point();
  // No safe point since then: what was remembered may even be inside the next transaction.
  if (written_.position == committed_.position && written_.snapshot == committed_.snapshot) {
    return committed_;
  }
  return {written_.position, std::nullopt, written_.snapshot};
}

std::uint64_t Pump::committable_events() const {
  return tracker_ ? tracker_->acknowledged_events() : written_events_at_boundary_;
}

void Pump::commit_if_due() {
  if (!options_.acknowledge) return;
  const Instant now = steady_clock::now();
  const bool asked = commit_asked_ && sink_.pending() == 0;
  if (now < next_commit_ && !asked) return;
  const ResumePoint point = committable();
  if (point != committed_) commit(point, committable_events());
  if (asked) commit_asked_ = false;
  next_commit_ = now + options_.commit_interval;
}

/// The order that never loses a change. A failure in between leaves the earlier steps done, which
/// repeats changes after a restart and skips none.
void Pump::commit(const ResumePoint& point, std::uint64_t events) {
  if (point.position.empty()) return;
  failpoint("before_sync");
  sink_.sync();
  failpoint("after_sync");
  if (store_ != nullptr) store_->save(point, events - committed_events_);
  failpoint("after_save");
  if (suspended_) {
    acknowledgement_owed_ = true;
  } else {
    source_.acknowledge(point.position);
  }
  failpoint("after_acknowledge");
  committed_ = point;
  committed_events_ = events;
  progress_.events_committed = events;
}

void Pump::finish(End end) {
  sink_.finish();
  if (end != End::reader_gone) drain_rest();
  if (!options_.acknowledge) return;
  if (tracker_) return finish_acks(end);
  // What the reader did not take is not acknowledged, and nobody can tell how much that is.
  if (end == End::reader_gone) return;
  // Behind a polite end even the middle of a transaction is remembered: nothing comes twice.
  const bool inside = store_ != nullptr && options_.leaves_transactions;
  const ResumePoint point = inside ? written_ : committable();
  if (point != committed_) commit(point, inside ? written_events_ : committable_events());
}

/// The batch that was begun goes out whole, or the last line would be torn.
void Pump::drain_rest() {
  std::uint64_t taken = sink_.bytes_written();
  Instant last_taken = steady_clock::now();
  while (!suspended_ && sink_.pending() != 0 && !sink_.closed() &&
         steady_clock::now() - last_taken < kLastBytes) {
    sink_.drain(kTick);
    if (sink_.bytes_written() == taken) continue;
    taken = sink_.bytes_written();
    last_taken = steady_clock::now();
  }
  follow_written();
}

/// Here the consumer itself has said what it took, though it may have gone since.
void Pump::finish_acks(End end) {
  if (end == End::reader_gone) {
    read_acks();
  } else {
    wait_for_acks();
  }
  if (tracker_->point() != committed_) commit(tracker_->point(), committable_events());
}

void Pump::wait_for_acks() {
  const Instant deadline = steady_clock::now() + kLastAcks;
  while (!tracker_->all_acknowledged() && steady_clock::now() < deadline) {
    read_acks();
    if (std::any_of(acks_.begin(), acks_.end(), [](const AckReader& ack) { return ack.ended(); })) {
      return;
    }
    source_.keep_alive();
    std::this_thread::sleep_for(milliseconds(10));
  }
}

}  // namespace cdc
