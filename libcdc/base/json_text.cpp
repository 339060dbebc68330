#include "libcdc/base/json_text.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace cdc {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;
constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint64_t load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, kWord);
  return word;
}

/// The high bit of each byte of `word` that JSON wants escaped: a quote, a backslash, or below a
/// blank. In memory order the first such byte is exact; those behind it may be wrong, because the
/// subtractions borrow from the byte before.
std::uint64_t escapes_in(std::uint64_t word) {
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  const std::uint64_t below = word - kOnes * ' ';
  return ((quote - kOnes) | (backslash - kOnes) | below) & ~word & kHighs;
}

constexpr char kPlain = 0;
constexpr char kUnicode = 'u';

/// What stands behind the backslash for a byte; kPlain where it needs none.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < ' '; ++c) table[c] = kUnicode;
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

char escape_of(char c) {
  return kEscapes[static_cast<unsigned char>(c)];
}

constexpr std::size_t kBlock = 64;

/// Whether one of the kBlock bytes at `at` needs an escape. Without branches and in single bytes,
/// so that the compiler makes vector instructions of it.
bool block_has_escape(const char* at) {
  std::array<unsigned char, kBlock> escapes{};
  for (std::size_t i = 0; i < kBlock; ++i) {
    const auto c = static_cast<unsigned char>(at[i]);
    const bool escape = c < ' ' || c == '"' || c == '\\';
    escapes[i] = escape ? 1 : 0;
  }
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < kBlock; i += kWord) {
    found |= load(reinterpret_cast<const char*>(escapes.data()) + i);
  }
  return found != 0;
}

/// Whether the kBlock bytes at `at` are ASCII.
bool block_is_ascii(const char* at) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kBlock; i += kWord) bits |= load(at + i);
  return (bits & kHighs) == 0;
}

/// The first byte from `at` on that needs an escape, or `end`.
const char* find_escape(const char* at, const char* end) {
  while (static_cast<std::size_t>(end - at) >= kBlock && !block_has_escape(at)) at += kBlock;
  for (; static_cast<std::size_t>(end - at) >= kWord; at += kWord) {
    const std::uint64_t found = escapes_in(load(at));
    if (found == 0) continue;
    if constexpr (std::endian::native == std::endian::little) {
      return at + std::countr_zero(found) / 8;
    }
    break;
  }
  while (at != end && escape_of(*at) == kPlain) ++at;
  return at;
}

/// Longer texts are searched first and copied as a whole.
constexpr std::size_t kShort = 64;

/// Copies a text of at most kShort bytes, looking at the words on their way. False where one of the
/// bytes needs an escape.
bool copy_unless_escapes(char* to, const char* from, std::size_t count) {
  std::uint64_t found = 0;
  if (count >= kWord) {
    std::size_t i = 0;
    for (; i + kWord < count; i += kWord) {
      const std::uint64_t word = load(from + i);
      found |= escapes_in(word);
      std::memcpy(to + i, &word, kWord);
    }
    // The last word may overlap the one before it.
    const std::uint64_t last = load(from + count - kWord);
    std::memcpy(to + count - kWord, &last, kWord);
    return (found | escapes_in(last)) == 0;
  }
  for (std::size_t i = 0; i < count; ++i) {
    found |= static_cast<unsigned char>(escape_of(from[i]));
    to[i] = from[i];
  }
  return found == 0;
}

