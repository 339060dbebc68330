#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "commands/connection_options.hpp"
#include "commands/finding_json.hpp"
#include "commands/interruption.hpp"
#include "commands/json_line.hpp"
#include "commands/mysql/all.hpp"
#include "commands/mysql/checkpoint_need.hpp"
#include "commands/validators.hpp"
#include "libcdc/base/units.hpp"
#include "libcdc/sources/source_type.hpp"

namespace cdcctl {
namespace {

using cdc::Finding;
using cdc::mysql::Connection;
using cdc::mysql::LogExpiry;
using nlohmann::ordered_json;

/// Everything that the command shows.
struct Status {
  BinlogView log;
  cdc::mysql::ResumePosition end;
  LogExpiry expiry;
  std::vector<CheckpointNeed> checkpoints;
};

std::string gtid_text(const cdc::mysql::ResumePosition& position) {
  cdc::mysql::ResumePosition gtids;
  gtids.gtids = position.gtids;
  return cdc::mysql::to_text(gtids);
}

std::string expiry_words(const LogExpiry& expiry) {
  std::string words = "the server removes no file by itself";
  if (expiry.seconds != 0) {
    words = fmt::format(
        "the server removes a file {} after it was last written to",
        cdc::format_duration(std::chrono::seconds(static_cast<std::int64_t>(expiry.seconds))));
  }
  if (expiry.total_size == 0) return words;
  return fmt::format("{}; and the oldest ones while all have more than {}", words,
                     cdc::format_size(expiry.total_size));
}

/// What is wrong with a checkpoint, all of it.
std::vector<Finding> problems_of(const CheckpointNeed& checkpoint) {
  std::vector<Finding> problems = checkpoint.problems;
  if (checkpoint.guard) problems.insert(problems.begin(), *checkpoint.guard);
  return problems;
}

std::uint64_t bytes_before(const BinlogView& log, const cdc::mysql::LogNeed& need) {
  return log.total - cdc::mysql::bytes_from(log.files, {need.file, 0, true});
}

class BinlogStatus : public Command {
 public:
  std::string_view path() const override { return "binlog status"; }
  std::string_view summary() const override {
    return "Show the files of a server's binlog, and what a checkpoint still needs of them";
  }
  std::vector<std::string> examples() const override {
    return {"cdcctl binlog status mysql://cdc@db1 --checkpoint DIR",
            "cdcctl binlog status --json mysql://cdc@db1 | jq .total_bytes"};
  }

  void declare(CLI::App& app) override {
    add_each(app, "--checkpoint", directories_, "DIR",
             "Say what this checkpoint still needs; may be given several times");
    app.add_flag("--json", json_, "Print one JSON object");
    connection_.declare(app, ConnectionOptions::Form::positional,
                        cdc::find_source_type("mysql")->conninfo_help());
  }

  int run(Context& context) override {
    return run_unless_interrupted(context, [&] {
      const Status status = look(context);
      json_ ? print_json(context.out, status) : print(context.out, status);
      for (const CheckpointNeed& checkpoint : status.checkpoints) {
        if (!problems_of(checkpoint).empty()) return Exit::no;
      }
      return Exit::done;
    });
  }

 private:
  Status look(Context& context) const {
    const std::vector<FoundCheckpoint> checkpoints = read_checkpoints(directories_);
    const cdc::ConnectionSettings settings = connection_.settings();
    Connection connection(settings, context.log, context.stop);
    const cdc::mysql::LogHeads heads(settings, context.log, context.stop);
    Status status;
    status.log = look_at_binlog(connection);
    status.end = cdc::mysql::end_of_log(connection, status.log.server);
    status.expiry = cdc::mysql::read_expiry(connection);
    for (const FoundCheckpoint& found : checkpoints) {
      status.checkpoints.push_back(find_checkpoint_need(found, connection, status.log, heads));
    }
    return status;
  }

