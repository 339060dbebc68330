#include "libcdc/sinks/ndjson/file_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/file.hpp"
#include "libcdc/base/units.hpp"

namespace cdc::ndjson {
namespace {

using Identity = FileOutput::Identity;
using Stamp = FileOutput::Stamp;

constexpr mode_t kMode = 0644;
constexpr std::size_t kStampSize = std::string_view("20261120T080000Z").size();

std::string quoted(const std::string& path) {
  return "'" + path + "'";
}

std::string message_name(const std::string& path) {
  return "output file " + quoted(path);
}

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw system_error(Fault::output, "cannot look at " + message_name(path), errno);
}

struct stat status_of(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) == 0) return status;
  throw system_error(Fault::output, "cannot look at " + message_name(path), errno);
}

Identity identity(const struct stat& status) {
  return {status.st_dev, status.st_ino};
}

bool is_fifo(const std::string& path) {
  const auto status = status_of(path);
  return status && S_ISFIFO(status->st_mode);
}

/// A FIFO that nobody reads cannot be opened yet. Throws Interrupted where `stop` comes first.
Fd open_when_read(const std::string& path, const Stop* stop) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  constexpr int kPauseMs = 50;
  for (;;) {
    Fd file(::open(path.c_str(), kFlags, kMode));
    const int reason = errno;
    if (!file && reason == ENXIO && is_fifo(path)) {
      pollfd stopped{stop != nullptr ? stop->fd() : -1, POLLIN, 0};
      ::poll(&stopped, 1, kPauseMs);
      if (stop != nullptr && stop->requested()) throw Interrupted();
      continue;
    }
    errno = reason;
    return file;
  }
}

Fd open_to_append(const std::string& path, const Stop* stop) {
  Fd file = open_when_read(path, stop);
  if (!file) throw system_error(Fault::output, "cannot open " + message_name(path), errno);
  // Two writers would cut each other's lines. Where locks are not supported we do without.
  const bool lockable = S_ISREG(status_of(file.get(), path).st_mode);
  if (lockable && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw Error(Fault::refused, message_name(path) + " is being written by another process")
        .with_hint("end that process (fuser " + path + " names it), or choose another file");
  }
  return file;
}

void move_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return;
  throw system_error(Fault::output, "cannot rename " + message_name(from) + " to " + quoted(to),
                     errno);
}

/// `path` behind which a number is put until no file has that name.
std::string free_name(const std::string& path) {
  std::string name = path;
  for (int i = 1; status_of(name); ++i) name = path + "." + std::to_string(i);
  return name;
}

std::optional<Stamp> parse_stamp(std::string_view text) {
  if (text.size() < kStampSize || text[8] != 'T' || text[kStampSize - 1] != 'Z') return {};
  Stamp stamp{std::string(text.substr(0, kStampSize)), 0};
  if (text.size() == kStampSize) return stamp;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data() + kStampSize + 1, end, stamp.number);
  if (text[kStampSize] != '.' || error != std::errc{} || last != end) return {};
  return stamp;
}

struct Rotated {
  Stamp stamp;
  std::string path;
};

/// The files that were rotated away from `path`, the oldest first.
std::vector<Rotated> rotated_files(const std::string& path) {
  std::vector<Rotated> found;
  const std::string prefix = std::filesystem::path(path).filename().string() + ".";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_of(path), error)) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with(prefix)) continue;
    const auto stamp = parse_stamp(std::string_view(file).substr(prefix.size()));
    if (stamp) found.push_back({*stamp, path + "." + file.substr(prefix.size())});
  }
  std::sort(found.begin(), found.end(),
            [](const Rotated& a, const Rotated& b) { return a.stamp < b.stamp; });
  return found;
}

/// Devices are numbered anew at a mount, so the inode alone says which file of the directory it is.
struct Remembered {
  ino_t inode = 0;
  std::uint64_t size = 0;
};

std::optional<Remembered> parse_remembered(const nlohmann::json& object) {
  if (object.empty()) return std::nullopt;
  const auto number = [&object](const char* member) {
    const auto found = object.is_object() ? object.find(member) : object.end();
    if (found != object.end() && found->is_number_unsigned()) return found->get<std::uint64_t>();
    throw Error(
        Fault::state,
        std::string("the checkpoint's memory of the output file has no number '") + member + "'")
        .with_hint("restore the checkpoint from its last copy, or move the output file away");
  };
  return Remembered{static_cast<ino_t>(number("inode")), number("size")};
}