/// Whether a text of at most kShort bytes is ASCII.
bool is_short_ascii(std::string_view text) {
  const char* const at = text.data();
  std::uint64_t bits = 0;
  if (text.size() >= kWord) {
    for (std::size_t i = 0; i + kWord < text.size(); i += kWord) bits |= load(at + i);
    return ((bits | load(at + text.size() - kWord)) & kHighs) == 0;
  }
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_escape(TextBuffer& out, char c) {
  const char escape = escape_of(c);
  if (escape != kUnicode) {
    const char pair[] = {'\\', escape};
    out.append(pair, sizeof pair);
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  const char code[] = {'\\', 'u', '0', '0', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
  out.append(code, sizeof code);
}

bool is_json_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// One past the closing quote of the string that begins at `at`, or `end`.
const char* end_of_string(const char* at, const char* end) {
  for (++at; at != end; ++at) {
    if (*at == '"') return at + 1;
    if (*at == '\\' && ++at == end) return end;
  }
  return end;
}

/// How many bytes of a sequence that begins at `at` are well formed: 1 to 4, or 0 where it is not.
/// The ranges are those of the table in RFC 3629, section 4.
std::size_t utf8_sequence(const unsigned char* at, const unsigned char* end) {
  const unsigned char lead = *at;
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (static_cast<std::size_t>(end - at) < size) return 0;
  const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (at[1] < least || at[1] > most) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if ((at[i] & 0xC0) != 0x80) return 0;
  }
  return size;
}

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Two base64 digits for each value of 12 bits.
constexpr std::array<std::array<char, 2>, 4096> kBase64Pairs = [] {
  std::array<std::array<char, 2>, 4096> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = {kBase64Digits[i >> 6], kBase64Digits[i & 63]};
  }
  return table;
}();

constexpr std::array<std::array<char, 2>, 256> kHexPairs = [] {
  std::array<std::array<char, 2>, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = {kHexDigits[i >> 4], kHexDigits[i & 15]};
  }
  return table;
}();

char* put(char* to, const std::array<char, 2>& pair) {
  std::memcpy(to, pair.data(), pair.size());
  return to + pair.size();
}

/// The last one or two bytes, padded.
void put_base64_tail(char* to, const unsigned char* from, std::size_t count) {
  const unsigned second = count == 2 ? from[1] : 0U;
  const unsigned bits = static_cast<unsigned>(from[0]) << 16 | second << 8;
  to = put(to, kBase64Pairs[bits >> 12]);
  to[0] = count == 2 ? kBase64Digits[bits >> 6 & 63] : '=';
  to[1] = '=';
}

}  // namespace

void append_json_string(TextBuffer& out, std::string_view text) {
  char* const to = out.room(text.size() + 2);
  if (text.size() <= kShort && copy_unless_escapes(to + 1, text.data(), text.size())) {
    to[0] = '"';
    to[text.size() + 1] = '"';
    return out.end_at(to + text.size() + 2);
  }
  const char* at = text.data();
  const char* const end = at + text.size();
  out.push_back('"');
  for (;;) {
    const char* stop = find_escape(at, end);
    out.append(at, static_cast<std::size_t>(stop - at));
    if (stop == end) break;
    append_escape(out, *stop);
    at = stop + 1;
  }
  out.push_back('"');
}

void append_json_compact(TextBuffer& out, std::string_view json) {
  const char* at = json.data();
  const char* const end = at + json.size();
  const char* run = at;
  while (at != end) {
    if (*at == '"') {
      at = end_of_string(at, end);
    } else if (is_json_space(*at)) {
      out.append(run, static_cast<std::size_t>(at - run));
      while (at != end && is_json_space(*at)) ++at;
      run = at;
    } else {
      ++at;
    }
  }
  out.append(run, static_cast<std::size_t>(at - run));
}

void append_base64(TextBuffer& out, std::string_view bytes) {
  const std::size_t size = (bytes.size() + 2) / 3 * 4;
  char* to = out.room(size);
  const char* const end = to + size;
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, from += 3) {
    const unsigned bits =
        static_cast<unsigned>(from[0]) << 16 | static_cast<unsigned>(from[1]) << 8 | from[2];
    to = put(to, kBase64Pairs[bits >> 12]);
    to = put(to, kBase64Pairs[bits & 4095]);
  }
  if (left > 0) put_base64_tail(to, from, left);
  out.end_at(end);
}

void append_hex(TextBuffer& out, std::string_view bytes) {
  char* to = out.room(2 * bytes.size());
  for (const char byte : bytes) to = put(to, kHexPairs[static_cast<unsigned char>(byte)]);
  out.end_at(to);
}

bool is_utf8(std::string_view text) {
  if (text.size() <= kShort && is_short_ascii(text)) return true;
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* const end = at + text.size();
  while (at != end) {
    const auto left = static_cast<std::size_t>(end - at);
    const char* const bytes = reinterpret_cast<const char*>(at);
    if (left >= kBlock && block_is_ascii(bytes)) {
      at += kBlock;
      continue;
    }
    if (left >= kWord && (load(bytes) & kHighs) == 0) {
      at += kWord;
      continue;
    }
    const std::size_t size = utf8_sequence(at, end);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

}  // namespace cdc
