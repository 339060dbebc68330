#include "libcdc/sources/mysql/gtid_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <limits>
#include <tuple>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {
namespace {

using Intervals = std::map<std::uint64_t, std::uint64_t>;

constexpr std::size_t kUuidText = 36;
constexpr std::size_t kLongestTag = 32;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Cuts off and returns what stands before the next `separator`, or all; without blanks around.
std::string_view take_part(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trim(part);
}

[[noreturn]] void not_a_set(std::string_view part) {
  throw Error(Fault::usage, fmt::format("'{}' is no part of a GTID set", part))
      .with_hint(
          "a set is what SELECT @@gtid_executed prints, for example "
          "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7");
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  if (number == 0 || number > GtidSet::kLastNumber) return std::nullopt;
  return number;
}

/// A tag in the server's lower case; nothing where the text is not one.
std::optional<std::string> parse_tag(std::string_view text) {
  if (text.empty() || text.size() > kLongestTag) return std::nullopt;
  std::string tag;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool letter = upper || (c >= 'a' && c <= 'z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !(digit && !tag.empty())) return std::nullopt;
    tag.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return tag;
}

void insert(Intervals& intervals, std::uint64_t first, std::uint64_t last) {
  auto next = intervals.upper_bound(first);
  if (next != intervals.begin()) {
    const auto before = std::prev(next);
    if (before->second >= first - 1) {
      first = before->first;
      last = std::max(last, before->second);
      next = intervals.erase(before);
    }
  }
  while (next != intervals.end() && next->first <= last + 1) {
    last = std::max(last, next->second);
    next = intervals.erase(next);
  }
  intervals.emplace_hint(next, first, last);
}

Intervals intersect(const Intervals& a, const Intervals& b) {
  Intervals both;
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() && right != b.end()) {
    const std::uint64_t first = std::max(left->first, right->first);
    const std::uint64_t last = std::min(left->second, right->second);
    if (first <= last) both.emplace_hint(both.end(), first, last);
    if (left->second < right->second) {
      ++left;
    } else {
      ++right;
    }
  }
  return both;
}

Intervals subtract(const Intervals& a, const Intervals& b) {
  Intervals rest;
  auto hole = b.begin();
  for (const auto& [start, last] : a) {
    std::uint64_t first = start;
    while (hole != b.end() && hole->second < first) ++hole;
    // A hole may reach into the next interval: it stays for that one.
    for (; hole != b.end() && hole->first <= last; ++hole) {
      if (hole->first > first) rest.emplace_hint(rest.end(), first, hole->first - 1);
      first = hole->second + 1;
      if (hole->second >= last) break;
    }
    if (first <= last) rest.emplace_hint(rest.end(), first, last);
  }
  return rest;
}

bool covers(const Intervals& intervals, std::uint64_t first, std::uint64_t last) {
  const auto next = intervals.upper_bound(first);
  return next != intervals.begin() && std::prev(next)->second >= last;
}

/// Makes the decimal number that ends at `end` one greater; false where it has no room to grow.
bool increment(std::string& text, std::size_t end) {
  for (std::size_t at = end; at-- > 0;) {
    char& digit = text[at];
    if (digit >= '0' && digit < '9') {
      ++digit;
      return true;
    }
    if (digit != '9') return false;
    digit = '0';
  }
  return false;
}

/// "000102...ff": once per transaction a UUID is written, and a digit at a time would show.
constexpr std::array<char, 512> make_hex_pairs() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (std::size_t i = 0; i < 256; ++i) {
    pairs[2 * i] = kDigits[i >> 4];
    pairs[2 * i + 1] = kDigits[i & 15U];
  }
  return pairs;
}

constexpr std::array<char, 512> kHexPairs = make_hex_pairs();

void put_little(std::string& out, std::uint64_t number, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
  const bool dashes = text.size() == kUuidText;
  if (!dashes && text.size() != 2 * sizeof(Uuid)) return std::nullopt;
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    const bool dash_here = i == 4 || i == 6 || i == 8 || i == 10;
    if (dashes && dash_here && text[at++] != '-') return std::nullopt;
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    uuid[i] = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return uuid;
}

void put_uuid(const Uuid& uuid, char* out) {
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    std::memcpy(out, kHexPairs.data() + std::size_t{2} * uuid[i], 2);
    out += 2;
    if (i == 3 || i == 5 || i == 7 || i == 9) *out++ = '-';
  }
}

std::string uuid_text(const Uuid& uuid) {
  std::string text(kUuidText, '-');
  put_uuid(uuid, text.data());
  return text;
}

void gtid_text(const Gtid& gtid, std::string& out) {
  out.resize(kUuidText);
  put_uuid(gtid.uuid, out.data());
  if (!gtid.tag.empty()) {
    out += ':';
    out += gtid.tag;
  }
  out += ':';
  const fmt::format_int number(gtid.number);
  out.append(number.data(), number.size());
}