/// Lines that come again are moved aside, never removed.
void set_aside(const std::string& path, const Log& log) {
  const std::string aside = free_name(path + ".repeated");
  move_file(path, aside);
  log.warning("the lines of " + message_name(path) +
                  " were written after the last commit and come again; moved to " + quoted(aside),
              "compare it with the new lines before it is removed: each line has the same source "
              "and pos");
}

/// The remembered file was rotated away after the last commit: it becomes the current one again,
/// and the files begun after it are set aside, because all their lines come again.
bool undo_rotation(const std::string& path, ino_t wanted, const Log& log) {
  const std::vector<Rotated> rotated = rotated_files(path);
  const auto found = std::find_if(rotated.begin(), rotated.end(), [&](const Rotated& file) {
    const auto status = status_of(file.path);
    return status && status->st_ino == wanted;
  });
  if (found == rotated.end()) return false;
  for (auto later = found + 1; later != rotated.end(); ++later) set_aside(later->path, log);
  if (status_of(path)) set_aside(path, log);
  move_file(found->path, path);
  sync_directory(directory_of(path));
  return true;
}

/// Puts the remembered file under its name where it can be found. True where it is there.
bool find_remembered(const std::string& path, const Remembered& remembered, const Log& log) {
  const auto status = status_of(path);
  if (status && status->st_ino == remembered.inode) return true;
  if (undo_rotation(path, remembered.inode, log)) return true;
  log.warning(message_name(path) +
                  (status ? " is not the file that the checkpoint remembers: appending to it"
                          : " that the checkpoint remembers is gone: beginning it anew"),
              "lines behind the last commit may stand in the old file as well; each has the same "
              "source and pos");
  return false;
}

/// Whether a line ends at `size`: in a foreign file that was given the same inode, hardly.
bool line_ends_at(const std::string& path, std::uint64_t size) {
  if (size == 0) return true;
  const Fd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char last = 0;
  return reader && ::pread(reader.get(), &last, 1, static_cast<off_t>(size) - 1) == 1 &&
         last == '\n';
}

void cut_to_remembered(int fd, const std::string& path, std::uint64_t size, const Log& log) {
  const auto now = static_cast<std::uint64_t>(status_of(fd, path).st_size);
  if (now < size) {
    throw Error(Fault::state, message_name(path) + " has " + std::to_string(now) +
                                  " bytes, but the checkpoint remembers " + std::to_string(size) +
                                  ": lines that were delivered are missing")
        .with_hint(
            "restore the file, or move it away to begin a new one at the checkpoint's "
            "position");
  }
  if (now == size) return;
  if (!line_ends_at(path, size)) {
    throw Error(Fault::state, "no line of " + message_name(path) + " ends at byte " +
                                  std::to_string(size) +
                                  ", where the checkpoint remembers its end: it is another file, "
                                  "was changed, or cannot be read")
        .with_hint(
            "put the right file back, or move this one away to begin a new one at the "
            "checkpoint's position");
  }
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0 || ::fdatasync(fd) != 0) {
    throw system_error(Fault::output, "cannot cut " + message_name(path), errno);
  }
  log.info("cut " + format_size(now - size) + " off " + message_name(path) +
           ": the lines behind the last commit come again");
}

/// A line that a crash left half-written must not swallow the next one.
void end_torn_line(int fd, const std::string& path, const Log& log) {
  const Fd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const off_t end = status_of(fd, path).st_size;
  char last = '\n';
  if (!reader || end == 0 || ::pread(reader.get(), &last, 1, end - 1) != 1 || last == '\n') return;
  log.warning(message_name(path) + " ends in the middle of a line: the next one begins behind it");
  write_all(fd, "\n", message_name(path));
}

}  // namespace

