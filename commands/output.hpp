#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cdcctl {

/// How a piece of text looks on a terminal with colours; elsewhere it is the text alone.
enum class Style { plain, bold, dim, red, green, yellow };

/// A cell of a table.
struct Cell {
  std::string text;
  Style style = Style::plain;

  Cell(std::string words, Style look = Style::plain) : text(std::move(words)), style(look) {}
  Cell(const char* words) : text(words) {}
};

/// What `--color` says.
enum class ColorChoice { automatic, always, never };

/// One of the two streams of the process, for reports of modest size. `tail` writes its changes to
/// fd() through a sink of its own.
class Output {
 public:
  using Row = std::vector<Cell>;

  /// `fd` is borrowed. Looks at it once: is it a terminal. Colours follow `choice`, and
  /// for `automatic` NO_COLOR and TERM=dumb.
  explicit Output(int fd, ColorChoice choice = ColorChoice::automatic);

  /// Writes `text` as it is, at once. Where the reader has gone away, drops it: see reader_gone().
  /// Throws output for any other failure.
  void write(std::string_view text);
  /// As write(), for what may get lost: drops what the reader does not take at once, and what
  /// cannot be written. Never waits, never throws.
  void offer(std::string_view text) noexcept;
  /// write() and a line end.
  void line(std::string_view text);
  /// Columns aligned on a terminal; separated by one tab elsewhere, so that cut and awk work.
  void table(const std::vector<std::string>& header, const std::vector<Row>& rows);
  /// `label: value` lines; the values aligned on a terminal.
  void facts(const std::vector<std::pair<std::string, Cell>>& facts);

  /// `text` with the codes of `style` where this stream shows colours.
  std::string paint(Style style, std::string_view text) const;

  int fd() const { return fd_; }
  bool is_terminal() const { return terminal_; }
  bool colors() const { return colors_; }
  /// The reader of this stream has closed it: what repeats (`--watch`) can end with Exit::done.
  bool reader_gone() const { return reader_gone_; }

 private:
  int fd_;
  bool terminal_;
  bool colors_;
  bool reader_gone_ = false;
};

}  // namespace cdcctl
