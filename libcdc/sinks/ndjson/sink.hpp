#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "libcdc/change/position.hpp"
#include "libcdc/flow/sink.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"
#include "libcdc/sinks/ndjson/fd_writer.hpp"

namespace cdc::ndjson {

/// Changes as text to a descriptor or a file: an encoder and a writer.
class NdjsonSink final : public Sink {
 public:
  /// Neither may be null.
  NdjsonSink(std::unique_ptr<Encoder> encoder, std::unique_ptr<FdWriter> writer);

  void put(const Batch& batch) override;
  void finish() override { encoder_->finish(writer_->text()); }
  bool drain(std::chrono::milliseconds wait) override { return writer_->drain(wait); }
  std::size_t pending() const override { return writer_->pending(); }
  void sync() override { writer_->sync(); }
  int watch_fd() const override { return writer_->watch_fd(); }
  bool closed() const override { return writer_->closed(); }
  std::uint64_t bytes_written() const override { return writer_->bytes_written(); }

  /// What the checkpoint remembers of the output together with this position, whose lines have
  /// been taken: for `Checkpoint::output`. An empty object where the output cannot be continued.
  /// Positions come in the order of `put`. For one that is not the last safe point of a batch
  /// everything taken is remembered: lines may come twice then, none is lost.
  nlohmann::json remembered(const ResumePoint& point);

  /// Takes up the file under its name again (SIGHUP).
  void reopen() { writer_->reopen(); }

 private:
  /// Where the output stands at the last safe point of a batch.
  struct Mark {
    std::string resume;
    SnapshotProgress snapshot;
    std::uint64_t bytes = 0;
  };

  void mark(const Boundary& boundary);

  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<FdWriter> writer_;
  std::deque<Mark> marks_;
};

}  // namespace cdc::ndjson
