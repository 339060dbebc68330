#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "libcdc/sources/mysql/gtid_set.hpp"
#include "libcdc/sources/mysql/mariadb_gtid.hpp"

namespace cdc::mysql {

/// A place in the log of one server.
struct BinlogPosition {
  std::string file;
  std::uint64_t offset = 0;

  bool operator==(const BinlogPosition&) const = default;
};

/// `FILE:OFFSET`.
std::string to_text(const BinlogPosition& position);
/// Nothing where the text is not one: FILE ends with a dot and digits, as the server names them.
std::optional<BinlogPosition> parse_binlog_position(std::string_view text);
/// The file that a server writes behind this one: binlog.000010 behind binlog.000009.
std::string file_behind(const std::string& file);
/// Order on one server: by the number in the file's name, then by offset; unordered where the names
/// differ in more than that.
std::partial_ordering compare(const BinlogPosition& a, const BinlogPosition& b);

/// Nothing, or the set of the flavour.
using GtidPosition = std::variant<std::monostate, GtidSet, MariadbGtidPosition>;

bool is_empty(const GtidPosition& gtids);
/// What of `part` is not in `whole`; all of it where that is of the other flavour.
GtidPosition minus(const GtidPosition& part, const GtidPosition& whole);

/// Where to go on: everything before it is done. Has a place, a set, or both.
struct ResumePosition {
  std::optional<BinlogPosition> binlog;
  GtidPosition gtids;

  bool operator==(const ResumePosition&) const = default;
};

/// `FILE:OFFSET`, `FILE:OFFSET GTIDSET` or `GTIDSET`, of either flavour. Throws usage with a hint.
ResumePosition parse_resume_position(std::string_view text);
/// The canonical text of one.
std::string to_text(const ResumePosition& position);
/// That text from its parts, without building them: `gtids` is the text of the set or empty.
void put_resume_position(std::string_view file, std::uint64_t offset, std::string_view gtids,
                         std::string& out);

/// By file and offset where both have them in one series of files; else by their GTID sets, where
/// a subset is less; else unordered.
std::partial_ordering compare(const ResumePosition& a, const ResumePosition& b);

}  // namespace cdc::mysql
