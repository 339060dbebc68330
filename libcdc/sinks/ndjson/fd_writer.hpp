#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/fd.hpp"
#include "libcdc/base/text_buffer.hpp"

namespace cdc::ndjson {

/// Collects text and moves it to a descriptor without blocking the loop. The process must ignore
/// SIGPIPE: a reader that has gone away is `closed()`, never an error.
class FdWriter {
 public:
  /// Borrows `fd` for its whole life; `name` is how messages call it, `record_end` what every
  /// record ends with (a literal or the encoder's). Throws output where `fd` is not open.
  FdWriter(int fd, std::string name, std::string_view record_end);
  virtual ~FdWriter() = default;
  FdWriter(const FdWriter&) = delete;
  FdWriter& operator=(const FdWriter&) = delete;

  /// Where whole records are appended. Valid until the next drain.
  TextBuffer& text();

  /// Writes for at most `wait`. True where nothing is pending any more; false at once after the
  /// reader has gone. Throws output; then no part of a record stays behind in a regular file.
  virtual bool drain(std::chrono::milliseconds wait);

  /// Bytes collected and not yet taken.
  std::size_t pending() const { return buffer_.size() - sent_; }
  /// Bytes taken since the start, over all files.
  std::uint64_t bytes_written() const { return written_; }

  /// Makes what a regular file took durable. Throws output.
  virtual void sync();

  /// A pipe, socket or terminal, to be watched for errors and hang-ups; else -1.
  int watch_fd() const;
  /// Whether the reader has gone: one poll(2) that does not wait.
  bool closed() const;

  /// What a checkpoint remembers of a file at the moment when `bytes` in all had been taken; an
  /// empty object for what cannot be continued.
  virtual nlohmann::json remembered(std::uint64_t bytes);
  /// Takes up the file under its name again after somebody moved it away.
  virtual void reopen() {}

 protected:
  /// Aimed at nothing yet.
  FdWriter(std::string name, std::string_view record_end);

  /// Writes to `fd`, borrowed, from now on. Nothing may be pending in part.
  void aim(int fd);
  /// Writes the first `bytes` of what is pending, as drain does.
  bool take(std::size_t bytes, std::chrono::milliseconds wait);
  /// The first pending bytes up to the end of the record that reaches `size`; all of them where
  /// none does.
  std::size_t records_reaching(std::uint64_t size) const;
  bool is_file() const { return kind_ == Kind::file; }
  /// Whether nothing was written since the last sync.
  bool is_synced() const { return !dirty_; }
  const std::string& name() const { return name_; }

 private:
  enum class Kind { none, file, pipe, socket, terminal, device };
  enum class Taken { some, nothing };

  void open_stream(int fd);
  Taken write_some(std::size_t bytes);
  Taken take_failure(int error_number);
  bool wait_writable(Instant deadline) const;
  void release();
  void cut_torn_record();

  std::string name_;
  std::string_view record_end_;
  int fd_ = -1;  ///< what is written to: borrowed, or `own_`
  Fd own_;       ///< the same pipe or terminal opened again, without blocking
  Kind kind_ = Kind::none;
  bool paced_ = false;  ///< may block: only small writes, each after poll(2) has said yes
  bool gone_ = false;
  bool dirty_ = false;  ///< written since the last sync

  TextBuffer buffer_;
  std::size_t sent_ = 0;  ///< of `buffer_`
  std::uint64_t written_ = 0;
};

}  // namespace cdc::ndjson
