#pragma once

#include <exception>
#include <memory>
#include <string>

namespace cdc {

/// What kind of trouble it is: the one question that a caller, a script and the exit code ask.
enum class Fault {
  usage,        ///< the call or the configuration is wrong
  unavailable,  ///< the server cannot be reached, or the connection is gone: try later
  refused,      ///< a guard said no: privilege, lease, identity, a missing confirmation
  state,        ///< the checkpoint is missing or corrupt, or the server no longer has the position
  protocol,     ///< the server sent what we cannot decode
  output,       ///< stdout, a file or the checkpoint cannot be written
  internal,     ///< a bug in this program
};

/// The name of a fault as logs print it, for example "unavailable".
const char* name(Fault fault);

/// The one exception class. It speaks to a person: what happened, to which object, what to do.
/// It never carries a cell value or a secret.
class Error : public std::exception {
 public:
  Error(Fault fault, std::string message);

  /// Facts beside the message: SQLSTATE, the server's own words, an offset.
  Error with_detail(std::string detail) const;
  /// What the reader can do now.
  Error with_hint(std::string hint) const;
  /// The error that led to this one; kept whole, never flattened into text.
  Error caused_by(const Error& cause) const;

  Fault fault() const { return fault_; }
  const std::string& message() const { return message_; }
  const std::string& detail() const { return detail_; }
  const std::string& hint() const { return hint_; }
  const Error* cause() const { return cause_.get(); }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Fault fault_;
  std::string message_;
  std::string detail_;
  std::string hint_;
  std::shared_ptr<const Error> cause_;
};

/// A failed system call: `doing`, the text of `error_number`, for `output` also what to do then.
Error system_error(Fault fault, const std::string& doing, int error_number);

}  // namespace cdc
