#include "libcdc/sources/mysql/mariadb_gtid.hpp"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "libcdc/base/error.hpp"

namespace cdc::mysql {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Reads a number and the `end` behind it, or the end of the text where that is 0.
template <typename Number>
bool take_number(std::string_view& text, Number& number, char end) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  if (end == 0) return text.empty();
  if (text.empty() || text.front() != end) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<MariadbGtid> parse_gtid(std::string_view text) {
  MariadbGtid gtid;
  const bool whole = take_number(text, gtid.domain, '-') && take_number(text, gtid.server, '-') &&
                     take_number(text, gtid.sequence, 0);
  return whole ? std::optional(gtid) : std::nullopt;
}

Error not_a_position(const std::string& problem) {
  return Error(Fault::usage, problem)
      .with_hint(
          "a position is what SELECT @@gtid_binlog_pos prints: DOMAIN-SERVER-SEQUENCE of each "
          "domain, for example 0-10-8,1-10-3");
}

}  // namespace

std::string to_text(const MariadbGtid& gtid) {
  return fmt::format("{}-{}-{}", gtid.domain, gtid.server, gtid.sequence);
}

MariadbGtidPosition MariadbGtidPosition::parse(std::string_view text) {
  MariadbGtidPosition position;
  if (trim(text).empty()) return position;
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    const std::string_view part = trim(text.substr(0, comma));
    if (more) text.remove_prefix(comma + 1);
    const auto gtid = parse_gtid(part);
    if (!gtid) throw not_a_position(fmt::format("'{}' is no GTID of MariaDB", part));
    if (!position.last_.emplace(gtid->domain, *gtid).second) {
      throw not_a_position(fmt::format("the position has domain {} twice", gtid->domain));
    }
  }
  position.text_valid_ = false;
  return position;
}

const std::string& MariadbGtidPosition::text() const {
  if (text_valid_) return text_;
  text_.clear();
  for (const auto& [domain, gtid] : last_) {
    fmt::format_to(std::back_inserter(text_), "{}{}-{}-{}", text_.empty() ? "" : ",", domain,
                   gtid.server, gtid.sequence);
  }
  text_valid_ = true;
  return text_;
}

void MariadbGtidPosition::set(const MariadbGtid& gtid) {
  last_[gtid.domain] = gtid;
  text_valid_ = false;
}

void MariadbGtidPosition::add(const MariadbGtidPosition& other) {
  for (const auto& [domain, gtid] : other.last_) {
    const auto own = last_.find(domain);
    if (own == last_.end() || own->second.sequence < gtid.sequence) set(gtid);
  }
}

std::optional<MariadbGtid> MariadbGtidPosition::last_of(std::uint32_t domain) const {
  const auto own = last_.find(domain);
  return own == last_.end() ? std::nullopt : std::optional(own->second);
}

bool MariadbGtidPosition::contains(const MariadbGtid& gtid) const {
  const auto own = last_.find(gtid.domain);
  return own != last_.end() && gtid.sequence <= own->second.sequence;
}

bool MariadbGtidPosition::is_subset_of(const MariadbGtidPosition& other) const {
  for (const auto& [domain, gtid] : last_) {
    if (!other.contains(gtid)) return false;
  }
  return true;
}

MariadbGtidPosition MariadbGtidPosition::minus(const MariadbGtidPosition& other) const {
  MariadbGtidPosition rest;
  for (const auto& [domain, gtid] : last_) {
    if (!other.contains(gtid)) rest.set(gtid);
  }
  return rest;
}

std::vector<std::uint32_t> MariadbGtidPosition::domains_missing_in(
    const MariadbGtidPosition& other) const {
  std::vector<std::uint32_t> missing;
  for (const auto& [domain, gtid] : last_) {
    if (other.last_.count(domain) == 0) missing.push_back(domain);
  }
  return missing;
}

std::vector<MariadbGtid> MariadbGtidPosition::gtids() const {
  std::vector<MariadbGtid> all;
  for (const auto& [domain, gtid] : last_) all.push_back(gtid);
  return all;
}

}  // namespace cdc::mysql
