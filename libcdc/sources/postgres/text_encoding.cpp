#include "libcdc/sources/postgres/text_encoding.hpp"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "libcdc/base/json_text.hpp"

namespace cdc::postgres {

namespace {

enum class Width : std::uint8_t { one_byte, many_bytes };

/// A server encoding and the name that iconv has for it.
struct KnownEncoding {
  std::string_view server;
  const char* iconv;
  Width width = Width::one_byte;
};

// Compared character by character with the server's own conversions. EUC-JP-MS is the one that has
// the characters of the server's EUC_JP.
constexpr KnownEncoding kKnown[] = {
    {"LATIN1", "ISO-8859-1"},
    {"LATIN2", "ISO-8859-2"},
    {"LATIN3", "ISO-8859-3"},
    {"LATIN4", "ISO-8859-4"},
    {"LATIN5", "ISO-8859-9"},
    {"LATIN6", "ISO-8859-10"},
    {"LATIN7", "ISO-8859-13"},
    {"LATIN8", "ISO-8859-14"},
    {"LATIN9", "ISO-8859-15"},
    {"LATIN10", "ISO-8859-16"},
    {"ISO_8859_5", "ISO-8859-5"},
    {"ISO_8859_6", "ISO-8859-6"},
    {"ISO_8859_7", "ISO-8859-7"},
    {"ISO_8859_8", "ISO-8859-8"},
    {"WIN866", "CP866"},
    {"WIN874", "CP874"},
    {"WIN1250", "CP1250"},
    {"WIN1251", "CP1251"},
    {"WIN1252", "CP1252"},
    {"WIN1253", "CP1253"},
    {"WIN1254", "CP1254"},
    {"WIN1255", "CP1255"},
    {"WIN1256", "CP1256"},
    {"WIN1257", "CP1257"},
    {"WIN1258", "CP1258"},
    {"KOI8R", "KOI8-R"},
    {"KOI8U", "KOI8-U"},
    {"EUC_JP", "EUC-JP-MS", Width::many_bytes},
    {"EUC_JIS_2004", "EUC-JISX0213", Width::many_bytes},
    {"EUC_CN", "EUC-CN", Width::many_bytes},
    {"EUC_KR", "EUC-KR", Width::many_bytes},
    {"EUC_TW", "EUC-TW", Width::many_bytes},
};

constexpr std::size_t kLongestSequence = 4;
/// No byte beyond ASCII becomes more than three bytes of UTF-8 in any of these encodings.
constexpr std::size_t kGrowth = 3;

bool is_high(char byte) {
  return (static_cast<unsigned char>(byte) & 0x80U) != 0;
}

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & kHighBits) != 0) return false;
  }
  return std::none_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_high);
}

std::size_t converted_size_bound(std::string_view raw) {
  const auto high = static_cast<std::size_t>(std::count_if(raw.begin(), raw.end(), is_high));
  return raw.size() + high * (kGrowth - 1);
}

/// Converts all of `raw` into `out`; the bytes written, or nothing where it is not valid.
std::optional<std::size_t> convert(iconv_t descriptor, std::string_view raw, char* out,
                                   std::size_t room) {
  constexpr auto kFailed = static_cast<std::size_t>(-1);
  char* to = out;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): iconv only reads, its type hides that
  char* from = const_cast<char*>(raw.data());
  std::size_t left = raw.size();
  iconv(descriptor, nullptr, nullptr, nullptr, nullptr);
  if (iconv(descriptor, &from, &left, &to, &room) == kFailed) return std::nullopt;
  // Some encodings hold the last character back, waiting for one that combines with it.
  if (iconv(descriptor, nullptr, nullptr, &to, &room) == kFailed) return std::nullopt;
  return static_cast<std::size_t>(to - out);
}

}  // namespace

void TextEncoding::CloseIconv::operator()(void* descriptor) const {
  iconv_close(descriptor);
}

TextEncoding::TextEncoding(std::string_view server_encoding) : name_(server_encoding) {
  if (name_ == "UTF8" || name_ == "SQL_ASCII") return;
  way_ = Way::ascii_only;
  const auto* const known =
      std::find_if(std::begin(kKnown), std::end(kKnown),
                   [&](const KnownEncoding& each) { return each.server == name_; });
  if (known == std::end(kKnown)) return;
  iconv_t descriptor = iconv_open("UTF-8", known->iconv);
  // A system without that conversion module: better undecodable than wrong.
  if (reinterpret_cast<std::intptr_t>(descriptor) == -1) return;
  iconv_.reset(descriptor);
  way_ = Way::iconv;
  if (known->width == Width::many_bytes) return;
  // Byte by byte, because iconv would compose the combining characters of WIN1255 and WIN1258, and
  // the server does not.
  table_ = make_table(descriptor);
  iconv_.reset();
  way_ = Way::table;
}

std::unique_ptr<TextEncoding::Table> TextEncoding::make_table(void* descriptor) {
  auto table = std::make_unique<Table>();
  for (std::size_t i = 0; i < table->size(); ++i) {
    const char byte = static_cast<char>(0x80 + i);
    Character& character = (*table)[i];
    const auto size =
        convert(descriptor, {&byte, 1}, character.bytes.data(), character.bytes.size());
    character.size = static_cast<std::uint8_t>(size.value_or(0));
  }
  return table;
}

std::optional<std::string_view> TextEncoding::to_utf8(std::string_view raw, Arena& arena) const {
  // The server's word is not enough for UTF8 either: old releases let invalid bytes in.
  if (way_ == Way::utf8) return is_utf8(raw) ? std::optional(raw) : std::nullopt;
  if (is_ascii(raw)) return raw;
  if (way_ == Way::table) return by_table(raw, arena);
  if (way_ == Way::iconv) return by_iconv(raw, arena);
  return std::nullopt;
}

std::optional<std::string_view> TextEncoding::by_table(std::string_view raw, Arena& arena) const {
  char* const out = arena.allocate(converted_size_bound(raw));
  char* to = out;
  for (const char byte : raw) {
    if (!is_high(byte)) {
      *to++ = byte;
      continue;
    }
    const Character& character = (*table_)[static_cast<unsigned char>(byte) & 0x7FU];
    if (character.size == 0) return std::nullopt;
    to = std::copy_n(character.bytes.data(), character.size, to);
  }
  return std::string_view(out, static_cast<std::size_t>(to - out));
}

std::optional<std::string_view> TextEncoding::by_iconv(std::string_view raw, Arena& arena) const {
  const std::size_t room = converted_size_bound(raw);
  char* const out = arena.allocate(room);
  const auto size = convert(iconv_.get(), raw, out, room);
  if (!size) return std::nullopt;
  return std::string_view(out, *size);
}

std::string TextEncoding::name_to_utf8(std::string_view raw) const {
  Arena arena;
  if (const auto whole = to_utf8(raw, arena)) return std::string(*whole);
  std::string name;
  while (!raw.empty()) {
    std::size_t size = 1;
    auto character = to_utf8(raw.substr(0, size), arena);
    while (!character && size < std::min(kLongestSequence, raw.size())) {
      character = to_utf8(raw.substr(0, ++size), arena);
    }
    if (character) {
      name += *character;
    } else {
      size = 1;
      name += fmt::format("\\x{:02X}", static_cast<unsigned char>(raw.front()));
    }
    raw.remove_prefix(size);
  }
  return name;
}

}  // namespace cdc::postgres
