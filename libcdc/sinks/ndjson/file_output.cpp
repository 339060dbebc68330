#include "libcdc/sinks/ndjson/file_output.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <compare>
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

Fd open_to_append(const std::string& path) {
  Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kMode));
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

/// When a file was rotated away: the end of its name, `20261120T080000Z` or `20261120T080000Z.1`.
struct Stamp {
  std::string second;
  unsigned number = 0;
  auto operator<=>(const Stamp&) const = default;
};

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

struct Remembered {
  Identity file;
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
  return Remembered{{static_cast<dev_t>(number("device")), static_cast<ino_t>(number("inode"))},
                    number("size")};
}

/// Lines that come again are moved aside, never removed.
void set_aside(const std::string& path, const Log& log) {
  const std::string aside = free_name(path + ".repeated");
  move_file(path, aside);
  log.warning("the lines of " + message_name(path) +
                  " were written after the last commit and come again; moved to " + quoted(aside),
              "remove it once the new lines are there");
}

/// The remembered file was rotated away after the last commit: it becomes the current one again,
/// and the files begun after it are set aside, because all their lines come again.
bool undo_rotation(const std::string& path, const Identity& wanted, const Log& log) {
  const std::vector<Rotated> rotated = rotated_files(path);
  const auto found = std::find_if(rotated.begin(), rotated.end(), [&](const Rotated& file) {
    const auto status = status_of(file.path);
    return status && identity(*status) == wanted;
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
  if (status && identity(*status) == remembered.file) return true;
  if (undo_rotation(path, remembered.file, log)) return true;
  log.warning(message_name(path) +
                  (status ? " is not the file that the checkpoint remembers: appending to it"
                          : " that the checkpoint remembers is gone: beginning it anew"),
              "lines behind the last commit may stand in the old file as well; each has the same "
              "source and pos");
  return false;
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
  Fd file = open_to_append(path);
  if (found) cut_to_remembered(file.get(), path, memory->size, log_);
  if (!found && S_ISREG(status_of(file.get(), path).st_mode)) {
    end_torn_line(file.get(), path, log_);
  }
  switch_to(std::move(file));
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

void FileOutput::rotate() {
  const std::string away = free_name(options_.path + "." + format_utc_compact(unix_now()));
  sync();
  move_file(options_.path, away);
  switch_to(open_to_append(options_.path));
  log_.info("rotated " + name() + " to " + quoted(away));
}

void FileOutput::reopen() {
  const auto status = status_of(options_.path);
  if (status && !segments_.empty() && identity(*status) == segments_.back().file) return;
  switch_to(open_to_append(options_.path));
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
