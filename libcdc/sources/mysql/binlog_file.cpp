#include "libcdc/sources/mysql/binlog_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/event.hpp"

namespace cdc::mysql {
namespace {

constexpr std::string_view kMagic =
    "\xfe"
    "bin";
/// MySQL with binlog_encryption.
constexpr std::string_view kEncrypted =
    "\xfd"
    "bin";
constexpr std::size_t kBuffer = std::size_t{1} << 20U;

}  // namespace

BinlogFile::BinlogFile(const std::string& path)
    : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), buffer_(kBuffer, '\0') {
  struct stat status {};
  if (!fd_ || ::fstat(fd_.get(), &status) != 0) {
    throw system_error(Fault::usage, "cannot open " + path, errno);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  fill(kMagic.size());
  const std::string_view magic(buffer_.data(), std::min(end_, kMagic.size()));
  if (magic == kEncrypted) {
    throw Error(Fault::refused, fmt::format("{} is encrypted (binlog_encryption)", path))
        .with_hint("the server has the key: read its log from the server instead");
  }
  if (magic != kMagic) throw Error(Fault::usage, fmt::format("{} is no binlog file", path));
  begin_ = kMagic.size();
  offset_ = kMagic.size();
}

/// Has `size` bytes at hand, where the file has so many. The buffer grows with what is really
/// there.
bool BinlogFile::fill(std::size_t size) {
  if (end_ - begin_ >= size) return true;
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  while (end_ < size) {
    if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
    const ssize_t count = ::read(fd_.get(), buffer_.data() + end_, buffer_.size() - end_);
    if (count == 0) return false;
    if (count > 0) {
      end_ += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      throw system_error(Fault::state, "cannot read " + path_, errno);
    }
  }
  return true;
}

std::optional<std::string_view> BinlogFile::next() {
  std::size_t size = kEventHeaderSize;
  if (fill(size)) {
    const auto said = read_header({buffer_.data() + begin_, kEventHeaderSize}).size;
    size = std::max<std::size_t>(said, kEventHeaderSize);
  }
  if (!fill(size)) {
    torn_ = end_ != begin_;
    return std::nullopt;
  }
  const std::string_view event(buffer_.data() + begin_, size);
  begin_ += size;
  offset_ += size;
  return event;
}

}  // namespace cdc::mysql
