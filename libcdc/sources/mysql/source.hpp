#pragma once

#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/clock.hpp"
#include "libcdc/flow/gather.hpp"
#include "libcdc/flow/source.hpp"
#include "libcdc/sources/mysql/binlog_stream.hpp"
#include "libcdc/sources/mysql/catalog.hpp"
#include "libcdc/sources/mysql/change_builder.hpp"
#include "libcdc/sources/mysql/connection.hpp"
#include "libcdc/sources/mysql/log_reader.hpp"
#include "libcdc/sources/mysql/server.hpp"
#include "libcdc/sources/mysql/snapshot.hpp"
#include "libcdc/sources/mysql/transactions.hpp"
#include "libcdc/sources/source_type.hpp"

namespace cdc::mysql {

/// Whether positions go by GTID: where the server and the position have them, always, or never.
enum class GtidUse : std::uint8_t { automatic, on, off };

/// What the user says of the binlog.
struct MysqlOptions {
  Flavor flavor = Flavor::mysql;
  std::uint32_t server_id = 0;
  GtidUse gtid = GtidUse::automatic;
  SchemaMismatch on_mismatch = SchemaMismatch::fail;
  HiddenChanges on_hidden = HiddenChanges::fail;
  LockUse lock = LockUse::automatic;
  std::vector<std::string> files;  ///< binlog files to read instead of a server's log
};

/// Reads and checks the options of a request. Throws usage.
MysqlOptions read_options(const OptionValues& values, Flavor flavor);

/// Throws usage where a snapshot is asked for and its rows are not.
void check_snapshot(const SourceRequest& request);

/// A batch is full at this many bytes or changes: enough that a write of it is worth a system call,
/// little enough that signals are served in time.
inline constexpr std::size_t kBatchBytes = std::size_t{96} * 1024;
inline constexpr std::size_t kBatchChanges = 2048;

/// Throws refused where the server is of the other flavour.
std::unique_ptr<Connection> connect_as(Flavor flavor, const SourceRequest& request);

/// Streams committed changes out of the row binlog of one server, in one thread.
class MysqlSource : public Source {
 public:
  MysqlSource(SourceRequest request, MysqlOptions options);

  void start(const ResumePoint& after) override;
  Next poll(Batch& batch) override;
  int wait_fd() const override;
  /// The server sends heartbeats and waits for nothing.
  void keep_alive() override {}
  /// The server keeps its log by age and size, whatever was read of it.
  void acknowledge(std::string_view) override {}
  void suspend() override;
  std::string end_position() override;
  nlohmann::json identity() const override { return to_json(server_); }
  std::uint64_t bytes_behind() const override;
  HeldStats held() const override { return transactions_.stats(); }
  std::optional<SnapshotStatus> snapshot_status() const override;

 private:
  void check_identity(const Server& found) const;
  bool same_server(const Server& found) const;
  bool goes_by_gtid(const ResumePosition& place, const Server& found) const;
  ResumePosition with_gtids(Connection& connection, const Server& found,
                            ResumePosition place) const;
  ResumePosition begin_at(Connection& connection, const ResumePoint& after,
                          const Server& found) const;
  void start_stream(std::unique_ptr<Connection> connection, const ResumePoint& after,
                    const Server& found);
  void learn_extent(Connection& connection);
  /// Returns its size.
  std::size_t handle(std::string_view bytes, Batch& batch);
  std::string find_loss(Connection& connection, const ResumePosition& place, const Server& found);
  ResumePoint without_lost_place(Connection& connection, const ResumePoint& point,
                                 const Server& found);
  bool takes_snapshot(const ResumePoint& after) const;
  void start_snapshot(Connection& connection, const ResumePoint& after, const Server& found);
  Next poll_snapshot(Batch& batch);
  Next end_snapshot();
  Next rest(Batch& batch);

  const SourceRequest request_;
  const MysqlOptions options_;
  ServerCatalog catalog_;
  ChangeBuilder builder_;
  LogReader reader_;
  Transactions transactions_;
  Server server_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<BinlogStream> stream_;
  std::unique_ptr<Snapshot> snapshot_;
  bool ended_ = false;  ///< nothing comes behind the snapshot
  Gather gather_;
  Instant heard_;               ///< when the last event came
  std::exception_ptr failure_;  ///< of the next poll: the batch before it goes out first
  bool started_before_ = false;
  std::map<std::string, std::uint64_t> before_;  ///< bytes of the log before each file
  std::uint64_t known_end_ = 0;                  ///< bytes of the log at the start
};

}  // namespace cdc::mysql
