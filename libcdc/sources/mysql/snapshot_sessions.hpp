#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libcdc/base/clock.hpp"
#include "libcdc/sources/mysql/binlog_position.hpp"
#include "libcdc/sources/mysql/connection.hpp"
#include "libcdc/sources/mysql/server.hpp"
#include "libcdc/sources/mysql/snapshot_plan.hpp"

namespace cdc::mysql {

/// How the rows that are seen are tied to a place in the log: as suits the server, without a lock,
/// or under a short one.
enum class LockUse : std::uint8_t { automatic, none, brief };

/// What the readers see, compared with what lies before the place where the stream begins.
enum class Views : std::uint8_t {
  exact,        ///< just that
  first_exact,  ///< the first reader just that, others some of what comes behind, too
  later,        ///< all of it, and some of what comes behind
};

/// The sessions that read tables as they were at one moment, and the place in the log that belongs
/// to it.
class SnapshotSessions {
 public:
  struct Setup {
    const ConnectionSettings* connection = nullptr;
    const Log* log = nullptr;
    const Stop* stop = nullptr;
    std::size_t readers = 1;
    LockUse lock = LockUse::automatic;
    bool by_gtid = true;  ///< the stream may begin by GTID
  };

  /// Connects the readers. What `setup` points at outlives it.
  explicit SnapshotSessions(const Setup& setup);

  struct View {
    ResumePosition start;  ///< where the stream is to begin
    Views views = Views::exact;
  };
  /// Takes the views. Tables that know no transactions stay locked until `unlock`.
  View open(const Server& server, const std::vector<SnapshotTable>& tables);

  /// Takes views for a stream that begins long before them.
  void open_later();

  /// A new, later view for one reader.
  void renew(std::size_t reader);
  /// Lets other sessions alter the tables that the reader has read, without losing its view.
  void let_go_of_tables(std::size_t reader);

  /// The tables without transactions have been read.
  void unlock();

  Connection& reader(std::size_t index) { return *readers_[index]; }
  std::size_t size() const { return readers_.size(); }
  /// For how long tables were kept from writers, at most; zero: never.
  std::chrono::microseconds longest_lock() const { return longest_; }

 private:
  struct Lock {
    std::unique_ptr<Connection> session;
    Instant since;
  };

  std::unique_ptr<Connection> connect() const;
  Lock lock(const std::vector<std::string>& tables) const;
  void release(Lock& lock);
  bool try_lock(Connection& session, const std::string& statement) const;
  View open_once(const Server& server, const std::vector<std::string>& tables);
  View open_locked(const Server& server, const std::vector<std::string>& tables);
  View open_between(const Server& server);
  View open_mariadb();
  View try_open_mariadb();
  void begin_view(Connection& session) const;

  const Setup setup_;
  std::vector<std::unique_ptr<Connection>> readers_;
  Lock lasting_;
  std::chrono::microseconds longest_{0};
};

}  // namespace cdc::mysql
