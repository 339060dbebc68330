#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libcdc/base/spill_buffer.hpp"
#include "libcdc/change/batch.hpp"
#include "libcdc/flow/source.hpp"
#include "libcdc/sources/hold_limits.hpp"
#include "libcdc/sources/postgres/change_builder.hpp"
#include "libcdc/sources/postgres/lsn.hpp"
#include "libcdc/sources/postgres/pgoutput.hpp"

namespace cdc::postgres {

/// When the rows of a prepared transaction come: at COMMIT PREPARED, held until then, or at PREPARE
/// TRANSACTION, with lines that tell the outcome.
enum class TwoPhase { at_commit, at_prepare };

/// Transactions that the server sends before they commit: their messages are held, as they came,
/// and given to the ChangeBuilder in the moment in which an ordinary transaction would have come.
///
/// A message of a subtransaction carries its xid and is left out where that was aborted. Relations
/// take effect in the order in which they came, not in which they are replayed: so each is held
/// with its number.
class InProgress {
 public:
  /// `builder` outlives it.
  InProgress(ChangeBuilder& builder, HoldLimits limits, TwoPhase two_phase);

  /// A new stream: what was held comes again. Everything that committed before `delivered` was
  /// delivered.
  void restart(Lsn delivered);

  /// Whether a message has to go through `take`; all others are the ChangeBuilder's.
  bool concerns(std::string_view message) const {
    return collecting_ != nullptr || (!message.empty() && is_control(message.front()));
  }
  /// `lsn`: as of ChangeBuilder::at. Throws protocol where the message does not fit, and output
  /// where it cannot be held.
  void take(std::string_view message, Lsn lsn, Batch& batch);

  /// While true, `replay` is to be called, and no message taken.
  bool replaying() const { return replay_.has_value(); }
  /// Gives the builder the next held message, or the end behind the last. Returns its size.
  std::size_t replay(Batch& batch);

  /// How far the server may forget once everything before `lsn` is remembered. It sends the rows of
  /// a prepared transaction only until the place of its PREPARE is acknowledged: that waits until
  /// what came of it is remembered too.
  Lsn acknowledgeable(Lsn lsn);

  /// A sentence on the oldest prepared transaction where it has waited for long; `now` is the
  /// server's time, microseconds since 1970 UTC. Says so more and more rarely.
  std::optional<std::string> overdue(std::int64_t now);

  HeldStats stats() const;

 private:
  struct Held {
    SpillBuffer messages;
    std::vector<std::uint32_t> aborted;  ///< subtransactions, 4 bytes each
  };

  /// A prepared transaction and where it ended.
  struct Prepared {
    std::uint32_t xid = 0;
    std::string gid;
    Lsn prepare_lsn = 0;
    std::int64_t prepare_time = 0;
    Lsn end_lsn = 0;  ///< of COMMIT PREPARED; 0 while it waits
  };

  struct Replay {
    Held held;
    Op end = Op::commit;
    Lsn end_lsn = 0;
    Lsn lsn = 0;               ///< the place of what ended it
    std::uint32_t judged = 0;  ///< the last xid that was looked for among the aborted
    bool judged_aborted = false;
  };

  void on(const StreamStart& start, Batch& batch);
  void on(const StreamStop& stop, Batch& batch);
  void on(const StreamCommit& commit, Batch& batch);
  void on(const StreamAbort& abort, Batch& batch);
  void on(const BeginPrepare& begin, Batch& batch);
  void on(const Prepare& prepare, Batch& batch);
  void on(const StreamPrepare& prepare, Batch& batch);
  void on(const CommitPrepared& commit, Batch& batch);
  void on(const RollbackPrepared& rollback, Batch& batch);

  void begin_collecting(std::uint32_t xid, bool is_first);
  void end_collecting(bool of_block);
  void hold(std::string_view message, Batch& batch);
  std::uint64_t arrival_of(std::string_view message, Batch& batch);
  void append(const BlockMessage& message, std::uint64_t arrival);
  std::size_t room() const;
  void spill_largest();
  void remember(const PreparedFacts& facts);
  Held release(std::uint32_t xid);
  void drop(std::uint32_t xid);
  void begin_replay(Held held, Op end, Lsn end_lsn);
  static bool is_aborted(Replay& replay, std::uint32_t xid);

  ChangeBuilder& builder_;
  const HoldLimits limits_;
  const TwoPhase two_phase_;
  Lsn delivered_ = 0;

  std::unordered_map<std::uint32_t, Held> held_;
  std::size_t memory_ = 0;          ///< of all held messages
  std::size_t aborted_ = 0;         ///< of what is known of their aborted subtransactions
  std::vector<Prepared> prepared_;  ///< held, or committed and not yet remembered
  Held* collecting_ = nullptr;      ///< the transaction that messages come of now
  bool in_block_ = false;           ///< they carry xids: between S and E, not between b and P
  std::uint32_t xid_ = 0;           ///< of that transaction
  Lsn lsn_ = 0;                     ///< the place of the message that was taken last
  std::optional<Replay> replay_;
  std::int64_t next_word_ = 0;
  std::int64_t word_pause_ = 0;
};

}  // namespace cdc::postgres
