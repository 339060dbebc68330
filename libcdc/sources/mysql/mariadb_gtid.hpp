#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cdc::mysql {

/// One transaction of MariaDB: `domain-server-sequence`.
struct MariadbGtid {
  std::uint32_t domain = 0;
  std::uint32_t server = 0;
  std::uint64_t sequence = 0;

  bool operator==(const MariadbGtid&) const = default;
};

std::string to_text(const MariadbGtid& gtid);

/// How far MariaDB's log has been read: the last transaction of each domain. It stands for all
/// transactions of that domain with a sequence number up to that one.
class MariadbGtidPosition {
 public:
  MariadbGtidPosition() = default;

  /// `0-10-8,1-10-3`; white space may stand around the parts. Empty text is the empty position.
  /// Throws usage with a hint, also where a domain comes twice.
  static MariadbGtidPosition parse(std::string_view text);

  /// By domain. Lives until the position changes.
  const std::string& text() const;

  /// Makes `gtid` the last one of its domain, also where that goes back: the log's order counts.
  void set(const MariadbGtid& gtid);
  /// Takes the greater sequence number of each domain.
  void add(const MariadbGtidPosition& other);

  std::optional<MariadbGtid> last_of(std::uint32_t domain) const;
  bool contains(const MariadbGtid& gtid) const;
  /// Whether `other` has every domain of this, at the same sequence number or behind it. Servers
  /// are not compared: a failover changes them.
  bool is_subset_of(const MariadbGtidPosition& other) const;
  /// What of this is beyond `other`, domain by domain: of each such domain the last one here.
  MariadbGtidPosition minus(const MariadbGtidPosition& other) const;
  /// The domains of this that `other` does not know.
  std::vector<std::uint32_t> domains_missing_in(const MariadbGtidPosition& other) const;

  std::vector<MariadbGtid> gtids() const;
  bool empty() const { return last_.empty(); }
  bool operator==(const MariadbGtidPosition& other) const { return last_ == other.last_; }

 private:
  std::map<std::uint32_t, MariadbGtid> last_;
  mutable std::string text_;
  mutable bool text_valid_ = true;
};

}  // namespace cdc::mysql