std::string gtid_text(const Gtid& gtid) {
  std::string text;
  gtid_text(gtid, text);
  return text;
}

GtidSet GtidSet::parse(std::string_view text) {
  GtidSet set;
  while (!text.empty()) {
    std::string_view server = take_part(text, ',');
    if (server.empty()) continue;
    const std::string_view first = take_part(server, ':');
    const auto uuid = parse_uuid(first);
    if (!uuid) not_a_set(first);
    if (server.empty()) not_a_set(first);
    std::string tag;
    bool wants_interval = true;
    while (!server.empty()) {
      const std::string_view part = take_part(server, ':');
      if (auto next_tag = parse_tag(part)) {
        tag = *next_tag;
        wants_interval = true;
        continue;
      }
      std::string_view last = part;
      const auto from = parse_number(take_part(last, '-'));
      const auto to = last.empty() ? from : parse_number(trim(last));
      if (!from || !to || *to < *from || part.back() == '-') not_a_set(part);
      set.add(*uuid, tag, *from, *to);
      wants_interval = false;
    }
    if (wants_interval) not_a_set(first);
  }
  return set;
}

GtidSet GtidSet::decode(std::string_view bytes) {
  constexpr std::size_t kIntervalSize = 16;
  const auto malformed = [] { return Error(Fault::protocol, "a binary GTID set is malformed"); };
  LittleReader in(bytes);
  GtidSet set;
  const std::uint64_t head = in.u64();
  // With tags the number of servers stands between two bytes 01.
  const bool tagged = head >> 56 == 1;
  if (head >> 56 > 1 || (tagged && (head & 0xffU) != 1)) throw malformed();
  std::uint64_t servers = tagged ? head << 8 >> 16 : head;
  for (; servers != 0 && in.ok(); --servers) {
    Uuid uuid{};
    const std::string_view id = in.bytes(uuid.size());
    std::copy(id.begin(), id.end(), uuid.begin());
    std::string tag;
    if (tagged) {
      const std::uint8_t length = in.u8();
      const std::string_view name = in.bytes(length >> 1);
      if (!name.empty()) tag = parse_tag(name).value_or("");
      if ((length & 1U) != 0 || tag != name) throw malformed();
    }
    std::uint64_t intervals = in.u64();
    if (intervals > in.remaining() / kIntervalSize) throw malformed();
    for (; intervals != 0; --intervals) {
      const std::uint64_t first = in.u64();
      const std::uint64_t end = in.u64();
      if (first == 0 || end <= first || end > kLastNumber + 1) throw malformed();
      set.add(uuid, tag, first, end - 1);
    }
  }
  if (!in.ok() || in.remaining() != 0) throw malformed();
  return set;
}

std::string GtidSet::encode() const {
  std::string out;
  const bool tagged = has_tags();
  if (tagged) {
    put_little(out, 1, 1);
    put_little(out, sources_.size(), 6);
    put_little(out, 1, 1);
  } else {
    put_little(out, sources_.size(), 8);
  }
  for (const Source& source : sources_) {
    out.append(source.uuid.begin(), source.uuid.end());
    if (tagged) {
      put_little(out, source.tag.size() << 1, 1);
      out += source.tag;
    }
    put_little(out, source.intervals.size(), 8);
    for (const auto& [first, last] : source.intervals) {
      put_little(out, first, 8);
      put_little(out, last + 1, 8);
    }
  }
  return out;
}

const std::string& GtidSet::text() const {
  if (!text_valid_) render();
  return text_;
}

void GtidSet::render() const {
  text_.clear();
  const Uuid* uuid = nullptr;
  for (const Source& source : sources_) {
    if (uuid == nullptr || *uuid != source.uuid) {
      if (uuid != nullptr) text_ += ',';
      uuid = &source.uuid;
      text_.resize(text_.size() + kUuidText);
      put_uuid(*uuid, text_.data() + text_.size() - kUuidText);
    }
    if (!source.tag.empty()) text_.append(":").append(source.tag);
    for (const auto& [first, last] : source.intervals) {
      fmt::format_to(std::back_inserter(text_), ":{}", first);
      if (last != first) fmt::format_to(std::back_inserter(text_), "-{}", last);
    }
    source.text_end = text_.size();
  }
  text_valid_ = true;
}

std::size_t GtidSet::lower_bound(const Uuid& uuid, std::string_view tag) const {
  const auto at = std::lower_bound(sources_.begin(), sources_.end(), std::tie(uuid, tag),
                                   [](const Source& source, const auto& wanted) {
                                     const std::string_view own_tag = source.tag;
                                     return std::tie(source.uuid, own_tag) < wanted;
                                   });
  return static_cast<std::size_t>(at - sources_.begin());
}

