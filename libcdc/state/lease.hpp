#pragma once

#include <optional>
#include <string>

#include "libcdc/base/fd.hpp"
#include "libcdc/base/log.hpp"

namespace cdc {

/// Who owns a checkpoint directory: the content of `.rustcdc_checkpoint.owner`.
struct LeaseOwner {
  std::string host;  ///< empty in the older form, a bare PID: taken as this host
  long pid = 0;
};

/// What is found in a directory when nobody asks for ownership.
struct LeaseState {
  enum class Kind { free, held_here, dead_here, other_host, unreadable };
  Kind kind = Kind::free;
  LeaseOwner owner;
  std::string path;
};

/// Looks without taking. `held_here` means alive: its flock is held, or its PID lives. Throws
/// refused where the lease may not be opened, as clear_lease does.
LeaseState inspect_lease(const std::string& directory);

/// `HOSTNAME:PID` split at the last colon, or a bare PID.
std::optional<LeaseOwner> parse_lease(const std::string& content);

/// At most one writer per checkpoint directory. Held from construction to destruction.
class Lease {
 public:
  /// Takes it, with a warning where a dead process left one behind. Throws refused: `checkpoint
  /// owner lease conflict for '<dir>': ...`.
  Lease(const std::string& directory, const Log& log);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// Reads the token again. Throws refused where it is no longer ours: a process that lost its
  /// lease writes nothing.
  void check() const;

 private:
  std::string directory_;
  std::string path_;
  std::string token_;
  Fd file_;
};

/// Removes a lease that nobody holds and says what it was. Throws refused where it is held, belongs
/// to another host without `force_host` naming that host, or is unreadable without `force`.
LeaseState clear_lease(const std::string& directory, bool force, const std::string& force_host);

}  // namespace cdc
