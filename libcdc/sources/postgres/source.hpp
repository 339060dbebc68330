#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/clock.hpp"
#include "libcdc/flow/source.hpp"
#include "libcdc/sources/postgres/binary_types.hpp"
#include "libcdc/sources/postgres/catalog.hpp"
#include "libcdc/sources/postgres/change_builder.hpp"
#include "libcdc/sources/postgres/connection.hpp"
#include "libcdc/sources/postgres/divergence.hpp"
#include "libcdc/sources/postgres/heartbeat.hpp"
#include "libcdc/sources/postgres/in_progress.hpp"
#include "libcdc/sources/postgres/replication_stream.hpp"
#include "libcdc/sources/postgres/slot.hpp"
#include "libcdc/sources/postgres/snapshot.hpp"
#include "libcdc/sources/source_type.hpp"

namespace cdc::postgres {

/// What the user says of the slot and the publication.
struct PostgresOptions {
  std::string slot;  ///< empty: a temporary one with a name of its own
  bool temporary = false;
  bool create_slot = false;
  bool failover = false;
  std::vector<std::string> publications;  ///< empty: the one that fits
  bool create_publication = false;
  bool local_only = false;
  std::string protocol = "auto";
  TwoPhase two_phase = TwoPhase::at_commit;
  bool binary_transfer = false;
  std::optional<HeartbeatOptions> heartbeat;
};

/// Reads and checks the options of a request. Throws usage.
PostgresOptions read_options(const OptionValues& values, const SourceRequest& request);

/// Streams committed changes of one database through a pgoutput slot, in one thread; only
/// heartbeats are written by another.
class PostgresSource : public Source {
 public:
  PostgresSource(SourceRequest request, PostgresOptions options);
  ~PostgresSource() override;

  void start(const ResumePoint& after) override;
  Next poll(Batch& batch) override;
  int wait_fd() const override;
  void keep_alive() override;
  void acknowledge(std::string_view resume) override;
  bool survives_suspension() const override { return !options_.temporary; }
  void suspend() override;
  std::string end_position() override;
  nlohmann::json identity() const override;
  std::uint64_t bytes_behind() const override;
  std::optional<SnapshotStatus> snapshot_status() const override;
  HeldStats held() const override { return in_progress_.stats(); }

 private:
  ResumePoint without_stale_ordinal(const ResumePoint& point) const;
  std::int64_t check_identity(const ServerIdentity& found) const;
  void prepare_publication(Connection& plain);
  void prepare_binary_transfer(Connection& plain);
  void prepare_slot(Connection& plain, const ResumePoint& after, const ServerIdentity& found,
                    std::optional<Lsn> switched_at);
  std::optional<Slot> find_usable_slot(Connection& plain, const ResumePoint& after,
                                       const ServerIdentity& found, std::optional<Lsn> switched_at);
  Error divergence_error(const Finding& finding, const std::string& position, Lsn end) const;
  NewSlot create_slot(Connection& plain, bool export_snapshot);
  void start_stream(const ResumePoint& after);
  [[noreturn]] void throw_followed(const Slot& slot) const;
  void check_two_phase(const Slot& slot);
  void handle(const Frame& frame, Batch& batch);
  void handle_keepalive(const Frame& frame, Batch& batch);
  bool owns_publication() const;

  // The snapshot, in source_snapshot.cpp.
  bool only_exports() const;
  void start_export();
  ResumePoint without_lost_slot(Connection& plain, const ResumePoint& point,
                                const ServerIdentity& found, std::optional<Lsn> switched_at);
  bool takes_snapshot(const ResumePoint& after) const;
  void start_snapshot(Connection& plain, const ResumePoint& after, const ServerIdentity& found,
                      std::optional<Lsn> switched_at);
  SnapshotPlan lock_tables(Connection& plain);
  Snapshot& take_snapshot(SnapshotPlan plan);
  void read_at_new_slot(Connection& plain);
  void read_at_slot(Connection& plain, std::optional<SnapshotState> earlier);
  Slot await_free_slot(Connection& plain);
  Next poll_snapshot(Batch& batch);
  Next end_snapshot();
  void check_slot_again(const ResumePoint& start);

  const SourceRequest request_;
  PostgresOptions options_;
  ServerCatalog catalog_;
  std::optional<BinaryTypes> binary_types_;  ///< with --binary-transfer
  ChangeBuilder builder_;
  InProgress in_progress_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<ReplicationStream> stream_;
  std::unique_ptr<Heartbeat> heartbeat_;                 ///< while changes are streamed
  std::unique_ptr<SnapshotSessions> snapshot_sessions_;  ///< until it is taken
  std::unique_ptr<Snapshot> snapshot_;                   ///< while it is read
  ServerIdentity server_;
  Lsn seen_ = 0;  ///< how far the changes and keepalives that were polled reach
  Instant acknowledged_at_;
  bool started_before_ = false;
  bool publication_made_ = false;
  bool ended_ = false;  ///< `--snapshot only` has read everything
  /// The slot sends prepared transactions, and they are held until they commit: where it stands,
  /// which may be far behind what was delivered.
  std::optional<Lsn> slot_holds_from_;
};

}  // namespace cdc::postgres