const GtidSet::Source* GtidSet::find(const Uuid& uuid, std::string_view tag) const {
  const std::size_t at = lower_bound(uuid, tag);
  return at < sources_.size() && sources_[at].is(uuid, tag) ? &sources_[at] : nullptr;
}

GtidSet::Source& GtidSet::source(const Uuid& uuid, std::string_view tag) {
  if (last_used_ < sources_.size() && sources_[last_used_].is(uuid, tag)) {
    return sources_[last_used_];
  }
  last_used_ = lower_bound(uuid, tag);
  if (last_used_ == sources_.size() || !sources_[last_used_].is(uuid, tag)) {
    const auto at = sources_.begin() + static_cast<std::ptrdiff_t>(last_used_);
    sources_.insert(at, Source{uuid, std::string(tag), {}, 0});
    text_valid_ = false;
  }
  return sources_[last_used_];
}

bool GtidSet::add(const Gtid& gtid) {
  if (gtid.number == 0 || gtid.number > kLastNumber) {
    throw Error(Fault::internal, fmt::format("{} is no GTID", gtid_text(gtid)));
  }
  Source& own = source(gtid.uuid, gtid.tag);
  if (!own.intervals.empty()) {
    auto& [first, last] = *own.intervals.rbegin();
    if (gtid.number == last + 1) {
      text_valid_ = text_valid_ && first != last && increment(text_, own.text_end);
      last = gtid.number;
      return true;
    }
    if (covers(own.intervals, gtid.number, gtid.number)) return false;
  }
  text_valid_ = false;
  insert(own.intervals, gtid.number, gtid.number);
  return true;
}

void GtidSet::add(const Uuid& uuid, std::string_view tag, std::uint64_t first, std::uint64_t last) {
  if (first == 0 || last < first || last > kLastNumber) {
    throw Error(Fault::internal, fmt::format("{}-{} is no interval of GTIDs", first, last));
  }
  insert(source(uuid, tag).intervals, first, last);
  text_valid_ = false;
}

void GtidSet::add(const GtidSet& other) {
  if (&other == this) return;
  for (const Source& from : other.sources_) {
    Intervals& intervals = source(from.uuid, from.tag).intervals;
    for (const auto& [first, last] : from.intervals) insert(intervals, first, last);
  }
  text_valid_ = false;
}

void GtidSet::remove(const GtidSet& other) {
  *this = minus(other);
}

bool GtidSet::contains(const Gtid& gtid) const {
  const Source* own = find(gtid.uuid, gtid.tag);
  return own != nullptr && covers(own->intervals, gtid.number, gtid.number);
}

bool GtidSet::is_subset_of(const GtidSet& other) const {
  return std::all_of(sources_.begin(), sources_.end(), [&](const Source& own) {
    const Source* theirs = other.find(own.uuid, own.tag);
    return theirs != nullptr &&
           std::all_of(own.intervals.begin(), own.intervals.end(), [&](const auto& interval) {
             return covers(theirs->intervals, interval.first, interval.second);
           });
  });
}

GtidSet GtidSet::minus(const GtidSet& other) const {
  GtidSet rest;
  for (const Source& own : sources_) {
    const Source* theirs = other.find(own.uuid, own.tag);
    Intervals intervals =
        theirs == nullptr ? own.intervals : subtract(own.intervals, theirs->intervals);
    rest.append(own, std::move(intervals));
  }
  return rest;
}

GtidSet GtidSet::united_with(const GtidSet& other) const {
  GtidSet all = *this;
  all.add(other);
  return all;
}

GtidSet GtidSet::intersected_with(const GtidSet& other) const {
  GtidSet both;
  for (const Source& own : sources_) {
    const Source* theirs = other.find(own.uuid, own.tag);
    if (theirs != nullptr) both.append(own, intersect(own.intervals, theirs->intervals));
  }
  return both;
}

void GtidSet::append(const Source& like, Intervals intervals) {
  if (intervals.empty()) return;
  sources_.push_back({like.uuid, like.tag, std::move(intervals), 0});
  text_valid_ = false;
}

bool GtidSet::has_tags() const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [](const Source& source) { return !source.tag.empty(); });
}

std::uint64_t GtidSet::count() const {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t count = 0;
  for (const Source& source : sources_) {
    for (const auto& [first, last] : source.intervals) {
      const std::uint64_t size = last - first + 1;
      count = size > kMost - count ? kMost : count + size;
    }
  }
  return count;
}

bool GtidSet::operator==(const GtidSet& other) const {
  return std::equal(sources_.begin(), sources_.end(), other.sources_.begin(), other.sources_.end(),
                    [](const Source& a, const Source& b) {
                      return a.is(b.uuid, b.tag) && a.intervals == b.intervals;
                    });
}

}  // namespace cdc::mysql
