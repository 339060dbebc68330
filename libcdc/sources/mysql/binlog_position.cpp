#include "libcdc/sources/mysql/binlog_position.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "libcdc/base/error.hpp"

namespace cdc::mysql {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// What stands behind the last dot: the number of a log file.
std::string_view suffix(std::string_view file) {
  const std::size_t dot = file.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : file.substr(dot + 1);
}

/// Compares digits as numbers of any length.
std::strong_ordering compare_digits(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

/// Of two sets: a subset is less.
template <typename Set>
std::partial_ordering compare_sets(const Set& a, const Set& b) {
  const bool within = a.is_subset_of(b);
  const bool around = b.is_subset_of(a);
  if (within && around) return std::partial_ordering::equivalent;
  if (within) return std::partial_ordering::less;
  return around ? std::partial_ordering::greater : std::partial_ordering::unordered;
}

std::partial_ordering compare(const GtidPosition& a, const GtidPosition& b) {
  if (const auto* left = std::get_if<GtidSet>(&a)) {
    const auto* right = std::get_if<GtidSet>(&b);
    if (right != nullptr) return compare_sets(*left, *right);
  }
  if (const auto* left = std::get_if<MariadbGtidPosition>(&a)) {
    const auto* right = std::get_if<MariadbGtidPosition>(&b);
    if (right != nullptr) return compare_sets(*left, *right);
  }
  return std::partial_ordering::unordered;
}

std::string_view text_of(const GtidPosition& gtids) {
  if (const auto* set = std::get_if<GtidSet>(&gtids)) return set->text();
  if (const auto* position = std::get_if<MariadbGtidPosition>(&gtids)) return position->text();
  return {};
}

/// Only sets of MySQL have colons.
GtidPosition parse_gtids(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return GtidSet::parse(text);
  return MariadbGtidPosition::parse(text);
}

Error not_a_position(std::string_view text) {
  return Error(Fault::usage, fmt::format("'{}' is no position in a binlog", text))
      .with_hint(
          "give FILE:OFFSET (binlog.000007:4), a GTID set, or FILE:OFFSET GTIDSET; SHOW BINARY LOG "
          "STATUS (MySQL) and SHOW MASTER STATUS (MariaDB) print them");
}

}  // namespace

std::string to_text(const BinlogPosition& position) {
  return fmt::format("{}:{}", position.file, position.offset);
}

std::optional<BinlogPosition> parse_binlog_position(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  BinlogPosition position{std::string(text.substr(0, colon)), 0};
  const std::string_view digits = text.substr(colon + 1);
  if (!all_digits(digits) || !all_digits(suffix(position.file))) return std::nullopt;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, position.offset);
  if (error != std::errc{}) return std::nullopt;
  return position;
}

std::string file_behind(const std::string& file) {
  const std::size_t width = suffix(file).size();
  std::string next = file;
  std::size_t digit = next.size();
  while (digit > next.size() - width && next[digit - 1] == '9') next[--digit] = '0';
  if (digit > next.size() - width) {
    ++next[digit - 1];
  } else {
    next.insert(digit, 1, '1');
  }
  return next;
}

std::partial_ordering compare(const BinlogPosition& a, const BinlogPosition& b) {
  const std::string_view left = suffix(a.file);
  const std::string_view right = suffix(b.file);
  const std::string_view left_base(a.file.data(), a.file.size() - left.size());
  const std::string_view right_base(b.file.data(), b.file.size() - right.size());
  if (left_base != right_base || !all_digits(left) || !all_digits(right)) {
    return a == b ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
  }
  const std::strong_ordering files = compare_digits(left, right);
  return files != std::strong_ordering::equal ? files : a.offset <=> b.offset;
}

bool is_empty(const GtidPosition& gtids) {
  return text_of(gtids).empty();
}

GtidPosition minus(const GtidPosition& part, const GtidPosition& whole) {
  const auto* own_set = std::get_if<GtidSet>(&part);
  const auto* set = std::get_if<GtidSet>(&whole);
  if (own_set != nullptr && set != nullptr) return own_set->minus(*set);
  const auto* own_position = std::get_if<MariadbGtidPosition>(&part);
  const auto* position = std::get_if<MariadbGtidPosition>(&whole);
  if (own_position != nullptr && position != nullptr) return own_position->minus(*position);
  return part;
}

ResumePosition parse_resume_position(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) throw not_a_position(text);
  std::string_view rest = text.substr(first);
  rest = rest.substr(0, rest.find_last_not_of(kBlanks) + 1);
  ResumePosition position;
  const std::size_t blank = std::min(rest.find_first_of(kBlanks), rest.size());
  position.binlog = parse_binlog_position(rest.substr(0, blank));
  if (position.binlog)
    rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks, blank), rest.size()));
  if (rest.empty()) return position;
  try {
    position.gtids = parse_gtids(rest);
  } catch (const Error& error) {
    throw not_a_position(text).caused_by(error);
  }
  return position;
}

void put_resume_position(std::string_view file, std::uint64_t offset, std::string_view gtids,
                         std::string& out) {
  const fmt::format_int digits(offset);
  out.assign(file);
  out += ':';
  out.append(digits.data(), digits.size());
  if (gtids.empty()) return;
  out += ' ';
  out += gtids;
}

std::string to_text(const ResumePosition& position) {
  const std::string_view gtids = text_of(position.gtids);
  std::string text(gtids);
  if (position.binlog) {
    put_resume_position(position.binlog->file, position.binlog->offset, gtids, text);
  }
  return text;
}

std::partial_ordering compare(const ResumePosition& a, const ResumePosition& b) {
  if (a.binlog && b.binlog) {
    const std::partial_ordering places = compare(*a.binlog, *b.binlog);
    if (places != std::partial_ordering::unordered) return places;
  }
  return compare(a.gtids, b.gtids);
}

}  // namespace cdc::mysql
