#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/log.hpp"
#include "libcdc/flow/resume_tracker.hpp"
#include "libcdc/flow/source.hpp"

namespace cdc {

struct RetryOptions {
  std::optional<std::uint64_t> most;  ///< attempts in a row; nothing: unlimited
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds longest{30000};
};

/// A source around a source: after `unavailable` it connects again, with growing pauses, and goes
/// on exactly behind the last change that was polled. The first start is not retried.
class RetryingSource : public Source {
 public:
  RetryingSource(std::unique_ptr<Source> inner, RetryOptions options, const Log& log);

  void start(const ResumePoint& after) override;
  Next poll(Batch& batch) override;
  int wait_fd() const override { return connected_ ? inner_->wait_fd() : -1; }
  void keep_alive() override;
  void acknowledge(std::string_view resume) override;
  bool survives_suspension() const override { return inner_->survives_suspension(); }
  void suspend() override;
  std::string end_position() override { return inner_->end_position(); }
  nlohmann::json identity() const override;
  HeldStats held() const override { return inner_->held(); }
  std::uint64_t bytes_behind() const override { return inner_->bytes_behind(); }
  std::optional<SnapshotStatus> snapshot_status() const override {
    return inner_->snapshot_status();
  }

 private:
  void lost(const Error& error);
  void connect();
  void reconnect();
  bool has_lasted() const;
  std::chrono::milliseconds jittered(std::chrono::milliseconds pause);

  std::unique_ptr<Source> inner_;
  RetryOptions options_;
  const Log& log_;
  ResumeTracker delivered_;
  std::string acknowledged_;  ///< the last position, or empty; told again after a reconnect
  bool started_ = false;      ///< at least once: from then on failures are retried
  bool connected_ = false;
  Instant connected_at_;
  std::uint64_t failures_ = 0;
  std::chrono::milliseconds pause_;
  Instant retry_at_;
  std::minstd_rand random_;
};

}  // namespace cdc
