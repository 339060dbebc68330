#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "libcdc/base/fd.hpp"
#include "libcdc/flow/ack_tracker.hpp"

namespace cdc {

/// The canonical form of a resume position, or an Error of usage: SourceType::parse_position.
using ParsePosition = std::function<std::string(std::string_view)>;

/// Reads the positions that a consumer hands back, one a line, from a descriptor or from a file
/// that it appends to. Only whole lines count.
class AckReader {
 public:
  /// `--ack fd:N`: borrows `fd`.
  static AckReader from_fd(int fd, ParsePosition parse);
  /// `--ack file:PATH`: the file may not be there yet. What it holds already is not read: it comes
  /// from earlier runs, and may name places that nobody has received in this one.
  static AckReader from_file(std::string path, ParsePosition parse);

  /// Takes what is there, without waiting. Throws usage at a line that is no position, and state
  /// where the file cannot be read.
  void read();

  /// The last position read, or nothing so far.
  const std::optional<AckPosition>& latest() const { return latest_; }
  /// To be watched for input; -1 for a file, which is looked at in every tick.
  int watch_fd() const { return path_.empty() && !ended_ ? fd_ : -1; }
  /// The consumer has closed its end of the descriptor.
  bool ended() const { return ended_; }
  /// For messages: "fd 3", "file acks.txt".
  const std::string& name() const { return name_; }

 private:
  AckReader(std::string name, ParsePosition parse);

  bool fill();
  bool open_file();
  void follow_replacement();
  void take_line(std::string_view line);

  std::string name_;
  ParsePosition parse_;
  std::string path_;
  Fd file_;
  int fd_ = -1;
  bool ended_ = false;
  std::string torn_;          ///< a line whose end has not come yet
  bool in_old_line_ = false;  ///< the file began inside a line that an earlier run left torn
  std::size_t lines_ = 0;
  std::optional<AckPosition> latest_;
};

}  // namespace cdc
