#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cdc::mysql {

/// A server's UUID, in the order of its text.
using Uuid = std::array<std::uint8_t, 16>;

/// With or without dashes, in any case; nothing where the text is not one.
std::optional<Uuid> parse_uuid(std::string_view text);
/// Lower case with dashes.
std::string uuid_text(const Uuid& uuid);
/// Writes uuid_text to `out`, which has room for 36 characters.
void put_uuid(const Uuid& uuid, char* out);

/// One transaction of MySQL.
struct Gtid {
  Uuid uuid{};
  std::string_view tag;  ///< lower case; empty: none
  std::uint64_t number = 0;
};

/// `uuid:number` or `uuid:tag:number`.
std::string gtid_text(const Gtid& gtid);
/// Replaces what `out` holds: for a caller that writes one per transaction.
void gtid_text(const Gtid& gtid, std::string& out);

/// A set of MySQL's transactions, as gtid_executed has them. Numbers are 1 to 2^63 - 2.
class GtidSet {
 public:
  static constexpr std::uint64_t kLastNumber = 0x7ffffffffffffffeULL;

  GtidSet() = default;

  /// The server's notation: `uuid:1-5:7, uuid:tag:1-3:other_tag:1`. White space may stand around
  /// every part, intervals in any order, overlapping too. Empty text is the empty set. Throws usage
  /// with a hint.
  static GtidSet parse(std::string_view text);
  /// The form of COM_BINLOG_DUMP_GTID and PREVIOUS_GTIDS, with or without tags. Throws protocol.
  static GtidSet decode(std::string_view bytes);
  /// That form; the one with tags only where there are any.
  std::string encode() const;

  /// As the server prints it, without line breaks; empty for the empty set. Cheap to ask again
  /// after add() has made the last interval of a server grow by one. Lives until the set changes.
  const std::string& text() const;

  /// Adds one transaction; false where it was in there. Numbers out of range are internal errors.
  bool add(const Gtid& gtid);
  /// Adds `first` to `last`, both included.
  void add(const Uuid& uuid, std::string_view tag, std::uint64_t first, std::uint64_t last);
  void add(const GtidSet& other);
  void remove(const GtidSet& other);

  bool contains(const Gtid& gtid) const;
  bool is_subset_of(const GtidSet& other) const;
  GtidSet minus(const GtidSet& other) const;
  GtidSet united_with(const GtidSet& other) const;
  GtidSet intersected_with(const GtidSet& other) const;

  bool empty() const { return sources_.empty(); }
  bool has_tags() const;
  /// How many transactions; the greatest number where there are more.
  std::uint64_t count() const;

  bool operator==(const GtidSet& other) const;

 private:
  using Intervals = std::map<std::uint64_t, std::uint64_t>;  ///< first -> last; none touch
  struct Source {
    Uuid uuid{};
    std::string tag;
    Intervals intervals;               ///< never empty
    mutable std::size_t text_end = 0;  ///< in text_, behind the last interval

    bool is(const Uuid& other_uuid, std::string_view other_tag) const {
      return uuid == other_uuid && tag == other_tag;
    }
  };

  Source& source(const Uuid& uuid, std::string_view tag);
  const Source* find(const Uuid& uuid, std::string_view tag) const;
  std::size_t lower_bound(const Uuid& uuid, std::string_view tag) const;
  void append(const Source& like, Intervals intervals);
  void render() const;

  std::vector<Source> sources_;  ///< by uuid, then tag
  mutable std::string text_;
  mutable bool text_valid_ = true;
  std::size_t last_used_ = 0;
};

}  // namespace cdc::mysql
