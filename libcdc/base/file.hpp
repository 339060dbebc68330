#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "libcdc/base/fd.hpp"

namespace cdc {

/// The whole file, or nothing where there is none. Throws `fault` state for other failures.
std::optional<std::string> read_file(const std::string& path);

/// Replaces `path` so that a crash leaves the old or the new content, never a mixture: temporary
/// file in the same directory with `mode`, fsync, rename, fsync of the directory. Throws output;
/// the temporary file is gone then.
void write_file_atomic(const std::string& path, std::string_view content, mode_t mode);

/// Removes the temporary files of write_file_atomic that processes which were killed have left
/// beside `path`. Only where nobody else writes `path` now; a file that cannot be removed stays.
void remove_leftovers(const std::string& path);

/// Makes names created or removed in `directory` survive a crash. Throws output.
void sync_directory(const std::string& directory);

/// The directory that `path` is in, "." where it names none; slashes at its end do not count.
std::string directory_of(const std::string& path);

/// Writes all of `content` to a blocking descriptor. Throws output, naming `what`.
void write_all(int fd, std::string_view content, const std::string& what);

}  // namespace cdc
