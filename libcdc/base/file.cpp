#include "libcdc/base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "libcdc/base/error.hpp"
#include "libcdc/base/failpoint.hpp"

namespace cdc {
namespace {

constexpr std::string_view kTemporary = ".tmp.";
constexpr std::string_view kUnique = "XXXXXX";

/// A file under a name of its own beside `path`; its name is gone with it unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& path)
      : name_(fmt::format("{}{}{}", path, kTemporary, kUnique)) {
    file_ = Fd(::mkostemp(name_.data(), O_CLOEXEC));
    if (!file_) throw system_error(Fault::output, "cannot make a file beside " + path, errno);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  int fd() const { return file_.get(); }

  void rename_to(const std::string& path) {
    if (std::rename(name_.c_str(), path.c_str()) != 0) {
      throw system_error(Fault::output, "cannot replace " + path, errno);
    }
    name_.clear();
  }

 private:
  std::string name_;
  Fd file_;
};

}  // namespace

std::optional<std::string> read_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) return std::nullopt;
    throw system_error(Fault::state, "cannot open " + path, errno);
  }
  std::string content;
  std::array<char, 16384> piece{};
  for (;;) {
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count == 0) return content;
    if (count > 0) {
      content.append(piece.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw system_error(Fault::state, "cannot read " + path, errno);
    }
  }
}

void write_file_atomic(const std::string& path, std::string_view content, mode_t mode) {
  TemporaryFile temporary(path);
  if (::fchmod(temporary.fd(), mode) != 0) {
    throw system_error(Fault::output, "cannot set the permissions of " + path, errno);
  }
  write_all(temporary.fd(), content, path);
  if (::fsync(temporary.fd()) != 0) throw system_error(Fault::output, "cannot sync " + path, errno);
  failpoint("before_rename");
  temporary.rename_to(path);
  sync_directory(directory_of(path));
}

void remove_leftovers(const std::string& path) {
  namespace fs = std::filesystem;
  const std::string prefix = fs::path(path).filename().string() + std::string(kTemporary);
  std::error_code ignored;
  fs::directory_iterator files(directory_of(path), ignored);
  for (; !ignored && files != fs::directory_iterator(); files.increment(ignored)) {
    const std::string name = files->path().filename().string();
    const bool temporary =
        name.starts_with(prefix) && name.size() == prefix.size() + kUnique.size();
    if (temporary) ::unlink(files->path().c_str());
  }
}

void sync_directory(const std::string& directory) {
  const Fd opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) throw system_error(Fault::output, "cannot open the directory " + directory, errno);
  if (::fsync(opened.get()) != 0) {
    throw system_error(Fault::output, "cannot sync the directory " + directory, errno);
  }
}

std::string directory_of(const std::string& path) {
  const std::size_t name_end = path.find_last_not_of('/');
  if (name_end == std::string::npos) return path.empty() ? "." : "/";
  const std::size_t slash = path.rfind('/', name_end);
  if (slash == std::string::npos) return ".";
  const std::size_t end = path.find_last_not_of('/', slash);
  return end == std::string::npos ? "/" : path.substr(0, end + 1);
}

void write_all(int fd, std::string_view content, const std::string& what) {
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count >= 0) {
      content.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw system_error(Fault::output, "cannot write " + what, errno);
    }
  }
}

}  // namespace cdc
