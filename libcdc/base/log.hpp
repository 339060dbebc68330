#pragma once

#include <functional>
#include <string>
#include <utility>

namespace cdc {

/// How loud a log line is; a line is written when its level is at most the chosen one.
enum class LogLevel { error, warning, info, debug, trace };

struct LogRecord {
  LogLevel level = LogLevel::info;
  std::string message;
  std::string hint;
};

/// Where the library says what a person should know. It has no output of its own: whoever embeds
/// it gives a function. Never pass a cell value or a secret.
class Log {
 public:
  using Write = std::function<void(const LogRecord&)>;

  /// A log that drops everything.
  Log() = default;
  explicit Log(Write write, LogLevel level = LogLevel::info)
      : write_(std::move(write)), level_(level) {}

  bool enabled(LogLevel level) const { return write_ && level <= level_; }
  void set_level(LogLevel level) { level_ = level; }

  void warning(std::string message, std::string hint = {}) const {
    say(LogLevel::warning, std::move(message), std::move(hint));
  }
  void info(std::string message, std::string hint = {}) const {
    say(LogLevel::info, std::move(message), std::move(hint));
  }
  void debug(std::string message) const { say(LogLevel::debug, std::move(message), {}); }
  void trace(std::string message) const { say(LogLevel::trace, std::move(message), {}); }

 private:
  void say(LogLevel level, std::string message, std::string hint) const {
    if (enabled(level)) write_({level, std::move(message), std::move(hint)});
  }

  Write write_;
  LogLevel level_ = LogLevel::info;
};

}  // namespace cdc
