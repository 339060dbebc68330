#include "cli/report.hpp"

#include <fcntl.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/signals.hpp"
#include "commands/conninfo_secrets.hpp"
#include "libcdc/base/clock.hpp"
#include "libcdc/base/file.hpp"

namespace cdcctl {
namespace {

using Json = nlohmann::ordered_json;

// Words of a server can hold line ends and terminal codes: neither may pass for ours.
std::string printable(const std::string& text) {
  std::string safe;
  for (const char c : redact_sentence(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      safe += "\n  ";
    } else if (byte >= 0x20 && byte != 0x7F) {
      safe += c;
    } else if (c != '\r') {
      safe += c == '\t' ? ' ' : '?';
    }
  }
  while (!safe.empty() && (safe.back() == ' ' || safe.back() == '\n')) safe.pop_back();
  return safe;
}

const char* level_word(cdc::LogLevel level) {
  switch (level) {
    case cdc::LogLevel::error:
      return "error";
    case cdc::LogLevel::warning:
      return "warning";
    case cdc::LogLevel::info:
      return "info";
    case cdc::LogLevel::debug:
      return "debug";
    case cdc::LogLevel::trace:
      return "trace";
  }
  return "info";
}

Style style_of(cdc::LogLevel level) {
  if (level == cdc::LogLevel::error) return Style::red;
  if (level == cdc::LogLevel::warning) return Style::yellow;
  return level == cdc::LogLevel::info ? Style::plain : Style::dim;
}

Json facts_of(const cdc::Error& error) {
  Json json{{"fault", cdc::name(error.fault())}, {"exit", exit_code(error.fault())}};
  json["message"] = redact_sentence(error.message());
  json["detail"] = redact_sentence(error.detail());
  json["hint"] = redact_sentence(error.hint());
  return json;
}

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_json(const cdc::LogRecord& record) {
  Json json{{"time", cdc::format_utc(cdc::unix_now())}, {"level", level_word(record.level)}};
  json["message"] = redact_sentence(record.message);
  if (!record.hint.empty()) json["hint"] = redact_sentence(record.hint);
  return to_line(json);
}

std::string to_json(const cdc::Error& error) {
  Json json{{"time", cdc::format_utc(cdc::unix_now())}, {"level", "error"}};
  json.update(facts_of(error));
  for (const cdc::Error* cause = error.cause(); cause != nullptr; cause = cause->cause()) {
    json["causes"].push_back(facts_of(*cause));
  }
  return to_line(json);
}

cdc::Fd open_log(const std::string& path) {
  return cdc::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
}

}  // namespace

int exit_code(cdc::Fault fault) {
  switch (fault) {
    case cdc::Fault::usage:
      return Exit::usage;
    case cdc::Fault::unavailable:
      return Exit::unavailable;
    case cdc::Fault::refused:
      return Exit::refused;
    case cdc::Fault::state:
      return Exit::state;
    case cdc::Fault::protocol:
      return Exit::protocol;
    case cdc::Fault::output:
      return Exit::output;
    case cdc::Fault::internal:
      return Exit::internal;
  }
  return Exit::internal;
}

void Report::log_to(const std::string& path) {
  file_ = open_log(path);
  if (!file_) {
    throw cdc::system_error(cdc::Fault::output, "cannot open the log file '" + path + "'", errno);
  }
  path_ = path;
}

cdc::Log Report::log(cdc::LogLevel level) {
  return cdc::Log([this](const cdc::LogRecord& record) { write(record); }, level);
}

void Report::write(const cdc::LogRecord& record) {
  if (format_ == LogFormat::json) {
    const std::string line = to_json(record);
    file_ ? write_to_file(line) : err_->offer(line);
  } else if (file_) {
    write_to_file(cdc::format_utc(cdc::unix_now()) + ' ' + to_text(record, false));
  } else {
    err_->offer(to_text(record, err_->colors()));
  }
}

int Report::fail(const cdc::Error& error) {
  const bool json = format_ == LogFormat::json;
  if (file_) {
    write_to_file(json ? to_json(error)
                       : cdc::format_utc(cdc::unix_now()) + ' ' + to_text(error, false));
  }
  write_to_stderr(json ? to_json(error) : to_text(error, err_->colors()));
  return exit_code(error.fault());
}

int Report::fail(const std::exception& unexpected) {
  return fail(cdc::Error(cdc::Fault::internal, std::string("unexpected: ") + unexpected.what())
                  .with_hint("this is a bug in cdcctl: please report it with this message"));
}

std::string Report::to_text(const cdc::LogRecord& record, bool with_colors) const {
  const std::string word = std::string(level_word(record.level)) + ":";
  std::string text = "cdcctl: ";
  text += with_colors ? err_->paint(style_of(record.level), word) : word;
  text += ' ' + printable(record.message) + '\n';
  if (!record.hint.empty()) text += "hint: " + printable(record.hint) + '\n';
  return text;
}

std::string Report::to_text(const cdc::Error& error, bool with_colors) const {
  std::string text = to_text({cdc::LogLevel::error, error.message(), {}}, with_colors);
  std::string hint = error.hint();
  if (!error.detail().empty()) text += "detail: " + printable(error.detail()) + '\n';
  for (const cdc::Error* cause = error.cause(); cause != nullptr; cause = cause->cause()) {
    text += "caused by: " + printable(cause->message());
    if (!cause->detail().empty()) text += " (" + printable(cause->detail()) + ")";
    text += '\n';
    if (hint.empty()) hint = cause->hint();
  }
  if (!hint.empty()) text += "hint: " + printable(hint) + '\n';
  return text;
}

void Report::write_to_file(const std::string& text) {
  if (const int reopens = ProcessSignals::reopen_count(); reopens != seen_reopens_) {
    seen_reopens_ = reopens;
    if (cdc::Fd fresh = open_log(path_)) file_ = std::move(fresh);
  }
  try {
    cdc::write_all(file_.get(), text, path_);
  } catch (const cdc::Error&) {
    write_to_stderr(text);
  }
}

void Report::write_to_stderr(const std::string& text) {
  try {
    err_->write(text);
  } catch (const cdc::Error&) {
  }
}

}  // namespace cdcctl
