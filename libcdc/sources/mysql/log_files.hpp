#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/change/position.hpp"
#include "libcdc/sources/mysql/binlog_position.hpp"
#include "libcdc/sources/mysql/binlog_stream.hpp"
#include "libcdc/sources/mysql/event.hpp"
#include "libcdc/sources/mysql/server.hpp"

namespace cdc::mysql {

/// The next event of a dump that ends at the end of the log; nothing at that end, or where none has
/// come by `deadline`.
std::optional<std::string_view> wait_next(BinlogStream& stream, const Connection& connection,
                                          std::chrono::steady_clock::time_point deadline);

/// What stands before the first transaction of a file of the log.
struct FileHead {
  std::int64_t time = 0;  ///< when the server began the file, by its clock: seconds since 1970 UTC
  GtidPosition before;    ///< what the files before it have; nothing where it does not say
};

/// Learns what a log has before a place, from the events of its file up to there.
class GtidsBefore {
 public:
  void take(const Event& event);
  /// Nothing where the file does not say.
  const GtidPosition& gtids() const { return gtids_; }

 private:
  GtidPosition gtids_;
};

/// Reads the heads of a server's files.
class LogHeads {
 public:
  /// All references outlive it.
  LogHeads(const ConnectionSettings& settings, const Log& log, const Stop& stop)
      : settings_(settings), log_(log), stop_(stop) {}

  /// Takes a connection of its own: one that dumps does nothing else. Throws as Connection and
  /// BinlogStream do.
  FileHead read(const std::string& file) const;

  /// What the log has before a place, from reading its file up to there. Throws as read() does.
  GtidPosition gtids_at(const BinlogPosition& place) const;

 private:
  void walk(const std::string& file,
            const std::function<bool(const Event& event, std::uint64_t offset)>& wants_more) const;

  const ConnectionSettings& settings_;
  const Log& log_;
  const Stop& stop_;
};

/// The last file that fits, by bisection: where one fits, so do those before it. Nothing where not
/// even the first one does.
std::optional<std::size_t> find_last(const std::vector<LogFile>& files,
                                     const std::function<bool(const std::string& file)>& fits);

/// The last file before which everything is older than `time` (microseconds since 1970 UTC); the
/// first one where all may be younger. `files` is not empty.
std::size_t find_file_of_time(const std::vector<LogFile>& files, std::int64_t time,
                              const LogHeads& heads);

/// What a server still has to keep for a position.
struct LogNeed {
  std::size_t file = 0;      ///< the first one that is needed, in the list of files
  std::uint64_t offset = 4;  ///< where in it
  bool exact = true;         ///< false: what is needed begins at that place or behind it
};

/// Nothing where the log no longer has all that comes behind `point`. By GTID the files tell what
/// they have at their heads; a place of the same server is kept as well.
std::optional<LogNeed> find_need(const std::vector<LogFile>& files, const ResumePoint& point,
                                 bool by_gtid, const LogHeads& heads);

/// The bytes of all files from a place on.
std::uint64_t bytes_from(const std::vector<LogFile>& files, const LogNeed& need);

/// How a server removes files of its log by itself.
struct LogExpiry {
  std::uint64_t seconds = 0;     ///< after a file was last written to; 0: never
  std::uint64_t total_size = 0;  ///< MariaDB: while all files together have more; 0: whatever
};

LogExpiry read_expiry(Connection& connection);

}  // namespace cdc::mysql
