#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libcdc/base/log.hpp"
#include "libcdc/change/position.hpp"
#include "libcdc/change/selection.hpp"
#include "libcdc/flow/source.hpp"
#include "libcdc/flow/stop.hpp"
#include "libcdc/sources/connection_settings.hpp"
#include "libcdc/state/checkpoint.hpp"
#include "libcdc/state/finding.hpp"

namespace cdc {

/// One option that only this source has. The command line makes a flag of it.
struct OptionSpec {
  std::string name;        ///< without dashes: "slot"
  std::string value_name;  ///< "NAME"; empty for a switch
  std::string help;
  std::string default_value;
  std::vector<std::string> choices;  ///< empty: any
  enum class Form { one, many };
  Form form = Form::one;  ///< many: all arguments behind the flag, or the flag again
};

/// The values that the user gave: name to text, or to a list; a switch that is on has the text
/// "true".
class OptionValues {
 public:
  void set(const std::string& name, std::string value) { values_[name] = std::move(value); }
  bool on(const std::string& name) const { return text(name) == "true"; }
  std::string text(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string() : found->second;
  }

  void set_list(const std::string& name, std::vector<std::string> values) {
    lists_[name] = std::move(values);
  }
  std::vector<std::string> list(const std::string& name) const {
    const auto found = lists_.find(name);
    return found == lists_.end() ? std::vector<std::string>() : found->second;
  }

 private:
  std::map<std::string, std::string> values_;
  std::map<std::string, std::vector<std::string>> lists_;
};

/// Whether the rows that are there come before the changes.
enum class SnapshotMode : std::uint8_t {
  never,
  initial,      ///< where nothing is remembered
  only,         ///< and no changes behind them
  when_needed,  ///< initial, and where changes were lost
};

struct SnapshotOptions {
  SnapshotMode mode = SnapshotMode::never;
  std::vector<TableGlob> tables;  ///< of the selected ones; empty: all
  std::size_t parallel = 1;       ///< how many connections read
};

/// All that a source needs to be opened.
struct SourceRequest {
  ConnectionSettings connection;
  OptionValues options;
  Selection selection;
  SnapshotOptions snapshot;
  /// The identity in the checkpoint; empty object or null: any server will do.
  std::shared_ptr<const Checkpoint> checkpoint;
  bool accept_server_change = false;
  bool keeps_position = false;  ///< there is a checkpoint directory: positions outlive the process
  bool starts_now = false;      ///< the first start is where the log ended a moment ago
  bool starts_at_beginning = false;  ///< the first start is the oldest place that the server has
  std::size_t memory_limit = std::size_t{64} * 1024 * 1024;  ///< what the process may take
  std::string spill_directory = "/var/tmp";  ///< for transactions that do not fit into it
  bool consumes = true;  ///< false with `--ack none`: nothing is ever acknowledged
  const Log* log = nullptr;
  const Stop* stop = nullptr;
};

/// All that the rest of the program may know of a source.
class SourceType {
 public:
  virtual ~SourceType() = default;

  /// "postgres": in `tail NAME`, in checkpoints and as the default of --name.
  virtual std::string_view name() const = 0;
  virtual const std::vector<OptionSpec>& options() const = 0;
  /// How a server is named, for --help.
  virtual std::string_view conninfo_help() const = 0;
  /// What a stream that outlives its process needs beside --checkpoint, for examples.
  virtual std::string_view lasting_options() const = 0;

  /// Checks the options (throws usage); connects to nothing.
  virtual std::unique_ptr<Source> open(const SourceRequest& request) const = 0;

  /// The canonical form of a resume position, from any form a person may write. Throws usage.
  virtual std::string parse_position(std::string_view text) const = 0;
  /// Orders two canonical positions.
  virtual std::partial_ordering compare(std::string_view a, std::string_view b) const = 0;
  /// From a to b in words: "1.42 MiB of WAL forward".
  virtual std::string describe_gap(std::string_view from, std::string_view to) const = 0;

  /// A checkpoint's offset for a resume point; `options` give what else it holds (the slot's name).
  virtual nlohmann::json to_offset(const ResumePoint& point, const OptionValues& options) const = 0;
  /// Throws state where the offset is not one of this source; `path` is for the message.
  virtual ResumePoint from_offset(const nlohmann::json& offset, const std::string& path) const = 0;
  /// Takes over what an offset says beside its position (the slot's name) where `options` does not
  /// say it. Throws refused where both do and differ.
  virtual void complete_options(const nlohmann::json& offset, OptionValues& options) const = 0;
  /// The offset for people: label and value, both notations of each position.
  virtual std::vector<std::pair<std::string, std::string>> describe_offset(
      const nlohmann::json& offset) const = 0;

  /// Compares a checkpoint with the live server. Empty: it fits. Throws unavailable and refused.
  virtual std::vector<Finding> validate(const Checkpoint& checkpoint,
                                        const ConnectionSettings& connection, const Log& log,
                                        const Stop& stop) const = 0;

  /// What a rewrite against a live server learns from it.
  struct ServerView {
    std::string current;   ///< the end of the log
    std::string earliest;  ///< going back beyond this is not possible; empty where unknown
    std::string why_earliest;
    std::shared_ptr<const nlohmann::json> identity;
  };
  /// `offset` names what to look at (the slot). Throws unavailable and refused.
  virtual ServerView look(const nlohmann::json& offset, const ConnectionSettings& connection,
                          const Log& log, const Stop& stop) const = 0;

  /// What throwing this checkpoint away costs on the server, for people: label and value. Says so
  /// where the server has nothing of it. Throws unavailable and refused.
  virtual std::vector<std::pair<std::string, std::string>> describe_stake(
      const Checkpoint& checkpoint, const ConnectionSettings& connection, const Log& log,
      const Stop& stop) const = 0;
};

/// Every source that this build has, in the order of their folders.
const std::vector<const SourceType*>& source_types();

/// By name; null where there is none.
const SourceType* find_source_type(std::string_view name);

}  // namespace cdc
