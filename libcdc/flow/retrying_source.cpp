#include "libcdc/flow/retrying_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace cdc {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

RetryingSource::RetryingSource(std::unique_ptr<Source> inner, RetryOptions options, const Log& log)
    : inner_(std::move(inner)),
      options_(options),
      log_(log),
      pause_(options.first),
      random_(std::random_device{}()) {}

void RetryingSource::start(const ResumePoint& after) {
  delivered_.reset(after);
  try {
    connect();
    started_ = true;
  } catch (const Error& error) {
    if (!started_ || error.fault() != Fault::unavailable) throw;
    lost(error);
  }
}

void RetryingSource::suspend() {
  connected_ = false;
  retry_at_ = {};
  inner_->suspend();
}

Next RetryingSource::poll(Batch& batch) {
  const Next wait{Next::Kind::wait, {}};
  try {
    if (!connected_) {
      if (steady_clock::now() < retry_at_) return wait;
      reconnect();
    }
    const Next next = inner_->poll(batch);
    if (!batch.empty()) delivered_.follow(batch);
    if (failures_ != 0 && (!batch.empty() || has_lasted())) {
      failures_ = 0;
      pause_ = options_.first;
    }
    return next;
  } catch (const Error& error) {
    if (error.fault() != Fault::unavailable) throw;
    // What the batch holds already came before the failure, and is delivered.
    delivered_.follow(batch);
    lost(error);
    return wait;
  }
}

void RetryingSource::connect() {
  inner_->start(delivered_.point());
  connected_ = true;
  connected_at_ = steady_clock::now();
  // It may have been lost with the connection before.
  if (!acknowledged_.empty()) inner_->acknowledge(acknowledged_);
}

void RetryingSource::reconnect() {
  connect();
  log_.info("connected to the server again");
}

/// True where the connection holds although nothing comes: the attempts in a row have ended.
bool RetryingSource::has_lasted() const {
  return steady_clock::now() - connected_at_ >= options_.longest;
}

void RetryingSource::lost(const Error& error) {
  inner_->suspend();
  connected_ = false;
  ++failures_;
  if (options_.most && failures_ > *options_.most) throw error;
  const milliseconds pause = jittered(pause_);
  pause_ = std::min(pause_ * 2, options_.longest);
  retry_at_ = steady_clock::now() + pause;
  const std::string detail = error.detail().empty() ? "" : " (" + error.detail() + ")";
  log_.warning(fmt::format("{}{}; trying again in {:.1f} s", error.message(), detail,
                           static_cast<double>(pause.count()) / 1000));
}

/// Between half and all of `pause`, so that many clients of one server do not come back at once.
milliseconds RetryingSource::jittered(milliseconds pause) {
  std::uniform_int_distribution<milliseconds::rep> spread(pause.count() / 2, pause.count());
  return milliseconds(spread(random_));
}

void RetryingSource::keep_alive() {
  if (!connected_) return;
  try {
    inner_->keep_alive();
  } catch (const Error& error) {
    if (error.fault() != Fault::unavailable) throw;
    lost(error);
  }
}

void RetryingSource::acknowledge(std::string_view resume) {
  acknowledged_ = resume;
  if (!connected_) return;
  try {
    inner_->acknowledge(resume);
  } catch (const Error& error) {
    if (error.fault() != Fault::unavailable) throw;
    lost(error);
  }
}

nlohmann::json RetryingSource::identity() const {
  return inner_->identity();
}

}  // namespace cdc
