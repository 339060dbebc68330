#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands/all.hpp"
#include "commands/checkpoint_found.hpp"
#include "commands/connection_options.hpp"
#include "commands/finding_json.hpp"
#include "commands/interruption.hpp"
#include "commands/json_line.hpp"
#include "commands/validators.hpp"
#include "libcdc/state/checkpoint_file.hpp"

namespace cdcctl {
namespace {

using cdc::Finding;
using nlohmann::ordered_json;

std::vector<std::string> types_of(const std::vector<FoundCheckpoint>& checkpoints) {
  std::vector<std::string> types;
  types.reserve(checkpoints.size());
  for (const FoundCheckpoint& found : checkpoints) types.push_back(found.source_type);
  return types;
}

class CheckpointValidate : public Command {
 public:
  std::string_view path() const override { return "checkpoint validate"; }
  std::string_view summary() const override {
    return "Check that a checkpoint is sound, and that it fits the live server";
  }
  std::vector<std::string> examples() const override {
    return {"cdcctl checkpoint validate DIR --against postgresql://cdc@db1/shop",
            "cdcctl checkpoint validate DIR --json | jq -r '.problems[].code'"};
  }

  void declare(CLI::App& app) override {
    add_directory(app, "dir", directory_, "Checkpoint directory")->required();
    app.add_flag("--json", json_, "Print one JSON object");
    connection_.declare(app, ConnectionOptions::Form::against);
  }

  int run(Context& context) override {
    return run_unless_interrupted(context, [&] { return check(context); });
  }

 private:
  int check(Context& context) const {
    const std::vector<FoundCheckpoint> checkpoints = find_checkpoints(directory_);
    std::vector<Finding> problems;
    if (checkpoints.size() > 1) {
      problems.push_back(cdc::mixed_source_types(directory_, types_of(checkpoints)));
    }
    for (const FoundCheckpoint& found : checkpoints) {
      problems.insert(problems.end(), found.problems.begin(), found.problems.end());
    }
    const bool asks = connection_.given() && checkpoints.size() == 1 && checkpoints.front().point;
    if (asks) {
      const FoundCheckpoint& found = checkpoints.front();
      for (Finding& problem : found.type->validate(*found.checkpoint, connection_.settings(),
                                                   context.log, context.stop)) {
        problems.push_back(std::move(problem));
      }
    }
    json_ ? print_json(context.out, checkpoints, problems, asks)
          : print(context.out, problems, asks);
    return problems.empty() ? Exit::done : Exit::no;
  }

  void print_json(Output& out, const std::vector<FoundCheckpoint>& checkpoints,
                  const std::vector<Finding>& problems, bool asked) const {
    ordered_json json{{"directory", directory_}, {"ok", problems.empty()}};
    json["compared_with_server"] = asked;
    json["checkpoints"] = ordered_json::array();
    for (const FoundCheckpoint& found : checkpoints) {
      json["checkpoints"].push_back(
          {{"source_type", found.source_type},
           {"file", found.path},
           {"position", found.point ? ordered_json(point_text(*found.point)) : nullptr}});
    }
    json["problems"] = to_json(problems);
    out.line(json_line(json));
  }

  void print(Output& out, const std::vector<Finding>& problems, bool asked) const {
    for (const Finding& problem : problems) {
      out.line(out.paint(Style::red, problem.sentence));
      out.line("  code: " + problem.code);
      out.line("  way out: " + problem.way_out);
    }
    if (!asked && connection_.given()) {
      out.line("The server was not asked: the checkpoint must be readable first.");
    }
    if (!problems.empty()) return;
    out.line(asked ? "The checkpoint is sound and fits the server."
                   : "The checkpoint is sound. Whether it fits a server: add --against CONNINFO.");
  }

  ConnectionOptions connection_;
  std::string directory_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_checkpoint_validate() {
  return std::make_unique<CheckpointValidate>();
}

}  // namespace cdcctl