  static ordered_json checkpoint_json(const BinlogView& log, const CheckpointNeed& checkpoint) {
    ordered_json json{{"file", checkpoint.path}, {"position", checkpoint.position}};
    for (const char* key : {"first_needed", "bytes_behind", "exact", "bytes_not_needed"}) {
      json[key] = nullptr;
    }
    if (checkpoint.need) {
      json["first_needed"] = log.files[checkpoint.need->file].name;
      json["bytes_behind"] = cdc::mysql::bytes_from(log.files, *checkpoint.need);
      json["exact"] = checkpoint.need->exact;
      json["bytes_not_needed"] = bytes_before(log, *checkpoint.need);
    }
    json["problems"] = to_json(problems_of(checkpoint));
    return json;
  }

  static void print_json(Output& out, const Status& status) {
    const BinlogView& log = status.log;
    ordered_json json{{"ok", true},
                      {"flavor", cdc::mysql::name(log.server.flavor)},
                      {"version", log.server.version},
                      {"server", cdc::mysql::to_json(log.server)},
                      {"files", ordered_json::array()},
                      {"total_bytes", log.total},
                      {"oldest", log.files.front().name},
                      {"end", cdc::mysql::to_text(*status.end.binlog)},
                      {"gtids", gtid_text(status.end)},
                      {"expire_seconds", status.expiry.seconds},
                      {"expire_total_bytes", status.expiry.total_size},
                      {"checkpoints", ordered_json::array()}};
    for (const auto& file : log.files) {
      json["files"].push_back({{"name", file.name}, {"bytes", file.size}});
    }
    for (const CheckpointNeed& checkpoint : status.checkpoints) {
      json["checkpoints"].push_back(checkpoint_json(log, checkpoint));
      if (!json["checkpoints"].back()["problems"].empty()) json["ok"] = false;
    }
    out.line(json_line(json));
  }

  static void print(Output& out, const Status& status) {
    const BinlogView& log = status.log;
    const auto size = [&out](std::uint64_t bytes) {
      return out.is_terminal() ? cdc::format_size(bytes) : std::to_string(bytes);
    };
    out.facts(
        {{"server", fmt::format("{} {}", cdc::mysql::name(log.server.flavor), log.server.version)},
         {"files", std::to_string(log.files.size())},
         {"total bytes", size(log.total)},
         {"oldest", log.files.front().name},
         {"end", cdc::mysql::to_text(*status.end.binlog)},
         {"gtids", status.log.server.gtids ? gtid_text(status.end) : "off"},
         {"expiry", expiry_words(status.expiry)}});
    for (const CheckpointNeed& checkpoint : status.checkpoints) {
      out.line("");
      print_checkpoint(out, log, checkpoint, size);
    }
    out.line("");
    std::vector<Output::Row> rows;
    for (const auto& file : log.files) rows.push_back({file.name, size(file.size)});
    out.table({"FILE", "BYTES"}, rows);
  }

  template <typename Size>
  static void print_checkpoint(Output& out, const BinlogView& log, const CheckpointNeed& checkpoint,
                               const Size& size) {
    std::vector<std::pair<std::string, Cell>> facts = {
        {"checkpoint", checkpoint.path},
        {"position", checkpoint.position.empty() ? "none" : checkpoint.position}};
    if (checkpoint.need) {
      const std::string behind = size(cdc::mysql::bytes_from(log.files, *checkpoint.need));
      facts.emplace_back("first needed", log.files[checkpoint.need->file].name);
      facts.emplace_back(checkpoint.need->exact ? "bytes behind" : "bytes behind, at most", behind);
      facts.emplace_back("bytes not needed", size(bytes_before(log, *checkpoint.need)));
    }
    for (const Finding& problem : problems_of(checkpoint)) {
      facts.emplace_back("problem", Cell(problem.sentence, Style::red));
      facts.emplace_back("way out", problem.way_out);
    }
    out.facts(facts);
  }

  ConnectionOptions connection_;
  std::vector<std::string> directories_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_binlog_status() {
  return std::make_unique<BinlogStatus>();
}

}  // namespace cdcctl
