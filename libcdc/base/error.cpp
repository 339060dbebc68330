#include "libcdc/base/error.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace cdc {
namespace {

/// What to do where something could not be written.
const char* output_hint(int error_number) {
  switch (error_number) {
    case ENOSPC:
      return "make room on its file system and start again: it goes on after the last whole line "
             "that was committed";
    case EDQUOT:
      return "raise the disk quota of this user and start again";
    case EFBIG:
      return "raise the file size limit (ulimit -f), or use --rotate-size, and start again";
    case EIO:
      return "the device reported an error: check the disk (dmesg) before starting again";
    case EMFILE:
      return "raise the limit of open files (ulimit -n) and start again";
    case EBADF:
      return "give it a place to write to: it is closed, or open for reading only";
    case EACCES:
    case EPERM:
    case EROFS:
      return "give this user the right to write there, or choose another place";
    case ENOENT:
    case ENOTDIR:
      return "create the directory, or choose another place";
    case EISDIR:
      return "name a file, not a directory";
    default:
      return "";
  }
}

}  // namespace

const char* name(Fault fault) {
  switch (fault) {
    case Fault::usage:
      return "usage";
    case Fault::unavailable:
      return "unavailable";
    case Fault::refused:
      return "refused";
    case Fault::state:
      return "state";
    case Fault::protocol:
      return "protocol";
    case Fault::output:
      return "output";
    case Fault::internal:
      return "internal";
  }
  return "internal";
}

Error::Error(Fault fault, std::string message) : fault_(fault), message_(std::move(message)) {}

Error Error::with_detail(std::string detail) const {
  Error copy = *this;
  copy.detail_ = std::move(detail);
  return copy;
}

Error Error::with_hint(std::string hint) const {
  Error copy = *this;
  copy.hint_ = std::move(hint);
  return copy;
}

Error Error::caused_by(const Error& cause) const {
  Error copy = *this;
  copy.cause_ = std::make_shared<Error>(cause);
  return copy;
}

Error system_error(Fault fault, const std::string& doing, int error_number) {
  const Error error(fault, doing + ": " + std::strerror(error_number));
  return fault == Fault::output ? error.with_hint(output_hint(error_number)) : error;
}

}  // namespace cdc
