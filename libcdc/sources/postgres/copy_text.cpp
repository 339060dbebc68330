#include "libcdc/sources/postgres/copy_text.hpp"

#include <cstring>

namespace cdc::postgres {
namespace {

char* find(char* from, const char* end, char wanted) {
  return static_cast<char*>(std::memchr(from, wanted, static_cast<std::size_t>(end - from)));
}

/// What the letter of an escape stands for; 0 where it is none.
char unescaped(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
      return '\\';
    default:
      return 0;
  }
}

bool unescape(CopyCell& cell) {
  char* const end = cell.text + cell.size;
  char* from = find(cell.text, end, '\\');
  if (from == nullptr) return true;
  if (cell.size == 2 && from == cell.text && from[1] == 'N') {
    cell = {};
    return true;
  }
  char* to = from;
  while (from != end) {
    if (from + 1 == end) return false;
    const char meant = unescaped(from[1]);
    if (meant == 0) return false;
    *to++ = meant;
    from += 2;
    char* const next = find(from, end, '\\');
    const auto plain = static_cast<std::size_t>((next == nullptr ? end : next) - from);
    std::memmove(to, from, plain);
    to += plain;
    from += plain;
  }
  cell.size = static_cast<std::size_t>(to - cell.text);
  return true;
}

}  // namespace

bool split_copy_row(char* row, std::size_t size, std::span<CopyCell> cells) {
  if (cells.empty()) return size == 0;
  char* const end = row + size;
  char* at = row;
  for (CopyCell& cell : cells) {
    const bool last = &cell == &cells.back();
    char* const tab = find(at, end, '\t');
    if (last != (tab == nullptr)) return false;
    cell = {at, static_cast<std::size_t>((last ? end : tab) - at)};
    if (!last) at = tab + 1;
  }
  // Most rows hold nothing that is escaped.
  if (find(row, end, '\\') == nullptr) return true;
  for (CopyCell& cell : cells) {
    if (!unescape(cell)) return false;
  }
  return true;
}

}  // namespace cdc::postgres
