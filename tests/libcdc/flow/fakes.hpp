#pragma once

#include <sys/eventfd.h>

#include <charconv>
#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libcdc/base/error.hpp"
#include "libcdc/base/fd.hpp"
#include "libcdc/flow/position_store.hpp"
#include "libcdc/flow/sink.hpp"
#include "libcdc/flow/source.hpp"

/// What stands around a pump in tests: positions are decimal numbers, nothing waits, and every call
/// that matters is written into one trace.
namespace cdc::fake {

inline std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

inline std::partial_ordering compare(std::string_view a, std::string_view b) {
  return number(a) <=> number(b);
}

inline std::string parse(std::string_view text) {
  const bool is_number =
      !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number) throw Error(Fault::usage, "not a position");
  return std::string(text);
}

/// `11`, and `11+20#3` where it is inside a transaction.
inline std::string text(const ResumePoint& point) {
  return point.in_transaction ? point.position + "+" + to_text(*point.in_transaction)
                              : point.position;
}

/// One change of the transaction at `position`.
inline Change change(Batch& batch, Op op, std::string_view position, std::uint64_t ordinal,
                     std::int64_t time = 0) {
  Transaction transaction;
  transaction.position = batch.arena().copy(position);
  transaction.commit_time = time;
  Change made;
  made.op = op;
  made.transaction = new (batch.arena().allocate(sizeof transaction)) Transaction(transaction);
  made.ordinal = ordinal;
  return made;
}

/// The changes from `first` to `last` of the transaction at `position`.
inline void rows(Batch& batch, std::string_view position, std::uint64_t first, std::uint64_t last,
                 std::int64_t time = 0) {
  for (std::uint64_t i = first; i <= last; ++i) {
    batch.add(change(batch, Op::insert, position, i, time));
  }
}

/// A safe point: the end of a transaction, or an idle advance.
inline void safe_point(Batch& batch, std::string_view resume, std::int64_t time = 0) {
  batch.mark(batch.arena().copy(resume), time);
}

inline void progress(Batch& batch, std::string_view resume) {
  Change made;
  made.op = Op::progress;
  made.resume = batch.arena().copy(resume);
  batch.add(made);
  safe_point(batch, resume);
}

using Trace = std::vector<std::string>;

/// Gives what was scripted, a step a poll, and waits when the script has ended.
class Source : public cdc::Source {
 public:
  using Step = std::function<Next(Batch&)>;

  explicit Source(Trace& trace)
      : trace_(trace), ready_(::eventfd(1, EFD_CLOEXEC)), quiet_(::eventfd(0, EFD_CLOEXEC)) {}

  /// A poll that fills a batch.
  void gives(std::function<void(Batch&)> fill, Next::Kind kind = Next::Kind::poll) {
    steps.push_back([fill = std::move(fill), kind](Batch& batch) {
      fill(batch);
      return Next{kind, {}};
    });
  }
  /// A poll that only does something in the test.
  void then(std::function<void()> act) {
    gives([act = std::move(act)](Batch&) { act(); }, Next::Kind::wait);
  }
  void fails(const Error& error) {
    steps.emplace_back([error](Batch&) -> Next { throw error; });
  }

  void start(const ResumePoint& after) override {
    trace_.push_back("start " + text(after));
    if (start_errors.empty()) return;
    const std::optional<Error> error = start_errors.front();
    start_errors.pop_front();
    if (error) throw *error;
  }
  Next poll(Batch& batch) override {
    ++polls;
    if (steps.empty()) {
      if (when_idle) when_idle();
      return {Next::Kind::wait, {}};
    }
    const Step step = std::move(steps.front());
    steps.pop_front();
    return step(batch);
  }
  int wait_fd() const override { return quiet ? quiet_.get() : ready_.get(); }
  void keep_alive() override {
    ++keep_alives;
    if (when_kept_alive) when_kept_alive();
  }
  void acknowledge(std::string_view resume) override {
    trace_.push_back("acknowledge " + std::string(resume));
    if (!acknowledge_error) return;
    const Error error = *std::exchange(acknowledge_error, std::nullopt);
    throw error;
  }
  void suspend() override { trace_.emplace_back("suspend"); }
  std::string end_position() override { return end; }
  nlohmann::json identity() const override { return {{"server", "fake"}}; }
  std::uint64_t bytes_behind() const override { return behind; }

  std::string end = "999";  ///< of the log
  std::deque<Step> steps;
  std::deque<std::optional<Error>> start_errors;  ///< what the next starts throw, if anything
  std::optional<Error> acknowledge_error;
  std::function<void()> when_idle;
  std::function<void()> when_kept_alive;
  std::uint64_t behind = 0;
  bool quiet = false;  ///< nothing to be woken by
  int polls = 0;
  int keep_alives = 0;

 private:
  Trace& trace_;
  Fd ready_;
  Fd quiet_;
};

/// Counts a change as one byte.
class Sink : public cdc::Sink {
 public:
  enum class Reader {
    fast,     ///< takes everything at once
    slow,     ///< takes everything, but only when it is waited for
    stalled,  ///< takes nothing
    gone,
  };

  explicit Sink(Trace& trace) : trace_(trace) {}

  void put(const Batch& batch) override {
    for (const Change& change : batch.changes()) {
      waiting_.push_back(change.transaction == nullptr ? "progress " + std::string(change.resume)
                                                       : std::string(change.transaction->position) +
                                                             "#" + std::to_string(change.ordinal));
      if (change.op != Op::insert) waiting_.back() = std::string(name(change.op));
    }
  }
  void finish() override {
    if (!held.empty()) waiting_.push_back(std::exchange(held, {}));
  }
  bool drain(std::chrono::milliseconds wait) override {
    if (when_drained) when_drained(wait);
    if (waiting_.empty()) return reader != Reader::gone;
    const bool takes =
        reader == Reader::fast || (reader == Reader::slow && wait > std::chrono::milliseconds(0));
    if (!takes) return false;
    written_ += waiting_.size();
    std::string line = "out";
    for (const std::string& change : waiting_) line += " " + change;
    trace_.push_back(line);
    waiting_.clear();
    return true;
  }
  std::size_t pending() const override { return waiting_.size(); }
  void sync() override {
    trace_.emplace_back("sync");
    if (sync_error) throw *sync_error;
  }
  int watch_fd() const override { return -1; }
  bool closed() const override { return reader == Reader::gone; }
  std::uint64_t bytes_written() const override { return written_; }

  Reader reader = Reader::fast;
  std::string held;  ///< what `finish` brings
  std::optional<Error> sync_error;
  std::function<void(std::chrono::milliseconds)> when_drained;

 private:
  Trace& trace_;
  std::vector<std::string> waiting_;
  std::uint64_t written_ = 0;
};

/// Remembers every save.
class Store : public PositionStore {
 public:
  explicit Store(Trace& trace) : trace_(trace) {}

  void save(const ResumePoint& point, std::uint64_t events) override {
    trace_.push_back("save " + text(point) + " events " + std::to_string(events));
    if (error) throw *error;
    saved.push_back(text(point));
  }

  std::vector<std::string> saved;
  std::optional<Error> error;

 private:
  Trace& trace_;
};

}  // namespace cdc::fake
