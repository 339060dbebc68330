#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "libcdc/base/log.hpp"
#include "libcdc/base/spill_buffer.hpp"
#include "libcdc/change/batch.hpp"
#include "libcdc/flow/source.hpp"
#include "libcdc/sources/hold_limits.hpp"
#include "libcdc/sources/mysql/binlog_position.hpp"
#include "libcdc/sources/mysql/change_builder.hpp"
#include "libcdc/sources/mysql/event.hpp"
#include "libcdc/sources/mysql/events.hpp"
#include "libcdc/sources/mysql/log_reader.hpp"
#include "libcdc/sources/mysql/payload.hpp"
#include "libcdc/sources/mysql/statement.hpp"

namespace cdc::mysql {

/// What to do where the log has a statement that changed rows without showing them.
enum class HiddenChanges : std::uint8_t { fail, warn };

/// The GTID of one transaction, of either flavour, or none.
struct OwnGtid {
  Uuid uuid{};
  std::string tag;
  std::uint64_t number = 0;  ///< 0: no GTID of MySQL
  std::optional<MariadbGtid> mariadb;

  bool empty() const { return number == 0 && !mariadb; }
  std::string text() const;
  void add_to(GtidPosition& gtids) const;
};

/// Of an event that begins a transaction.
OwnGtid own_gtid(const Event& event);

/// Finds the transactions in the log. The events of one are held until its end has come: a server
/// that crashed may have left half a transaction, and the rows of an XA transaction come long
/// before its commit. Then they go to the ChangeBuilder, in the order of the commits.
class Transactions {
 public:
  /// `builder`, `reader` (which has read the events that `take` is given) and `log` outlive it.
  Transactions(ChangeBuilder& builder, const LogReader& reader, HoldLimits limits,
               HiddenChanges on_hidden, const Log& log);

  /// A new stream: what was held comes again. `done`: where it begins. `by_gtid`: a transaction
  /// that is not in the set comes again, wherever it lies.
  void restart(const ResumePosition& done, Flavor flavor, bool by_gtid);

  /// The next event of the log. Throws protocol where it does not fit, refused where the log holds
  /// changes that cannot be shown, and output where it cannot be held.
  void take(const Event& event, Batch& batch);

  /// The server has nothing behind the place that the reader has reached. `time`: microseconds
  /// since 1970 UTC.
  void advance(std::int64_t time, Batch& batch);

  /// While true, `replay` is to be called, and no event taken.
  bool replaying() const { return replay_.has_value(); }
  /// Gives the builder the next held event, or the end behind the last. Returns its size.
  std::size_t replay(Batch& batch);

  bool in_transaction() const { return open_.has_value(); }
  /// The GTIDs of what was delivered or lies before it; nothing while none are known.
  const GtidPosition& done() const { return done_; }
  HeldStats stats() const;

 private:
  /// A transaction between its first and its last event.
  struct Open {
    std::string file;  ///< of its first event
    std::uint64_t offset = 0;
    OwnGtid gtid;
    std::int64_t time = 0;  ///< of its commit, microseconds since 1970 UTC
    bool began = false;     ///< statements in it are changes
    std::string xid;        ///< behind XA START
    SpillBuffer events;
  };

  /// An XA transaction that waits for its outcome.
  struct Prepared {
    SpillBuffer events;
    std::string file;
    OwnGtid gtid;
    std::string resume;  ///< where to go on so that it comes again
  };

  struct Replay {
    SpillBuffer events;
    std::string file;
    bool in_payload = false;
  };

  void open(std::int64_t time);
  void on_gtid(const Event& event);
  void on_mariadb_gtid(const Event& event);
  void on_query(const Event& event, Batch& batch);
  void on_lone_statement(const Statement& statement, const Query& query, Batch& batch);
  void on_statement_inside(const Statement& statement);
  void on_xa_prepare(const Event& event, Batch& batch);
  void on_xa_outcome(const Statement& statement, Batch& batch);
  void on_rollback(Batch& batch);
  void on_format_description();
  void on_gtids_before(const Event& event);
  void check_open(const Event& event) const;
  void on_other(const Event& event);
  void report_hidden() const;

  void hold(const Event& event);
  void spill_if_large();
  void commit(Batch& batch);
  void begin_builder();
  void begin_replay(SpillBuffer events, std::string file);
  void replay_event(const Event& event, Batch& batch);
  void end_transaction(Batch& batch);
  EndPosition end_position(Batch& batch);

  ChangeBuilder& builder_;
  const LogReader& reader_;
  const HoldLimits limits_;
  const HiddenChanges on_hidden_;
  const Log& log_;
  Flavor flavor_ = Flavor::mysql;
  bool by_gtid_ = false;
  bool fresh_ = true;  ///< no transaction has come since the restart

  GtidPosition done_;                    ///< GTIDs of what was delivered
  std::string resume_;                   ///< behind the last transaction
  std::optional<BinlogPosition> begin_;  ///< of the stream
  std::optional<BinlogPosition> told_;   ///< the last place that the server was idle at
  std::optional<Open> open_;
  std::map<std::string, Prepared> prepared_;  ///< by xid
  std::optional<Replay> replay_;
  PayloadReader payload_;
  std::string inflated_;
};

}  // namespace cdc::mysql
