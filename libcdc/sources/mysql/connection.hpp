#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/log.hpp"
#include "libcdc/flow/stop.hpp"
#include "libcdc/sources/connection_settings.hpp"

struct st_mysql;
struct st_mysql_res;

namespace cdc::mysql {

/// The two servers that speak this protocol. What they log differs.
enum class Flavor : std::uint8_t { mysql, mariadb };

/// "mysql", "mariadb": the names of the sources and of `source_flavor` in checkpoints.
std::string_view name(Flavor flavor);

/// All rows that a query returned, as text.
class Result {
 public:
  explicit Result(st_mysql_res* result);

  std::size_t rows() const { return rows_.size(); }
  bool is_null(std::size_t row, std::size_t column) const { return !rows_[row][column]; }
  /// Empty where it is null.
  std::string_view text(std::size_t row, std::size_t column) const;
  std::string string(std::size_t row, std::size_t column) const {
    return std::string(text(row, column));
  }
  /// 0 where it is null or not a number.
  std::uint64_t number(std::size_t row, std::size_t column) const;

 private:
  struct Free {
    void operator()(st_mysql_res* result) const;
  };
  std::unique_ptr<st_mysql_res, Free> result_;
  std::vector<std::vector<std::optional<std::string_view>>> rows_;
};

/// One session, set up so that no default of the user or the server changes what we read. Used from
/// one thread. Every wait ends early with Interrupted when Stop is requested.
class Connection {
 public:
  /// Connects within the settings' timeout, with TLS verified where nobody said otherwise and the
  /// server is not local. Throws unavailable (naming host and port), refused (authentication,
  /// naming the user and where the password came from; TLS), usage (bad conninfo), and Interrupted.
  Connection(const ConnectionSettings& settings, const Log& log, const Stop& stop);

  /// Runs one statement. Throws what the error's number means, with `doing` in front.
  Result run(const std::string& sql, const std::string& doing);

  /// One value of one row; empty where there is none.
  std::string value(const std::string& sql, const std::string& doing);

  Flavor flavor() const { return flavor_; }
  std::uint64_t server_version() const;  ///< 90704 for 9.7.4
  std::string version_text() const;
  std::uint64_t id() const;  ///< as SHOW PROCESSLIST has it
  const Stop& stop() const { return stop_; }
  st_mysql* get() const { return connection_.get(); }

 private:
  struct Close {
    void operator()(st_mysql* connection) const;
  };

  const Stop& stop_;
  std::unique_ptr<st_mysql, Close> connection_;
  Flavor flavor_ = Flavor::mysql;
};

/// `name` in backticks, doubled where it has some.
std::string quote_identifier(std::string_view name);

/// `text` as a literal that means the same under every sql_mode.
std::string quote_literal(std::string_view text);

}  // namespace cdc::mysql
