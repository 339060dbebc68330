#include "libcdc/base/spill_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "libcdc/base/error.hpp"
#include "libcdc/base/failpoint.hpp"
#include "libcdc/base/units.hpp"

namespace cdc {
namespace {

/// The disk is asked for its room once in so many bytes.
constexpr std::uint64_t kStep = std::uint64_t{16} * 1024 * 1024;

constexpr const char* kName = "/.cdcctl-spill.XXXXXX";

Fd open_nameless(const std::string& directory) {
  Fd nameless(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (nameless) return nameless;
  // Not every file system can do that; what is really wrong shows here again.
  std::string name = directory + kName;
  Fd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) throw system_error(Fault::output, "cannot make a spill file in " + directory, errno);
  if (::unlink(name.c_str()) != 0) {
    throw system_error(Fault::output, "cannot remove the name of a spill file in " + directory,
                       errno);
  }
  return file;
}

}  // namespace

std::uint64_t spill_checksum(std::string_view bytes, std::uint64_t seed) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15;
  std::uint64_t sum = (seed + 1) * kFactor ^ bytes.size();
  const auto mix = [&sum](std::uint64_t word) { sum = (std::rotl(sum, 29) ^ word) * kFactor; };
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    mix(word);
    bytes.remove_prefix(sizeof word);
  }
  std::uint64_t rest = 0;
  if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
  mix(rest);
  return sum ^ sum >> 32;
}

SpillFile::SpillFile(const std::string& directory)
    : directory_(directory), file_(open_nameless(directory)) {}

/// A disk that would be full soon is left alone: others, and the checkpoint, need its last bytes.
void SpillFile::check_room(std::uint64_t wanted) {
  if (size_ + wanted <= room_until_) return;
  const std::uint64_t step = std::max(kStep, wanted);
  struct statvfs disk {};
  if (::fstatvfs(file_.get(), &disk) != 0) return;  // then the write itself tells
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free < step) {
    throw Error(Fault::output, fmt::format("no room to spill in {}: {} are left, {} are spilled",
                                           directory_, format_size(free), format_size(size_)))
        .with_hint("make room");
  }
  room_until_ = size_ + step;
}

void SpillFile::write(const void* bytes, std::size_t count) {
  const auto* at = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::pwrite(file_.get(), at, count, static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw system_error(Fault::output, "cannot write a spill file in " + directory_, errno);
    }
    at += written;
    size_ += static_cast<std::uint64_t>(written);
    count -= static_cast<std::size_t>(written);
  }
}

void SpillFile::append(std::string_view block) {
  const Header header{block.size(), spill_checksum(block, size_)};
  check_room(sizeof header + block.size());
  const std::uint64_t begin = size_;
  try {
    write(&header, sizeof header);
    failpoint("during_spill");
    write(block.data(), block.size());
  } catch (const Error&) {
    size_ = begin;
    throw;
  }
}

void SpillFile::read_exactly(void* bytes, std::size_t count) {
  auto* at = static_cast<char*>(bytes);
  while (count > 0) {
    const ssize_t got = ::pread(file_.get(), at, count, static_cast<off_t>(read_to_));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      throw system_error(Fault::output, "cannot read a spill file in " + directory_,
                         got == 0 ? EIO : errno);
    }
    at += got;
    read_to_ += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
}

bool SpillFile::read(std::string& block) {
  if (read_to_ == size_) return false;
  const std::uint64_t begin = read_to_;
  Header header;
  bool whole = size_ - begin >= sizeof header;
  if (whole) {
    read_exactly(&header, sizeof header);
    // Before memory is taken for it.
    whole = header.size <= size_ - read_to_;
  }
  if (whole) {
    block.resize(header.size);
    read_exactly(block.data(), block.size());
    whole = spill_checksum(block, begin) == header.checksum;
  }
  if (!whole) {
    throw Error(Fault::output,
                fmt::format("a spill file in {} is damaged at byte {}", directory_, begin))
        .with_hint("the disk does not give back what was written to it");
  }
  return true;
}

}  // namespace cdc
