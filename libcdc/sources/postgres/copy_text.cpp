#include "libcdc/sources/postgres/copy_text.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace cdc::postgres {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kLows = 0x7F7F7F7F7F7F7F7F;

/// The first byte in memory is the lowest one of the word.
std::uint64_t load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, kWord);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

/// Less than a word, and zeros.
std::uint64_t load_some(const char* at, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  }
  return word;
}

/// The high bit of each byte of the word that is `wanted`.
std::uint64_t marks_of(std::uint64_t word, char wanted) {
  const std::uint64_t other = word ^ (kOnes * static_cast<unsigned char>(wanted));
  return ~(((other & kLows) + kLows) | other | kLows);
}

/// Finds tabs and backslashes in one go over a row.
class CellSplitter {
 public:
  CellSplitter(char* row, std::span<CopyCell> cells)
      : begin_(row), cell_(cells.data()), last_(&cells.back()) {}

  /// The bytes at `at`, which is where the last ones ended.
  void add(char* at, std::uint64_t word) {
    escapes_ |= marks_of(word, '\\');
    for (std::uint64_t tabs = marks_of(word, '\t'); tabs != 0; tabs &= tabs - 1) {
      end_cell(at + std::countr_zero(tabs) / 8);
    }
  }

  /// False where the row does not have as many cells as are wanted.
  bool end(char* at) {
    if (cell_ != last_) return false;
    *cell_ = {begin_, static_cast<std::size_t>(at - begin_)};
    return true;
  }

  bool escaped() const { return escapes_ != 0; }

 private:
  void end_cell(char* tab) {
    if (cell_ >= last_) {
      cell_ = last_ + 1;
      return;
    }
    *cell_++ = {begin_, static_cast<std::size_t>(tab - begin_)};
    begin_ = tab + 1;
  }

  char* begin_;  ///< of the cell that is not ended yet
  CopyCell* cell_;
  CopyCell* const last_;
  std::uint64_t escapes_ = 0;
};

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
  CellSplitter split(row, cells);
  std::size_t at = 0;
  for (; at + kWord <= size; at += kWord) split.add(row + at, load(row + at));
  if (at < size) split.add(row + at, load_some(row + at, size - at));
  if (!split.end(row + size)) return false;
  // Most rows hold nothing that is escaped.
  if (!split.escaped()) return true;
  for (CopyCell& cell : cells) {
    if (!unescape(cell)) return false;
  }
  return true;
}

}  // namespace cdc::postgres
