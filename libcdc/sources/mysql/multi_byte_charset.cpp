#include "libcdc/sources/mysql/multi_byte_charset.hpp"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include "libcdc/base/error.hpp"
#include "libcdc/base/unicode.hpp"

namespace cdc::mysql {
namespace {

/// Codes from `first` to `last` are the characters from `to` on; 0: no characters.
struct Patch {
  std::uint32_t first;
  std::uint32_t last;
  char16_t to;
};

constexpr Patch kNoHighSingles[] = {{0x80, 0xA0, 0}};

constexpr Patch kBig5[] = {
    {0x80, 0xA0, 0},          {0xA145, 0xA145, 0x2022}, {0xA14E, 0xA14E, 0xFF64},
    {0xA15A, 0xA15A, 0},      {0xA1C2, 0xA1C2, 0x203E}, {0xA1C3, 0xA1C3, 0},
    {0xA1C5, 0xA1C5, 0},      {0xA1E3, 0xA1E3, 0x223C}, {0xA1F2, 0xA1F2, 0x2641},
    {0xA1F3, 0xA1F3, 0x2609}, {0xA1FE, 0xA1FE, 0},      {0xA240, 0xA240, 0},
    {0xA241, 0xA241, 0xFF0F}, {0xA242, 0xA242, 0xFF3C}, {0xA244, 0xA244, 0x00A5},
    {0xA246, 0xA247, 0x00A2}, {0xA2CC, 0xA2CC, 0},      {0xA2CE, 0xA2CE, 0},
    {0xA3E1, 0xA3E1, 0},      {0xC6A1, 0xC6A1, 0x30FE}, {0xC6A2, 0xC6A3, 0x309D},
    {0xC6A4, 0xC6A4, 0x3005}, {0xC6A5, 0xC6F7, 0x3041}, {0xC6F8, 0xC6FE, 0x30A1},
    {0xC740, 0xC77E, 0x30A8}, {0xC7A1, 0xC7B0, 0x30E7}, {0xC7B1, 0xC7B2, 0x0414},
    {0xC7B3, 0xC7B3, 0x0401}, {0xC7B4, 0xC7BA, 0x0416}, {0xC7BB, 0xC7CD, 0x0423},
    {0xC7CE, 0xC7CE, 0x0451}, {0xC7CF, 0xC7E8, 0x0436}, {0xC7E9, 0xC7F2, 0x2460},
    {0xC7F3, 0xC7FC, 0x2474}, {0xC7FD, 0xC7FE, 0},      {0xC840, 0xC87E, 0},
    {0xC8A1, 0xC8FE, 0},      {0xF9DD, 0xF9FE, 0},
};

constexpr Patch kGb18030[] = {
    {0x80, 0xA0, 0},
    {0x82359037, 0x82359039, 0x9FB4},
    {0x82359130, 0x82359134, 0x9FB7},
    {0x84318236, 0x84318239, 0xFE10},
    {0x84318330, 0x84318335, 0xFE14},
    {0x8431A437, 0x8431A437, 0},
    {0xA6D9, 0xA6DF, 0xE78D},
    {0xA6EC, 0xA6ED, 0xE794},
    {0xA6F3, 0xA6F3, 0xE796},
    {0xFE51, 0xFE53, 0xE816},
    {0xFE59, 0xFE59, 0xE81E},
    {0xFE61, 0xFE61, 0xE826},
    {0xFE66, 0xFE67, 0xE82B},
    {0xFE6C, 0xFE6D, 0xE831},
    {0xFE76, 0xFE76, 0xE83B},
    {0xFE7E, 0xFE7E, 0xE843},
    {0xFE90, 0xFE91, 0xE854},
    {0xFEA0, 0xFEA0, 0xE864},
};

constexpr Patch kSjis[] = {{0x5C, 0x5C, 0x5C}, {0x7E, 0x7E, 0x7E}, {0x815F, 0x815F, 0x5C}};

constexpr Patch kUjis[] = {{0x80, 0xA0, 0}, {0xA1C0, 0xA1C0, 0x5C}, {0x8FA2B7, 0x8FA2B7, 0x7E}};

enum class Longest : std::uint8_t { two_bytes, three_bytes, four_bytes };
enum class UserArea : std::uint8_t { none, euc };

/// The name that iconv has for it, and where the server differs, which was compared character by
/// character with MySQL 9.7 and MariaDB 10.11.
struct Known {
  std::string_view name;
  const char* iconv;
  std::span<const Patch> patches;
  Longest longest = Longest::two_bytes;
  UserArea user_area = UserArea::none;
};

constexpr Known kKnown[] = {
    {"gbk", "GBK", kNoHighSingles},
    {"gb2312", "EUC-CN", {}},
    {"gb18030", "GB18030", kGb18030, Longest::four_bytes},
    {"big5", "BIG5", kBig5},
    {"sjis", "SJIS", kSjis},
    {"cp932", "CP932", {}},
    {"ujis", "EUC-JP", kUjis, Longest::three_bytes, UserArea::euc},
    {"eucjpms", "EUC-JP-MS", kNoHighSingles, Longest::three_bytes},
    {"euckr", "UHC", {}},
};

class Iconv {
 public:
  explicit Iconv(const Known& known)
      : descriptor_(iconv_open(std::endian::native == std::endian::little ? "UTF-32LE" : "UTF-32BE",
                               known.iconv)) {
    if (reinterpret_cast<std::intptr_t>(descriptor_) != -1) return;
    throw Error(Fault::refused,
                fmt::format("iconv of this machine cannot convert {}, which the server's "
                            "character set {} needs",
                            known.iconv, known.name))
        .with_hint("install the conversion modules of the C library (gconv)");
  }
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;
  ~Iconv() { iconv_close(descriptor_); }

