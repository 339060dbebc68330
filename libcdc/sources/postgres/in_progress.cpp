#include "libcdc/sources/postgres/in_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "libcdc/base/error.hpp"

namespace cdc::postgres {
namespace {

constexpr std::int64_t kMinute = std::int64_t{60} * 1'000'000;
constexpr std::int64_t kFirstWord = 10 * kMinute;
constexpr std::int64_t kLongestPause = kMinute * 60 * 24;

using Arrival = std::uint64_t;

template <typename T>
char* put(char* at, T value) {
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

template <typename T>
T take_number(std::string_view& bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

Error out_of_place(const std::string& what) {
  return Error(Fault::protocol, "pgoutput " + what)
      .with_hint("nothing was skipped; please report it with the server's version");
}

std::size_t bytes_of(const std::vector<std::uint32_t>& xids) {
  return xids.capacity() * sizeof(std::uint32_t);
}

Begin begin_of(const PreparedFacts& facts) {
  return {facts.prepare_lsn, facts.prepare_time, facts.xid};
}

}  // namespace

InProgress::InProgress(ChangeBuilder& builder, HoldLimits limits, TwoPhase two_phase)
    : builder_(builder), limits_(std::move(limits)), two_phase_(two_phase) {}

void InProgress::restart(Lsn delivered) {
  held_.clear();
  memory_ = 0;
  aborted_ = 0;
  prepared_.clear();
  collecting_ = nullptr;
  replay_.reset();
  delivered_ = delivered;
}

void InProgress::take(std::string_view message, Lsn lsn, Batch& batch) {
  lsn_ = lsn;
  builder_.at(lsn);
  if (!message.empty() && !is_control(message.front())) return hold(message, batch);
  std::visit([&](const auto& control) { on(control, batch); }, decode_control(message));
}

void InProgress::begin_collecting(std::uint32_t xid, bool is_first) {
  if (collecting_ != nullptr) {
    throw out_of_place(
        fmt::format("began to send transaction {} inside transaction {}", xid, xid_));
  }
  const auto [found, is_new] = held_.try_emplace(xid);
  if (is_new != is_first) {
    throw out_of_place(fmt::format("sent a part of transaction {} that {}", xid,
                                   is_first ? "had begun before" : "it had not begun"));
  }
  collecting_ = &found->second;
  xid_ = xid;
}

void InProgress::end_collecting(bool of_block) {
  if (collecting_ == nullptr || in_block_ != of_block) {
    throw out_of_place("ended a part of a transaction that it had not begun");
  }
  collecting_ = nullptr;
}

void InProgress::on(const StreamStart& start, Batch&) {
  begin_collecting(start.xid, start.first);
  in_block_ = true;
}

void InProgress::on(const StreamStop&, Batch&) {
  end_collecting(true);
}

void InProgress::on(const StreamCommit& commit, Batch&) {
  Held held = release(commit.xid);
  builder_.begin({commit.commit_lsn, commit.commit_time, commit.xid});
  begin_replay(std::move(held), Op::commit, commit.end_lsn);
}

void InProgress::on(const StreamAbort& abort, Batch&) {
  if (abort.xid == abort.subxid) return drop(abort.xid);
  const auto found = held_.find(abort.xid);
  if (found == held_.end()) return;
  const std::size_t before = bytes_of(found->second.aborted);
  found->second.aborted.push_back(abort.subxid);
  aborted_ += bytes_of(found->second.aborted) - before;
}

void InProgress::on(const BeginPrepare& begin, Batch&) {
  if (two_phase_ == TwoPhase::at_prepare) return builder_.begin(begin_of(begin), begin.gid);
  begin_collecting(begin.xid, true);
  in_block_ = false;
}

void InProgress::on(const Prepare& prepare, Batch& batch) {
  if (two_phase_ == TwoPhase::at_prepare) {
    return builder_.finish(Op::prepare, prepare.end_lsn, batch);
  }
  end_collecting(false);
  remember(prepare);
}

void InProgress::on(const StreamPrepare& prepare, Batch&) {
  if (two_phase_ == TwoPhase::at_commit) return remember(prepare);
  Held held = release(prepare.xid);
  builder_.begin(begin_of(prepare), prepare.gid);
  begin_replay(std::move(held), Op::prepare, prepare.end_lsn);
}

void InProgress::on(const CommitPrepared& commit, Batch& batch) {
  const Begin begin{commit.commit_lsn, commit.commit_time, commit.xid};
  if (two_phase_ == TwoPhase::at_prepare) {
    return builder_.add_outcome(Op::commit_prepared, begin, commit.gid, commit.end_lsn, batch);
  }
  if (!held_.contains(commit.xid)) {
    if (commit.commit_lsn < delivered_) return;
    throw Error(
        Fault::state,
        fmt::format("prepared transaction {} is committed, but its rows came at its PREPARE "
                    "TRANSACTION, to whoever acknowledged that",
                    commit.xid))
        .with_hint(
            "they cannot be had again from this slot: copy its tables anew, with another slot; a "
            "slot that was read with --two-phase at-prepare stays with it");
  }
  for (Prepared& prepared : prepared_) {
    if (prepared.xid == commit.xid && prepared.end_lsn == 0) prepared.end_lsn = commit.end_lsn;
  }
  Held held = release(commit.xid);
  builder_.begin(begin);
  begin_replay(std::move(held), Op::commit, commit.end_lsn);
}

void InProgress::on(const RollbackPrepared& rollback, Batch& batch) {
  if (two_phase_ == TwoPhase::at_prepare) {
    // Only the end of its record is told: the byte before it is a place that is its own.
    const Begin begin{rollback.end_lsn - 1, rollback.rollback_time, rollback.xid};
    return builder_.add_outcome(Op::rollback_prepared, begin, rollback.gid, rollback.end_lsn,
                                batch);
  }
  drop(rollback.xid);
  std::erase_if(prepared_, [&](const Prepared& prepared) {
    return prepared.xid == rollback.xid && prepared.end_lsn == 0;
  });
}

void InProgress::remember(const PreparedFacts& facts) {
  if (!held_.contains(facts.xid)) {
    throw out_of_place(fmt::format("prepared transaction {} that it had not sent", facts.xid));
  }
  prepared_.push_back(
      {facts.xid, std::string(facts.gid), facts.prepare_lsn, facts.prepare_time, 0});
}

void InProgress::hold(std::string_view message, Batch& batch) {
  BlockMessage parts{xid_, message.front(), message.substr(1)};
  if (in_block_) parts = split_block_message(message);
  append(parts, arrival_of(message, batch));
}

/// The number of a relation. Between b and P the server takes relations and types for known to us
/// from now on, also in other transactions; between S and E only once this one has committed.
std::uint64_t InProgress::arrival_of(std::string_view message, Batch& batch) {
  const char type = message.front();
  if (in_block_) return type == 'R' ? builder_.count_relation() : 0;
  if (type != 'R' && type != 'Y') return 0;
  char* copy = batch.arena().allocate(message.size());
  std::copy(message.begin(), message.end(), copy);
  builder_.add(copy, message.size(), batch);
  return builder_.relations();
}

/// A record: place, xid, type, body, of a relation also its number.
void InProgress::append(const BlockMessage& message, std::uint64_t arrival) {
  const bool numbered = message.type == 'R';
  const std::size_t before = collecting_->messages.memory();
  char* at = collecting_->messages.append(sizeof lsn_ + sizeof message.xid + 1 +
                                          message.body.size() + (numbered ? sizeof(Arrival) : 0));
  at = put(at, lsn_);
  at = put(at, message.xid);
  *at++ = message.type;
  at = std::copy(message.body.begin(), message.body.end(), at);
  if (numbered) put(at, Arrival{arrival});
  memory_ += collecting_->messages.memory() - before;
  while (memory_ > room()) spill_largest();
}

/// What is known of aborted subtransactions cannot go to a file: at its worst it leaves half of the
/// memory to messages, which would be spilled one by one without any.
std::size_t InProgress::room() const {
  return limits_.memory - std::min(aborted_, limits_.memory / 2);
}

void InProgress::spill_largest() {
  const auto largest =
      std::max_element(held_.begin(), held_.end(), [](const auto& a, const auto& b) {
        return a.second.messages.memory() < b.second.messages.memory();
      });
  memory_ -= largest->second.messages.memory();
  try {
    largest->second.messages.spill(limits_.directory);
  } catch (const Error& error) {
    throw error.with_hint(
        error.hint() +
        "; or let the server spill with --protocol 1. --spill-dir names another disk. Nothing of "
        "the transaction is acknowledged: it comes again");
  }
}

InProgress::Held InProgress::release(std::uint32_t xid) {
  const auto found = held_.find(xid);
  if (found == held_.end() || &found->second == collecting_) {
    throw out_of_place(fmt::format("ended transaction {}, of which it had not sent {}", xid,
                                   found == held_.end() ? "anything" : "all"));
  }
  memory_ -= found->second.messages.memory();
  aborted_ -= bytes_of(found->second.aborted);
  Held held = std::move(found->second);
  held_.erase(found);
  return held;
}

/// Nothing is held of one that was aborted before anything of it came.
void InProgress::drop(std::uint32_t xid) {
  if (held_.contains(xid)) release(xid);
}

void InProgress::begin_replay(Held held, Op end, Lsn end_lsn) {
  std::sort(held.aborted.begin(), held.aborted.end());
  replay_.emplace(Replay{std::move(held), end, end_lsn, lsn_, 0, false});
}

/// Rows of one subtransaction come in a row.
bool InProgress::is_aborted(Replay& replay, std::uint32_t xid) {
  if (xid != replay.judged) {
    replay.judged = xid;
    replay.judged_aborted =
        std::binary_search(replay.held.aborted.begin(), replay.held.aborted.end(), xid);
  }
  return replay.judged_aborted;
}

std::size_t InProgress::replay(Batch& batch) {
  const auto record = replay_->held.messages.next();
  if (!record) {
    builder_.at(replay_->lsn);
    builder_.finish(replay_->end, replay_->end_lsn, batch);
    replay_.reset();
    return 0;
  }
  std::string_view message = *record;
  const Lsn lsn = take_number<Lsn>(message);
  if (is_aborted(*replay_, take_number<std::uint32_t>(message))) return record->size();
  const bool numbered = message.front() == 'R';
  if (numbered) message.remove_suffix(sizeof(Arrival));
  char* copy = batch.arena().allocate(message.size());
  std::copy(message.begin(), message.end(), copy);
  builder_.at(lsn);
  if (numbered) {
    std::string_view number = record->substr(record->size() - sizeof(Arrival));
    builder_.add_relation({copy, message.size()}, take_number<Arrival>(number));
  } else {
    builder_.add(copy, message.size(), batch);
  }
  return record->size();
}

Lsn InProgress::acknowledgeable(Lsn lsn) {
  std::erase_if(prepared_, [lsn](const Prepared& prepared) {
    return prepared.end_lsn != 0 && prepared.end_lsn <= lsn;
  });
  for (const Prepared& prepared : prepared_) lsn = std::min(lsn, prepared.prepare_lsn);
  return lsn;
}

std::optional<std::string> InProgress::overdue(std::int64_t now) {
  const auto waits = [](const Prepared& prepared) { return prepared.end_lsn == 0; };
  const auto oldest = std::find_if(prepared_.begin(), prepared_.end(), waits);
  if (oldest == prepared_.end()) {
    next_word_ = 0;
    return std::nullopt;
  }
  if (next_word_ == 0) {
    word_pause_ = kFirstWord;
    next_word_ = oldest->prepare_time + kFirstWord;
  }
  if (now < next_word_) return std::nullopt;
  word_pause_ = std::min(2 * word_pause_, kLongestPause);
  next_word_ = now + word_pause_;
  return fmt::format(
      "transaction {} has been prepared for {} min: until COMMIT PREPARED or ROLLBACK PREPARED the "
      "slot keeps the server's log from {} on",
      oldest->xid, (now - oldest->prepare_time) / kMinute, format_lsn(oldest->prepare_lsn));
}

HeldStats InProgress::stats() const {
  HeldStats stats;
  stats.transactions = held_.size() + (replay_ ? 1 : 0);
  stats.memory = memory_ + aborted_;
  for (const auto& entry : held_) stats.spilled += entry.second.messages.spilled();
  if (replay_) {
    stats.memory += replay_->held.messages.memory() + bytes_of(replay_->held.aborted);
    stats.spilled += replay_->held.messages.spilled();
  }
  return stats;
}

}  // namespace cdc::postgres
