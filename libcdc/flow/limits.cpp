#include "libcdc/flow/limits.hpp"

#include <algorithm>
#include <utility>

namespace cdc {
namespace {

/// How far this machine's clock may be behind the server's before --until TIME ends an idle stream.
constexpr std::int64_t kClockGrace = 1000000;

}  // namespace

LimitFilter::LimitFilter(Limits limits, ComparePositions compare)
    : limits_(std::move(limits)),
      compare_(std::move(compare)),
      cuts_(limits_.until_time || !limits_.until_position.empty() || limits_.until_change ||
            limits_.max_events) {}

void LimitFilter::start(Instant now, std::string_view position) {
  started_ = last_change_ = now;
  if (position.empty()) return;
  if (!limits_.until_position.empty()) {
    done_ = std::is_gteq(compare_(position, limits_.until_position));
  } else if (limits_.until_change) {
    done_ = std::is_gt(compare_(position, limits_.until_change->transaction));
  }
}

void LimitFilter::apply(Batch& batch, Instant now) {
  // A progress line says that there was no change.
  if (std::any_of(batch.changes().begin(), batch.changes().end(),
                  [](const Change& change) { return change.op != Op::progress; })) {
    last_change_ = now;
  }
  if (!cuts_) return;
  std::size_t last = end_of_wanted(batch);
  if (limits_.max_events && last >= *limits_.max_events - events_) {
    last = *limits_.max_events - events_;
    done_ = true;
  }
  batch.truncate(last);
  events_ += batch.changes().size();
  if (ends_at(batch)) done_ = true;
}

std::size_t LimitFilter::end_of_wanted(const Batch& batch) {
  const auto& changes = batch.changes();
  const Transaction* wanted = nullptr;
  const auto beyond = std::find_if(changes.begin(), changes.end(), [&](const Change& change) {
    // But for the last change that is wanted, all of a transaction is, or nothing of it.
    const bool known = change.transaction != nullptr && change.transaction == wanted;
    if (known && !limits_.until_change) return false;
    wanted = change.transaction;
    return is_beyond(change);
  });
  if (beyond != changes.end()) done_ = true;
  const auto wanted_changes = static_cast<std::size_t>(beyond - changes.begin());
  return std::min(wanted_changes, end_by_boundaries(batch));
}

/// Transactions may be known by a place that does not compare with a set of GTIDs; what lies behind
/// them does.
std::size_t LimitFilter::end_by_boundaries(const Batch& batch) const {
  if (limits_.until_position.empty()) return batch.changes().size();
  const auto last = std::find_if(
      batch.boundaries().begin(), batch.boundaries().end(), [&](const Boundary& boundary) {
        return !boundary.snapshot &&
               std::is_gteq(compare_(boundary.place(), limits_.until_position));
      });
  return last == batch.boundaries().end() ? batch.changes().size() : last->changes;
}

bool LimitFilter::is_beyond(const Change& change) const {
  const Transaction* transaction = change.transaction;
  if (change.op == Op::read) return false;
  if (transaction == nullptr) {
    return !limits_.until_position.empty() &&
           std::is_gt(compare_(change.resume, limits_.until_position));
  }
  if (limits_.until_time && transaction->commit_time > *limits_.until_time) return true;
  if (!limits_.until_position.empty() &&
      std::is_gteq(compare_(transaction->position, limits_.until_position))) {
    return true;
  }
  if (!limits_.until_change) return false;
  const auto order = compare_(transaction->position, limits_.until_change->transaction);
  return std::is_gt(order) || (std::is_eq(order) && change.ordinal > limits_.until_change->ordinal);
}

bool LimitFilter::ends_at(const Batch& batch) const {
  if (!batch.boundaries().empty() && !batch.boundaries().back().snapshot) {
    const std::string_view place = batch.boundaries().back().place();
    if (!limits_.until_position.empty() && std::is_gteq(compare_(place, limits_.until_position))) {
      return true;
    }
    if (limits_.until_change && std::is_gt(compare_(place, limits_.until_change->transaction))) {
      return true;
    }
  }
  if (!limits_.until_change || batch.changes().empty()) return false;
  const Change& last = batch.changes().back();
  return last.transaction != nullptr && last.ordinal == limits_.until_change->ordinal &&
         std::is_eq(compare_(last.transaction->position, limits_.until_change->transaction));
}

bool LimitFilter::expired(Instant now) const {
  return limits_.duration && now - started_ >= *limits_.duration;
}

bool LimitFilter::needs_end() const {
  return limits_.until_time && limits_.until_position.empty() &&
         unix_now() > *limits_.until_time + kClockGrace;
}

void LimitFilter::end_at(std::string end, std::string_view position) {
  limits_.until_position = std::move(end);
  cuts_ = true;
  if (!position.empty() && std::is_gteq(compare_(position, limits_.until_position))) done_ = true;
}

bool LimitFilter::reached(Instant now, bool caught_up) const {
  if (done_ || expired(now)) return true;
  return limits_.idle_exit && caught_up && now - last_change_ >= *limits_.idle_exit;
}

std::optional<Instant> LimitFilter::deadline() const {
  std::optional<Instant> nearest;
  const auto consider = [&](Instant at) { nearest = nearest ? std::min(*nearest, at) : at; };
  if (limits_.duration) consider(started_ + *limits_.duration);
  if (limits_.idle_exit) consider(last_change_ + *limits_.idle_exit);
  return nearest;
}

}  // namespace cdc