FileOutput::FileOutput(FileOutputOptions options, std::string_view record_end,
                       const nlohmann::json& remembered, Log log)
    : FdWriter(message_name(options.path), record_end),
      options_(std::move(options)),
      log_(std::move(log)) {
  const std::string& path = options_.path;
  const auto memory = parse_remembered(remembered);
  const bool found = memory && find_remembered(path, *memory, log_);
  Fd file = open_to_append(path, options_.stop);
  if (found) cut_to_remembered(file.get(), path, memory->size, log_);
  if (!found && S_ISREG(status_of(file.get(), path).st_mode)) {
    end_torn_line(file.get(), path, log_);
  }
  switch_to(std::move(file));
}

void FileOutput::sync() {
  if (is_file() && !is_synced() && status_of(file_.get(), options_.path).st_nlink == 0) {
    throw Error(Fault::output, name() + " was removed while it was being written")
        .with_hint(
            "start again: what was written after the last commit comes again; to rotate the file, "
            "move it away and send SIGHUP, or use --rotate-size");
  }
  FdWriter::sync();
}

void FileOutput::switch_to(Fd file) {
  if (file_) sync();
  aim(file.get());
  file_ = std::move(file);
  if (!is_file()) return;
  const struct stat status = status_of(file_.get(), options_.path);
  segments_.push_back({identity(status), bytes_written(), status.st_size});
  sync_directory(directory_of(options_.path));
}

std::uint64_t FileOutput::size() const {
  const Segment& current = segments_.back();
  return static_cast<std::uint64_t>(current.base) + bytes_written() - current.start;
}

bool FileOutput::drain(std::chrono::milliseconds wait) {
  if (options_.rotate_size == 0 || !is_file()) return FdWriter::drain(wait);
  while (pending() > 0) {
    if (size() >= options_.rotate_size) rotate();
    if (!take(records_reaching(options_.rotate_size - size()), wait)) return false;
  }
  return true;
}

/// Later than every rotation that can be known of, also where the clock went back or a file was
/// moved away: a restart tells by it which files were begun after the last commit.
FileOutput::Stamp FileOutput::next_stamp() const {
  Stamp last = last_rotation_;
  const std::vector<Rotated> rotated = rotated_files(options_.path);
  if (!rotated.empty()) last = std::max(last, rotated.back().stamp);
  const std::string now = format_utc_compact(unix_now());
  return now > last.second ? Stamp{now, 0} : Stamp{last.second, last.number + 1};
}

void FileOutput::rotate() {
  last_rotation_ = next_stamp();
  const std::string number =
      last_rotation_.number == 0 ? "" : "." + std::to_string(last_rotation_.number);
  const std::string away = options_.path + "." + last_rotation_.second + number;
  sync();
  move_file(options_.path, away);
  switch_to(open_to_append(options_.path, options_.stop));
  log_.info("rotated " + name() + " to " + quoted(away));
}

void FileOutput::reopen() {
  const auto status = status_of(options_.path);
  if (status && !segments_.empty() && identity(*status) == segments_.back().file) return;
  switch_to(open_to_append(options_.path, options_.stop));
  log_.info("reopened " + name());
}

/// Somebody may have emptied the file under us (copytruncate) or added to it: the size to go back
/// to counts from its real end.
void FileOutput::follow_real_size() {
  const off_t real = status_of(file_.get(), options_.path).st_size;
  const auto expected = static_cast<std::int64_t>(size());
  if (real == expected) return;
  log_.warning(name() + " was changed by somebody else while it was being written",
               "to rotate it, move it away and send SIGHUP, or use --rotate-size");
  segments_.back().base += real - expected;
}

nlohmann::json FileOutput::remembered(std::uint64_t bytes) {
  if (!is_file()) return nlohmann::json::object();
  follow_real_size();
  while (segments_.size() > 1 && segments_[1].start <= bytes) segments_.erase(segments_.begin());
  const Segment& segment = segments_.front();
  const std::int64_t size_then =
      segment.base + static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(segment.start);
  return {{"path", options_.path},
          {"device", static_cast<std::uint64_t>(segment.file.device)},
          {"inode", static_cast<std::uint64_t>(segment.file.inode)},
          {"size", static_cast<std::uint64_t>(std::max<std::int64_t>(size_then, 0))}};
}

}  // namespace cdc::ndjson
