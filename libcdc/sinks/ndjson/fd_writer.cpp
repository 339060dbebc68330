#include "libcdc/sinks/ndjson/fd_writer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <nlohmann/json.hpp>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/base/failpoint.hpp"

namespace cdc::ndjson {
namespace {

constexpr int kPipeSize = 1024 * 1024;
/// Room that an emptied buffer keeps; one huge row does not stay for ever.
constexpr std::size_t kKeep = std::size_t{4} * 1024 * 1024;
/// A file takes at most this much at once, so that a signal does not wait for a slow disk.
constexpr std::size_t kFileWrite = std::size_t{4} * 1024 * 1024;

short poll_now(int fd, short events) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, 0) > 0 ? entry.revents : short{0};
}

bool may_block(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

/// Best effort: a user beyond pipe-user-pages-soft keeps the default of 64 KiB.
void widen_pipe(int fd) {
  if (::fcntl(fd, F_GETPIPE_SZ) < kPipeSize) ::fcntl(fd, F_SETPIPE_SZ, kPipeSize);
}

}  // namespace

FdWriter::FdWriter(std::string name, std::string_view record_end)
    : name_(std::move(name)), record_end_(record_end) {}

FdWriter::FdWriter(int fd, std::string name, std::string_view record_end)
    : FdWriter(std::move(name), record_end) {
  aim(fd);
}

void FdWriter::aim(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    throw system_error(Fault::output, "cannot write to " + name_, errno);
  }
  fd_ = fd;
  own_.close();
  paced_ = false;
  if (S_ISREG(status.st_mode)) {
    kind_ = Kind::file;
  } else if (S_ISFIFO(status.st_mode)) {
    kind_ = Kind::pipe;
    widen_pipe(fd);
    open_stream(fd);
  } else if (S_ISSOCK(status.st_mode)) {
    kind_ = Kind::socket;
  } else if (::isatty(fd) == 1) {
    kind_ = Kind::terminal;
    open_stream(fd);
  } else {
    kind_ = Kind::device;
  }
}

/// The flag is set on a file description of our own: on the inherited one it would change the
/// shell's terminal, and every other program that shares it.
void FdWriter::open_stream(int fd) {
  if (!may_block(fd)) return;
  const std::string same = "/proc/self/fd/" + std::to_string(fd);
  own_ = Fd(::open(same.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  paced_ = !own_;
  if (own_) fd_ = own_.get();
}

TextBuffer& FdWriter::text() {
  if (sent_ > 0 && sent_ >= buffer_.size() / 2) {
    buffer_.drop_front(sent_);
    sent_ = 0;
  }
  return buffer_;
}

bool FdWriter::drain(std::chrono::milliseconds wait) {
  return take(pending(), wait);
}

bool FdWriter::take(std::size_t bytes, std::chrono::milliseconds wait) {
  const std::uint64_t target = written_ + bytes;
  Instant deadline{};
  while (written_ < target && !gone_) {
    if (write_some(target - written_) == Taken::some) {
      if (written_ < target) failpoint("partly_drained");
      continue;
    }
    if (gone_) break;
    if (deadline == Instant{}) deadline = std::chrono::steady_clock::now() + wait;
    if (!wait_writable(deadline)) return false;
  }
  if (pending() == 0) release();
  return !gone_;
}

FdWriter::Taken FdWriter::write_some(std::size_t bytes) {
  if (paced_) {
    if (poll_now(fd_, POLLOUT) == 0) return Taken::nothing;
    bytes = std::min<std::size_t>(bytes, PIPE_BUF);
  }
  if (kind_ == Kind::file) bytes = std::min(bytes, kFileWrite);
  const char* from = buffer_.data() + sent_;
  const ssize_t count = kind_ == Kind::socket
                            ? ::send(fd_, from, bytes, MSG_DONTWAIT | MSG_NOSIGNAL)
                            : ::write(fd_, from, bytes);
  if (count < 0) return take_failure(errno);
  sent_ += static_cast<std::size_t>(count);
  written_ += static_cast<std::uint64_t>(count);
  dirty_ = true;
  return Taken::some;
}

FdWriter::Taken FdWriter::take_failure(int error_number) {
  if (error_number == EINTR) return Taken::some;
  if (error_number == EAGAIN || error_number == EWOULDBLOCK) return Taken::nothing;
  const bool hung_up = error_number == EIO && kind_ == Kind::terminal;
  if (error_number == EPIPE || error_number == ECONNRESET || hung_up) {
    gone_ = true;
    return Taken::nothing;
  }
  cut_torn_record();
  throw system_error(Fault::output, "cannot write to " + name_, error_number);
}

/// False where the deadline has come, or a signal: the caller's loop has a look at it first.
bool FdWriter::wait_writable(Instant deadline) const {
  using std::chrono::milliseconds;
  const auto left = deadline - std::chrono::steady_clock::now();
  if (left <= Instant::duration::zero()) return false;
  pollfd entry{fd_, POLLOUT, 0};
  const auto timeout = std::chrono::ceil<milliseconds>(left).count();
  return ::poll(&entry, 1, static_cast<int>(std::min<long>(timeout, INT_MAX))) > 0;
}

void FdWriter::release() {
  buffer_.clear();
  sent_ = 0;
  if (buffer_.capacity() > kKeep) buffer_ = TextBuffer();
}

/// A file keeps whole records only: what was written of the last one is taken back, unless
/// somebody else has written behind it.
void FdWriter::cut_torn_record() {
  if (kind_ != Kind::file) return;
  const std::string_view sent(buffer_.data(), sent_);
  const std::size_t end = sent.rfind(record_end_);
  const std::size_t whole = end == std::string_view::npos ? 0 : end + record_end_.size();
  const auto torn = static_cast<off_t>(sent_ - whole);
  const off_t at = ::lseek(fd_, 0, SEEK_CUR);
  struct stat status {};
  if (torn == 0 || ::fstat(fd_, &status) != 0 || at != status.st_size || at < torn) return;
  if (::ftruncate(fd_, at - torn) != 0) return;
  // Whoever shares the descriptor goes on at the new end, not behind a hole.
  ::lseek(fd_, at - torn, SEEK_SET);
  written_ -= sent_ - whole;
  sent_ = whole;
}

std::size_t FdWriter::records_reaching(std::uint64_t size) const {
  if (size >= pending()) return pending();
  const std::string_view rest = buffer_.view().substr(sent_);
  const auto reach = static_cast<std::size_t>(size);
  const std::size_t end = rest.find(record_end_, reach - std::min(reach, record_end_.size()));
  return end == std::string_view::npos ? rest.size() : end + record_end_.size();
}

void FdWriter::sync() {
  if (kind_ != Kind::file || !dirty_) return;
  if (::fdatasync(fd_) != 0) {
    throw system_error(Fault::output, "cannot make " + name_ + " durable", errno);
  }
  dirty_ = false;
}

int FdWriter::watch_fd() const {
  return kind_ == Kind::file || kind_ == Kind::device ? -1 : fd_;
}

bool FdWriter::closed() const {
  if (gone_) return true;
  return watch_fd() >= 0 && (poll_now(fd_, 0) & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

nlohmann::json FdWriter::remembered(std::uint64_t) {
  return nlohmann::json::object();
}

}  // namespace cdc::ndjson
