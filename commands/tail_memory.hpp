#pragma once

#include <optional>
#include <string>

#include "libcdc/base/log.hpp"
#include "libcdc/flow/position_store.hpp"
#include "libcdc/flow/source.hpp"
#include "libcdc/sinks/ndjson/sink.hpp"
#include "libcdc/sources/source_type.hpp"
#include "libcdc/state/checkpoint_file.hpp"
#include "libcdc/state/lease.hpp"
#include "libcdc/state/snapshot_file.hpp"

namespace cdcctl {

/// The checkpoint directory of a running tail: its lease, what was remembered, what is remembered
/// next.
class TailMemory : public cdc::PositionStore {
 public:
  /// Takes the lease and reads the checkpoint. Throws refused and state.
  TailMemory(const std::string& directory, const cdc::SourceType& type, const cdc::Log& log);

  const std::optional<cdc::Checkpoint>& checkpoint() const { return checkpoint_; }
  /// How far a snapshot has come that was interrupted; null where none was.
  const cdc::SnapshotProgress& snapshot() const { return snapshot_; }

  /// What `save` asks for the server's identity and the output's place. Both outlive it.
  void attach(const cdc::Source& source, cdc::ndjson::NdjsonSink& sink,
              cdc::OptionValues source_options);

  void save(const cdc::ResumePoint& point, std::uint64_t events) override;

 private:
  void load_snapshot(const cdc::Log& log);
  bool is_other(const std::string& progress) const;
  void leave_snapshot();
  void save_snapshot(const cdc::SnapshotProgress& snapshot);

  const cdc::SourceType& type_;
  cdc::Lease lease_;
  cdc::CheckpointFile file_;
  cdc::SnapshotFile snapshot_file_;
  std::optional<cdc::Checkpoint> checkpoint_;
  cdc::SnapshotProgress snapshot_;  ///< as the file has it
  const cdc::Source* source_ = nullptr;
  cdc::ndjson::NdjsonSink* sink_ = nullptr;
  cdc::OptionValues source_options_;
};

}  // namespace cdcctl