  /// The one character that the last `size` bytes of `code` are; 0 where they are not.
  char32_t character(std::uint32_t code, std::size_t size) {
    std::array<char, 4> bytes{};
    for (std::size_t i = 0; i < size; ++i) {
      bytes[i] = static_cast<char>(code >> (8 * (size - 1 - i)));
    }
    std::array<char32_t, 4> characters{};
    char* from = bytes.data();
    char* to = reinterpret_cast<char*>(characters.data());
    std::size_t left = size;
    std::size_t room = sizeof characters;
    iconv(descriptor_, nullptr, nullptr, nullptr, nullptr);
    if (iconv(descriptor_, &from, &left, &to, &room) == static_cast<std::size_t>(-1)) return 0;
    const bool one = room == sizeof characters - sizeof(char32_t);
    return one ? characters.front() : 0;
  }

 private:
  iconv_t descriptor_;
};

constexpr std::size_t kPairs = 0x10000;
constexpr std::uint32_t kThreeByteLead = 0x8F;
/// Codes of four bytes count through a decimal digit, 126 bytes, a decimal digit and the first
/// byte. Those of the basic plane come first, the other planes follow in one row.
constexpr std::uint32_t kBasicPlane = 39420;
constexpr std::uint32_t kOtherPlanes = 189000;
constexpr std::uint32_t kFirstOther = 0x10000;

constexpr std::uint32_t four_byte_index(std::uint32_t code) {
  const std::uint32_t first = (code >> 24U) - 0x81;
  const std::uint32_t second = (code >> 16U & 0xFFU) - 0x30;
  const std::uint32_t third = (code >> 8U & 0xFFU) - 0x81;
  const std::uint32_t fourth = (code & 0xFFU) - 0x30;
  return ((first * 10 + second) * 126 + third) * 10 + fourth;
}

constexpr std::uint32_t four_byte_code(std::uint32_t index) {
  const std::uint32_t fourth = index % 10 + 0x30;
  const std::uint32_t third = index / 10 % 126 + 0x81;
  const std::uint32_t second = index / 1260 % 10 + 0x30;
  return (index / 12600 + 0x81) << 24U | second << 16U | third << 8U | fourth;
}

/// By tables, which are filled from iconv once: faster than iconv, and without its state, so that
/// threads share them.
class MultiByteCharset : public Charset {
 public:
  explicit MultiByteCharset(const Known& known) : Charset(known.name), pairs_(kPairs) {
    Iconv iconv(known);
    fill(iconv, known.longest);
    if (known.user_area == UserArea::euc) fill_user_area();
    for (const Patch& patch : known.patches) apply(patch);
  }

 private:
  Value convert(std::string_view bytes, Arena& arena) const override {
    if (is_ascii(bytes)) return {ValueKind::text, bytes};
    char* const out = arena.allocate(3 * bytes.size());
    char* to = out;
    for (std::string_view left = bytes; !left.empty();) {
      const char32_t code = next(left);
      if (code == kNone) return {ValueKind::undecodable, bytes};
      to = put_utf8(to, code);
    }
    return {ValueKind::text, {out, static_cast<std::size_t>(to - out)}};
  }

