#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands/connection_options.hpp"
#include "commands/interruption.hpp"
#include "commands/json_line.hpp"
#include "commands/mysql/all.hpp"
#include "commands/mysql/checkpoint_need.hpp"
#include "commands/validators.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/units.hpp"
#include "libcdc/sources/source_type.hpp"

namespace cdcctl {
namespace {

using cdc::Error;
using cdc::Fault;
using cdc::Finding;
using cdc::mysql::Connection;

/// What may go: everything before a file.
struct Purge {
  std::string to;  ///< the first file that stays
  std::size_t files = 0;
  std::uint64_t bytes = 0;

  /// Completes "This will ".
  std::string consequence() const {
    return fmt::format("remove {} binlog files, {} in all, which no reader can have then", files,
                       cdc::format_size(bytes));
  }

  std::string statement() const { return "PURGE BINARY LOGS TO " + cdc::mysql::quote_literal(to); }
};

Error about(const CheckpointNeed& checkpoint, const Finding& finding, Fault fault) {
  return Error(fault,
               fmt::format("checkpoint '{}' does not fit: {}", checkpoint.path, finding.sentence))
      .with_hint(finding.way_out);
}

/// Throws where this checkpoint does not say what to keep of this server's log.
void check(const CheckpointNeed& checkpoint) {
  if (checkpoint.guard) throw about(checkpoint, *checkpoint.guard, Fault::refused);
  if (!checkpoint.problems.empty()) {
    throw about(checkpoint, checkpoint.problems.front(), Fault::state);
  }
  if (checkpoint.identified) return;
  throw Error(Fault::refused, fmt::format("checkpoint '{}' does not say which server it "
                                          "comes from",
                                          checkpoint.path))
      .with_hint(
          "run cdcctl tail with it, which remembers the server, or cdcctl checkpoint rewrite "
          "--against it");
}

Purge plan(const BinlogView& log, std::size_t keep) {
  const std::uint64_t kept = cdc::mysql::bytes_from(log.files, {keep, 0, true});
  return {log.files[keep].name, keep, log.total - kept};
}

class BinlogPurgeSafe : public Command {
 public:
  std::string_view path() const override { return "binlog purge-safe"; }
  std::string_view summary() const override {
    return "Remove the binlog files that no checkpoint needs any more";
  }
  std::vector<std::string> examples() const override {
    return {"cdcctl binlog purge-safe mysql://cdc@db1 --checkpoint DIR",
            "cdcctl binlog purge-safe --checkpoint A --checkpoint B --yes mysql://db1"};
  }

  void declare(CLI::App& app) override {
    add_each(app, "--checkpoint", directories_, "DIR",
             "Keep everything from this checkpoint on; may be given several times")
        ->required();
    app.add_flag("--yes", yes_, "Run the statement instead of printing it")->configurable(false);
    app.add_flag("--json", json_, "Print one JSON object");
    connection_.declare(app, ConnectionOptions::Form::positional,
                        cdc::find_source_type("mysql")->conninfo_help());
  }

  int run(Context& context) override {
    return run_unless_interrupted(context, [&] { return purge(context); });
  }

 private:
  int purge(Context& context) const {
    const std::vector<FoundCheckpoint> checkpoints = read_checkpoints(directories_);
    const cdc::ConnectionSettings settings = connection_.settings();
    Connection connection(settings, context.log, context.stop);
    const cdc::mysql::LogHeads heads(settings, context.log, context.stop);
    const BinlogView log = look_at_binlog(connection);
    std::size_t keep = log.files.size() - 1;
    for (const FoundCheckpoint& found : checkpoints) {
      const CheckpointNeed checkpoint = find_checkpoint_need(found, connection, log, heads);
      check(checkpoint);
      keep = std::min(keep, checkpoint.need->file);
    }
    const Purge purge = plan(log, keep);
    const bool asks = context.can_ask && context.out.is_terminal();
    if (purge.files == 0 || (!yes_ && !asks)) return show(context.out, purge);
    confirm(context, yes_, purge.consequence());
    return execute(context, connection, log, purge);
  }

  int show(Output& out, const Purge& purge) const {
    if (json_) {
      print_json(out, purge, purge.files == 0 ? nullptr : purge.statement().c_str(), 0, 0);
    } else if (purge.files == 0) {
      out.line(fmt::format("Nothing can go: {} is the oldest file, and it is needed.", purge.to));
    } else {
      out.line(purge.statement() + ";");
    }
    return Exit::done;
  }

  /// The server keeps what a reader has open; so its word counts, not the plan.
  int execute(Context& context, Connection& connection, const BinlogView& log,
              const Purge& purge) const {
    connection.run(purge.statement(), "cannot purge the binary logs");
    const std::string oldest = cdc::mysql::list_log(connection).front().name;
    std::size_t gone = 0;
    std::uint64_t bytes = 0;
    while (gone < purge.files && log.files[gone].name != oldest) bytes += log.files[gone++].size;
    if (json_) {
      print_json(context.out, purge, purge.statement().c_str(), gone, bytes);
    } else {
      context.out.line(fmt::format("Removed {} files of {} in all; the oldest is now {}.", gone,
                                   cdc::format_size(bytes), oldest));
    }
    if (gone == purge.files) return Exit::done;
    context.log.warning(
        fmt::format("the server has kept {} of {} files", purge.files - gone, purge.files),
        "another reader has one open, or is known to need it: try again later");
    return Exit::no;
  }

  static void print_json(Output& out, const Purge& purge, const char* statement, std::size_t gone,
                         std::uint64_t bytes) {
    nlohmann::ordered_json json{{"first_needed", purge.to}, {"statement", nullptr},
                                {"files", purge.files},     {"bytes", purge.bytes},
                                {"removed_files", gone},    {"removed_bytes", bytes}};
    if (statement != nullptr) json["statement"] = statement;
    out.line(json_line(json));
  }

  ConnectionOptions connection_;
  std::vector<std::string> directories_;
  bool yes_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_binlog_purge_safe() {
  return std::make_unique<BinlogPurgeSafe>();
}

}  // namespace cdcctl
