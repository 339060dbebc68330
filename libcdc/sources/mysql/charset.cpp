#include "libcdc/sources/mysql/charset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

#include "libcdc/base/error.hpp"
#include "libcdc/base/unicode.hpp"
#include "libcdc/sources/mysql/multi_byte_charset.hpp"
#include "libcdc/sources/mysql/one_byte_charsets.hpp"

namespace cdc::mysql {
namespace {

Value text_between(const char* begin, const char* end) {
  return {ValueKind::text, {begin, static_cast<std::size_t>(end - begin)}};
}

class Utf8 : public Charset {
 public:
  explicit Utf8(std::string_view name) : Charset(name, Form::utf8) {}

 private:
  Value convert(std::string_view bytes, Arena&) const override { return {ValueKind::text, bytes}; }
};

class Ascii : public Charset {
 public:
  Ascii() : Charset("ascii") {}

 private:
  Value convert(std::string_view bytes, Arena&) const override {
    return {is_ascii(bytes) ? ValueKind::text : ValueKind::undecodable, bytes};
  }
};

class OneByte : public Charset {
 public:
  explicit OneByte(const OneByteCharset& table) : Charset(table.name) {
    for (std::size_t i = 0; i < kHalf; ++i) {
      characters_[i] = static_cast<char16_t>(i);
      characters_[kHalf + i] = table.high[i];
    }
  }

 protected:
  static constexpr std::size_t kHalf = 128;
  using Characters = std::array<char16_t, 2 * kHalf>;

  OneByte(std::string_view name, const Characters& characters)
      : Charset(name), characters_(characters) {}

  Value by_table(std::string_view bytes, Arena& arena) const {
    char* const out = arena.allocate(3 * bytes.size());
    char* to = out;
    for (const char each : bytes) {
      const char16_t code = characters_[static_cast<unsigned char>(each)];
      if (code == 0 && each != 0) return {ValueKind::undecodable, bytes};
      to = put_utf8(to, code);
    }
    return text_between(out, to);
  }

 private:
  Value convert(std::string_view bytes, Arena& arena) const override {
    if (is_ascii(bytes)) return {ValueKind::text, bytes};
    return by_table(bytes, arena);
  }

  Characters characters_{};
};

/// Swedish seven-bit text: letters stand where ASCII has brackets.
class Swe7 : public OneByte {
 public:
  Swe7() : OneByte("swe7", characters()) {}

 private:
  static Characters characters() {
    Characters table{};
    for (std::size_t i = 0; i < kHalf - 1; ++i) table[i] = static_cast<char16_t>(i);
    table[0x40] = 0xC9;
    table[0x5B] = 0xC4;
    table[0x5C] = 0xD6;
    table[0x5D] = 0xC5;
    table[0x5E] = 0xDC;
    table[0x60] = 0xE9;
    table[0x7B] = 0xE4;
    table[0x7C] = 0xF6;
    table[0x7D] = 0xE5;
    table[0x7E] = 0xFC;
    return table;
  }

  Value convert(std::string_view bytes, Arena& arena) const override {
    return by_table(bytes, arena);
  }
};

/// UTF-16 in both byte orders, UTF-32 and UCS-2, which has no surrogate pairs.
class Wide : public Charset {
 public:
  enum class Unit : std::uint8_t { ucs2, utf16, utf16le, utf32 };

  Wide(std::string_view name, Unit unit) : Charset(name), unit_(unit) {}

 private:
  Value convert(std::string_view bytes, Arena& arena) const override {
    const std::size_t width = unit_ == Unit::utf32 ? 4 : 2;
    if (bytes.size() % width != 0) return {ValueKind::undecodable, bytes};
    char* const out = arena.allocate(bytes.size() / width * kMostUtf8);
    char* to = out;
    for (std::size_t at = 0; at < bytes.size(); at += width) {
      char32_t code = unit_at(bytes, at, width);
      if (unit_ == Unit::utf16 || unit_ == Unit::utf16le) {
        if (is_first_half(code) && at + width < bytes.size()) {
          at += width;
          code = joined(code, unit_at(bytes, at, width));
        }
      }
      if (!is_character(code)) return {ValueKind::undecodable, bytes};
      to = put_utf8(to, code);
    }
    return text_between(out, to);
  }

  char32_t unit_at(std::string_view bytes, std::size_t at, std::size_t width) const {
    char32_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t place = unit_ == Unit::utf16le ? at + width - 1 - i : at + i;
      value = value << 8U | static_cast<unsigned char>(bytes[place]);
    }
    return value;
  }

  static bool is_first_half(char32_t code) { return code >= 0xD800 && code < 0xDC00; }

  /// The character of two halves; the first half, which is none, where the second is none.
  static char32_t joined(char32_t first, char32_t second) {
    if (second < 0xDC00 || second > 0xDFFF) return first;
    return 0x10000 + ((first - 0xD800) << 10U) + (second - 0xDC00);
  }

  Unit unit_;
};

std::unique_ptr<Charset> make(std::string_view name) {
  if (name == "utf8mb4" || name == "utf8mb3" || name == "utf8") return std::make_unique<Utf8>(name);
  if (name == "ascii") return std::make_unique<Ascii>();
  if (name == "swe7") return std::make_unique<Swe7>();
  if (name == "ucs2") return std::make_unique<Wide>(name, Wide::Unit::ucs2);
  if (name == "utf16") return std::make_unique<Wide>(name, Wide::Unit::utf16);
  if (name == "utf16le") return std::make_unique<Wide>(name, Wide::Unit::utf16le);
  if (name == "utf32") return std::make_unique<Wide>(name, Wide::Unit::utf32);
  for (const OneByteCharset& table : one_byte_charsets()) {
    if (table.name == name) return std::make_unique<OneByte>(table);
  }
  if (auto charset = make_multi_byte_charset(name)) return charset;
  throw Error(Fault::refused, fmt::format("the character set \"{}\" is not known here", name))
      .with_hint("convert the column to utf8mb4, or leave its table out");
}

}  // namespace

const Charset* find_charset(std::string_view name) {
  if (name == "binary") return nullptr;
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Charset>, std::less<>> made;
  const std::lock_guard lock(mutex);
  const auto found = made.find(name);
  if (found != made.end()) return found->second.get();
  return made.emplace(name, make(name)).first->second.get();
}

}  // namespace cdc::mysql