  static constexpr char32_t kNone = 0xFFFFFFFF;

  static std::uint32_t byte(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  }

  /// Takes one character off the front of `left`.
  char32_t next(std::string_view& left) const {
    const std::uint32_t first = byte(left, 0);
    if (first == 0 || singles_[first] != 0) {
      left.remove_prefix(1);
      return singles_[first];
    }
    if (left.size() < 2) return kNone;
    const std::uint32_t pair = first << 8U | byte(left, 1);
    if (const char16_t code = pairs_[pair]; code != 0) {
      left.remove_prefix(2);
      return code;
    }
    if (first == kThreeByteLead && !triples_.empty()) return next_triple(left);
    if (!fours_.empty()) return next_four(left);
    return kNone;
  }

  char32_t next_triple(std::string_view& left) const {
    if (left.size() < 3) return kNone;
    const char16_t code = triples_[byte(left, 1) << 8U | byte(left, 2)];
    left.remove_prefix(3);
    return code == 0 ? kNone : code;
  }

  char32_t next_four(std::string_view& left) const {
    const auto is_digit = [&](std::size_t i) { return left[i] >= '0' && left[i] <= '9'; };
    const auto is_lead = [&](std::size_t i) {
      return byte(left, i) > 0x80 && byte(left, i) < 0xFF;
    };
    if (left.size() < 4 || !is_lead(0) || !is_digit(1) || !is_lead(2) || !is_digit(3)) return kNone;
    const std::uint32_t index = four_byte_index(byte(left, 0) << 24U | byte(left, 1) << 16U |
                                                byte(left, 2) << 8U | byte(left, 3));
    left.remove_prefix(4);
    if (index < kBasicPlane) return fours_[index] == 0 ? kNone : fours_[index];
    if (index < kOtherPlanes) return kNone;
    const char32_t code = kFirstOther + (index - kOtherPlanes);
    return is_character(code) ? code : kNone;
  }

  void fill(Iconv& iconv, Longest longest) {
    for (std::uint32_t i = 0; i < singles_.size(); ++i) {
      singles_[i] = static_cast<char16_t>(iconv.character(i, 1));
    }
    for (std::uint32_t i = 0x8000; i < kPairs; ++i) {
      pairs_[i] = static_cast<char16_t>(iconv.character(i, 2));
    }
    if (longest == Longest::three_bytes) {
      triples_.resize(kPairs);
      for (std::uint32_t i = 0xA000; i < kPairs; ++i) {
        triples_[i] = static_cast<char16_t>(iconv.character(kThreeByteLead << 16U | i, 3));
      }
    }
    if (longest != Longest::four_bytes) return;
    fours_.resize(kBasicPlane);
    for (std::uint32_t i = 0; i < kBasicPlane; ++i) {
      fours_[i] = static_cast<char16_t>(iconv.character(four_byte_code(i), 4));
    }
  }

  /// Ten rows of 94 characters at the end of both planes, which iconv leaves empty.
  void fill_user_area() {
    constexpr std::uint32_t kRow = 94;
    for (std::uint32_t i = 0; i < 10 * kRow; ++i) {
      const std::uint32_t code = (0xF5 + i / kRow) << 8U | (0xA1 + i % kRow);
      pairs_[code] = static_cast<char16_t>(0xE000 + i);
      triples_[code] = static_cast<char16_t>(0xE000 + 10 * kRow + i);
    }
  }

  void apply(const Patch& patch) {
    char16_t to = patch.to;
    for (std::uint32_t code = patch.first; code <= patch.last; ++code) {
      place_of(code) = to;
      if (to != 0) ++to;
    }
  }

  char16_t& place_of(std::uint32_t code) {
    if (code < 0x100) return singles_[code];
    if (code < 0x10000) return pairs_[code];
    if (code < 0x1000000) return triples_[code & 0xFFFFU];
    return fours_[four_byte_index(code)];
  }

  std::array<char16_t, 256> singles_{};
  std::vector<char16_t> pairs_;
  std::vector<char16_t> triples_;
  std::vector<char16_t> fours_;
};

}  // namespace

std::unique_ptr<Charset> make_multi_byte_charset(std::string_view name) {
  const auto* const known = std::find_if(std::begin(kKnown), std::end(kKnown),
                                         [&](const Known& each) { return each.name == name; });
  if (known == std::end(kKnown)) return nullptr;
  return std::make_unique<MultiByteCharset>(*known);
}

}  // namespace cdc::mysql
