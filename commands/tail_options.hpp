#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "commands/connection_options.hpp"
#include "libcdc/change/selection.hpp"
#include "libcdc/flow/ack_reader.hpp"
#include "libcdc/flow/limits.hpp"
#include "libcdc/flow/retrying_source.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"
#include "libcdc/sources/source_type.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace cdcctl {

/// What the user says to `tail`: declared as flags, then read as what the library takes. Every
/// reader below throws usage.
class TailOptions {
 public:
  explicit TailOptions(const cdc::SourceType& type) : type_(type) {}

  /// Adds them to `app`, which must not outlive this object.
  void declare(CLI::App& app);

  cdc::ConnectionSettings connection() const { return connection_.settings(); }
  cdc::OptionValues source_options() const;
  cdc::Selection selection() const;
  cdc::SnapshotOptions snapshot() const;
  cdc::ndjson::EncoderOptions encoder() const;
  cdc::RetryOptions retry() const;
  /// `--until now` is left to the caller, who can ask the server.
  cdc::Limits limits() const;
  bool until_now() const { return until_ == "now"; }
  bool from_now() const { return from_ == "now"; }
  bool from_beginning() const { return from_ == "beginning"; }
  bool has_from() const { return !from_.empty(); }
  /// Where --from starts; an empty point for its default, `beginning`, `now` and a time.
  cdc::ResumePoint from() const;
  std::vector<cdc::AckReader> acks() const;
  /// False with `--ack none`.
  bool consumes() const;
  /// False where the output is right only from the beginning of a transaction on.
  bool leaves_transactions() const;

  std::string name() const { return name_.empty() ? std::string(type_.name()) : name_; }

  std::string checkpoint;
  bool accept_server_change = false;
  std::chrono::milliseconds commit_interval{1000};
  std::chrono::milliseconds stall_timeout{300000};
  std::string output;
  std::uint64_t rotate_size = 0;
  std::optional<std::chrono::milliseconds> stats;
  std::uint64_t memory_limit = std::uint64_t{64} * 1024 * 1024;
  /// --spill-dir, else the checkpoint's directory, else TMPDIR or /var/tmp.
  std::string spill_directory() const;

 private:
  void declare_source(CLI::App& app);
  void declare_selection(CLI::App& app);
  void declare_snapshot(CLI::App& app);
  void declare_limits(CLI::App& app);
  void declare_output(CLI::App& app);
  void declare_format(CLI::App& app);
  void declare_running(CLI::App& app);
  void check_place(const std::string& text) const;
  cdc::OpSet emitted() const;
  cdc::OpSet ops() const;
  void check_format() const;

  const cdc::SourceType& type_;
  ConnectionOptions connection_;
  std::map<std::string, std::string> source_texts_;
  std::map<std::string, std::vector<std::string>> source_lists_;
  std::map<std::string, bool> source_switches_;
  std::vector<std::string> tables_;
  std::vector<std::string> exclude_tables_;
  std::vector<std::string> columns_;
  std::vector<std::string> exclude_columns_;
  std::vector<std::string> ops_;
  std::vector<std::string> emit_;
  cdc::SnapshotMode snapshot_ = cdc::SnapshotMode::never;
  std::vector<std::string> snapshot_tables_;
  std::optional<std::uint64_t> snapshot_parallel_;
  std::string from_;
  std::string until_;
  cdc::Limits limits_;
  std::vector<std::string> acks_;
  cdc::ndjson::EncoderOptions encoder_;
  std::optional<cdc::ndjson::BinaryStyle> binary_;
  std::optional<cdc::ndjson::DebeziumOptions::Decimal> debezium_decimal_;
  std::optional<cdc::ndjson::DebeziumOptions::Time> debezium_time_;
  bool pretty_ = false;
  std::string name_;
  std::string spill_directory_;
  std::optional<std::uint64_t> retry_max_;
  std::string retry_backoff_ = "1s..30s";
};

}  // namespace cdcctl
