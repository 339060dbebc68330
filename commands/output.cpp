#include "commands/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string>

#include "libcdc/base/error.hpp"

namespace cdcctl {
namespace {

bool wants_colors(bool terminal, ColorChoice choice) {
  if (choice != ColorChoice::automatic) return choice == ColorChoice::always;
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* kind = std::getenv("TERM");
  return terminal && kind != nullptr && std::strcmp(kind, "dumb") != 0;
}

const char* code(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::red:
      return "\x1b[31m";
    case Style::green:
      return "\x1b[32m";
    case Style::yellow:
      return "\x1b[33m";
  }
  return "";
}

// Columns on the screen: continuation bytes of UTF-8 take none.
std::size_t width(std::string_view text) {
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts));
}

std::vector<std::size_t> column_widths(const std::vector<Output::Row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width(row[i].text));
    }
  }
  return widths;
}

}  // namespace

Output::Output(int fd, ColorChoice choice)
    : fd_(fd), terminal_(::isatty(fd) == 1), colors_(wants_colors(terminal_, choice)) {}

void Output::write(std::string_view text) {
  while (!text.empty() && !reader_gone_) {
    const ssize_t done = ::write(fd_, text.data(), text.size());
    if (done >= 0) {
      text.remove_prefix(static_cast<std::size_t>(done));
    } else if (errno == EPIPE) {
      reader_gone_ = true;
    } else if (errno != EINTR) {
      throw cdc::system_error(cdc::Fault::output,
                              fd_ == STDOUT_FILENO ? "cannot write to stdout" : "cannot write",
                              errno);
    }
  }
}

void Output::offer(std::string_view text) noexcept {
  while (!text.empty()) {
    pollfd ready{fd_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return;
    // A pipe that is ready takes this much without waiting.
    const ssize_t done = ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (done <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

void Output::line(std::string_view text) {
  write(std::string(text) + '\n');
}

void Output::table(const std::vector<std::string>& header, const std::vector<Row>& rows) {
  std::vector<Row> lines{Row()};
  for (const auto& title : header) lines.front().emplace_back(title, Style::bold);
  lines.insert(lines.end(), rows.begin(), rows.end());
  const auto widths = column_widths(lines);
  std::string text;
  for (const auto& row : lines) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      text += paint(row[i].style, row[i].text);
      if (last) continue;
      text += terminal_ ? std::string(widths[i] - width(row[i].text) + 2, ' ') : "\t";
    }
    text += '\n';
  }
  write(text);
}

void Output::facts(const std::vector<std::pair<std::string, Cell>>& facts) {
  std::size_t widest = 0;
  for (const auto& [label, value] : facts) widest = std::max(widest, width(label));
  std::string text;
  for (const auto& [label, value] : facts) {
    const std::size_t gap = terminal_ ? widest - width(label) + 1 : 1;
    text += label + ':' + std::string(gap, ' ') + paint(value.style, value.text) + '\n';
  }
  write(text);
}

std::string Output::paint(Style style, std::string_view text) const {
  if (!colors_ || style == Style::plain || text.empty()) return std::string(text);
  return code(style) + std::string(text) + "\x1b[0m";
}

}  // namespace cdcctl
