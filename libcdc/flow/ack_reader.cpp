#include "libcdc/flow/ack_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "libcdc/base/error.hpp"

namespace cdc {
namespace {

/// Far above any position: a line that goes on beyond is not one.
constexpr std::size_t kLongestLine = 4096;

}  // namespace

AckReader::AckReader(std::string name, ParsePosition parse)
    : name_(std::move(name)), parse_(std::move(parse)) {}

AckReader AckReader::from_fd(int fd, ParsePosition parse) {
  if (::fcntl(fd, F_GETFD) < 0) {
    throw Error(Fault::usage, fmt::format("--ack fd:{}: that descriptor is not open", fd))
        .with_hint(fmt::format("open it in the shell, for example {}<acks", fd));
  }
  AckReader reader(fmt::format("fd {}", fd), std::move(parse));
  reader.fd_ = fd;
  return reader;
}

AckReader AckReader::from_file(std::string path, ParsePosition parse) {
  AckReader reader("file " + path, std::move(parse));
  reader.path_ = std::move(path);
  if (!reader.open_file() || ::lseek(reader.fd_, -1, SEEK_END) < 0) return reader;
  char last = '\n';
  reader.in_old_line_ = ::read(reader.fd_, &last, 1) == 1 && last != '\n';
  return reader;
}

bool AckReader::open_file() {
  if (file_) return true;
  file_ = Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  fd_ = file_.get();
  if (file_) return true;
  if (errno == ENOENT) return false;
  throw system_error(Fault::state, fmt::format("cannot read the acknowledgements in {}", path_),
                     errno);
}

void AckReader::read() {
  if (!path_.empty()) follow_replacement();
  if (ended_ || (!path_.empty() && !open_file())) return;
  while (fill()) {
    std::size_t begin = 0;
    std::size_t end = 0;
    while ((end = torn_.find('\n', begin)) != std::string::npos) {
      const std::string_view line = std::string_view(torn_).substr(begin, end - begin);
      if (!std::exchange(in_old_line_, false)) take_line(line);
      begin = end + 1;
    }
    torn_.erase(0, begin);
    if (torn_.size() > kLongestLine) take_line(torn_);
  }
}

/// A consumer may begin its file anew: under the same name, or by cutting it to nothing.
void AckReader::follow_replacement() {
  struct stat open_one {};
  struct stat named {};
  if (!file_ || ::fstat(fd_, &open_one) != 0 || ::stat(path_.c_str(), &named) != 0) return;
  if (named.st_ino != open_one.st_ino || named.st_dev != open_one.st_dev) {
    torn_.clear();
    file_.close();
  } else if (named.st_size < ::lseek(fd_, 0, SEEK_CUR)) {
    torn_.clear();
    ::lseek(fd_, 0, SEEK_SET);
  }
}

bool AckReader::fill() {
  if (path_.empty()) {
    pollfd watched{fd_, POLLIN, 0};
    if (::poll(&watched, 1, 0) <= 0) return false;
  }
  std::array<char, 16384> bytes{};
  const ssize_t got = ::read(fd_, bytes.data(), bytes.size());
  if (got > 0) {
    torn_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
  }
  if (got < 0 && errno != EAGAIN && errno != EINTR) {
    throw system_error(Fault::state, "cannot read acknowledgements from " + name_, errno);
  }
  if (got == 0 && path_.empty()) ended_ = true;
  return false;
}

void AckReader::take_line(std::string_view line) {
  ++lines_;
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  AckPosition place;
  try {
    const auto change = parse_change_position(line);
    place.position = parse_(change ? std::string_view(change->transaction) : line);
    place.ordinal = change ? change->ordinal : 0;
  } catch (const Error&) {
    // The line itself is not shown: a consumer may have written data there by mistake.
    throw Error(
        Fault::usage,
        fmt::format("line {} of the acknowledgements from {} is not a position", lines_, name_))
        .with_hint(
            "write back the pos of the last line that was processed, for example with jq "
            "-r .pos");
  }
  latest_ = std::move(place);
}

}  // namespace cdc
