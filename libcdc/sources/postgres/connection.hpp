#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/log.hpp"
#include "libcdc/flow/stop.hpp"
#include "libcdc/sources/connection_settings.hpp"
#include "libcdc/sources/postgres/login.hpp"
#include "libcdc/sources/postgres/text_encoding.hpp"

struct pg_result;

namespace cdc::postgres {

/// Rows that a query returned. Text lives as long as the result.
class Result {
 public:
  explicit Result(pg_result* result);

  int rows() const;
  bool is_null(int row, int column) const;
  std::string_view text(int row, int column) const;
  std::string string(int row, int column) const { return std::string(text(row, column)); }
  /// 0 where it is null or not a number.
  std::int64_t number(int row, int column) const;
  bool flag(int row, int column) const { return text(row, column) == "t"; }
  pg_result* get() const { return result_.get(); }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

/// One session, set up so that no role or database default can change what we read. Used from one
/// thread. Every wait ends early with Interrupted when Stop is requested.
class Connection {
 public:
  using Kind = ConnectionKind;

  /// Connects within the settings' timeout. Throws unavailable (naming host and port), refused
  /// (authentication, naming user and where the password came from), usage (bad conninfo).
  Connection(const ConnectionSettings& settings, Kind kind, const Log& log, const Stop& stop);

  /// Runs one statement. Throws what the SQLSTATE means, with `doing` in front.
  Result run(const std::string& sql, const std::string& doing);
  /// The same with text parameters $1...; plain connections only.
  Result run(const std::string& sql, const std::vector<std::string>& parameters,
             const std::string& doing);
  /// Runs a statement that may take long: `every_second` is called while it does, and an
  /// interruption cancels it on the server.
  Result run_long(const std::string& sql, const std::string& doing,
                  const std::function<void(std::chrono::seconds waited)>& every_second);

  /// How long a statement of `run` may take before it counts as a lost connection; 0: for ever.
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }

  int server_version() const;  ///< 150020 for 15.20
  std::string database() const;
  int backend_pid() const;
  /// Of the database's text; on a replication connection that is what the stream is in.
  const TextEncoding& encoding() const { return *encoding_; }
  pg_conn* get() const { return connection_.get(); }

 private:
  void set_session(Kind kind);
  Result finish(const std::string& doing,
                const std::function<void(std::chrono::seconds)>& every_second);
  void wait_readable(const std::function<void(std::chrono::seconds)>& every_second);
  void cancel();

  const Stop& stop_;
  ConnectionHandle connection_;
  std::optional<TextEncoding> encoding_;
  std::chrono::milliseconds patience_{0};
};

/// `"name"` with its quotes doubled, and `'text'`: for commands that take no parameters.
std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);

}  // namespace cdc::postgres
