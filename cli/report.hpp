#pragma once

#include <string>

#include "commands/command.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/fd.hpp"
#include "libcdc/base/log.hpp"

namespace cdcctl {

/// How log lines and errors look: for people, or one JSON object per line.
enum class LogFormat { text, json };

/// The exit code of a fault; the one table of them.
int exit_code(cdc::Fault fault);

/// Everything that the process says beside its results: log lines and the final error, on stderr
/// or in the log file. Passwords in connection strings are left out. Never throws for
/// a stream that cannot be written, there is nobody to tell; a log line never waits for one either.
class Report {
 public:
  /// `err` is stderr and outlives this object.
  explicit Report(Output& err, LogFormat format = LogFormat::text) : err_(&err), format_(format) {}

  void set_format(LogFormat format) { format_ = format; }
  /// Log lines go to the end of this file from now on. Throws output where it cannot be opened.
  void log_to(const std::string& path);
  /// A log that writes here, as loud as `level`. This object outlives it.
  cdc::Log log(cdc::LogLevel level);

  void write(const cdc::LogRecord& record);
  /// Writes the error with its causes (to stderr even where there is a log file); gives its code.
  int fail(const cdc::Error& error);
  /// For an exception that is not ours: a bug. Gives 70.
  int fail(const std::exception& unexpected);

 private:
  std::string to_text(const cdc::LogRecord& record, bool with_colors) const;
  std::string to_text(const cdc::Error& error, bool with_colors) const;
  void write_to_file(const std::string& text);
  void write_to_stderr(const std::string& text);

  Output* err_;
  LogFormat format_;
  std::string path_;
  cdc::Fd file_;
  int seen_reopens_ = 0;
};

}  // namespace cdcctl
