#pragma once

#include <sys/types.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/fd.hpp"
#include "libcdc/base/log.hpp"
#include "libcdc/flow/stop.hpp"
#include "libcdc/sinks/ndjson/fd_writer.hpp"

namespace cdc::ndjson {

struct FileOutputOptions {
  std::string path = {};
  std::uint64_t rotate_size = 0;  ///< bytes after which the next file begins; 0: never
  const Stop* stop = nullptr;     ///< borrowed; ends the wait for the reader of a FIFO
};

/// The file of `--output`. It is appended to; file and position move together: what a checkpoint
/// remembers of it is what a restart cuts it back to, so that no line comes twice.
class FileOutput final : public FdWriter {
 public:
  /// Opens it. `remembered` is what `remembered()` gave at the last commit; an empty object: the
  /// file is only appended to. Throws output where it cannot be opened or cut, state where it is
  /// shorter than remembered or has no end of a line there, refused where another process writes
  /// it, Interrupted where stop comes before the reader of a FIFO.
  FileOutput(FileOutputOptions options, std::string_view record_end,
             const nlohmann::json& remembered, Log log);

  /// Begins the next file at the end of the record that reaches the rotation size.
  bool drain(std::chrono::milliseconds wait) override;

  /// Throws output also where the file was removed: what is in it will be gone.
  void sync() override;

  /// `{"path","device","inode","size"}`. `bytes` only grows from call to call.
  nlohmann::json remembered(std::uint64_t bytes) override;

  /// The file under the path now, made anew where somebody moved it away (logrotate).
  void reopen() override;

  /// When a file was rotated away: the end of its name, `20261120T080000Z` or
  /// `20261120T080000Z.1`.
  struct Stamp {
    std::string second;
    unsigned number = 0;
    auto operator<=>(const Stamp&) const = default;
  };

  /// Which file it is, wherever it is moved to.
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const Identity&) const = default;
  };

 private:
  /// One of the files that were written since the last commit.
  struct Segment {
    Identity file;
    std::uint64_t start = 0;  ///< bytes taken in all when it was opened
    std::int64_t base = 0;    ///< its size then
  };

  void switch_to(Fd file);
  void rotate();
  Stamp next_stamp() const;
  std::uint64_t size() const;
  void follow_real_size();

  FileOutputOptions options_;
  Log log_;
  Fd file_;
  Stamp last_rotation_;
  std::vector<Segment> segments_;  ///< the current one last; none where it is no regular file
};

}  // namespace cdc::ndjson
