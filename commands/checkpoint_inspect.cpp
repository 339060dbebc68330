#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands/age.hpp"
#include "commands/all.hpp"
#include "commands/checkpoint_found.hpp"
#include "commands/finding_json.hpp"
#include "commands/json_line.hpp"
#include "commands/lease_words.hpp"
#include "commands/validators.hpp"
#include "libcdc/base/clock.hpp"
#include "libcdc/state/lease.hpp"

namespace cdcctl {
namespace {

using nlohmann::ordered_json;
using Facts = std::vector<std::pair<std::string, Cell>>;

std::string snapshot_path(const FoundCheckpoint& found) {
  std::string path = found.path;
  path.insert(path.rfind(".json"), "_snapshot");
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) ? path : "";
}

// "database shop, system_identifier 7423, timeline 1"
std::string members_text(const nlohmann::json& object) {
  std::string text;
  for (const auto& [key, value] : object.items()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key,
                        value.is_string() ? value.get<std::string>() : json_line(value));
  }
  return text.empty() ? "none" : text;
}

std::optional<std::int64_t> age_of(const cdc::Checkpoint& checkpoint) {
  const auto updated = cdc::parse_rfc3339(checkpoint.updated_at);
  if (!updated) return std::nullopt;
  return cdc::unix_now() - *updated;
}

class CheckpointInspect : public Command {
 public:
  std::string_view path() const override { return "checkpoint inspect"; }
  std::string_view summary() const override {
    return "Show what a checkpoint directory remembers, without a server";
  }
  std::vector<std::string> examples() const override {
    return {"cdcctl checkpoint inspect /var/lib/cdc/orders",
            "cdcctl checkpoint inspect --json DIR | jq -r '.checkpoints[0].position'"};
  }

  void declare(CLI::App& app) override {
    add_directory(app, "dir", directory_, "Checkpoint directory")->required();
    app.add_flag("--json", json_, "Print one JSON object");
  }

  int run(Context& context) override {
    const std::vector<FoundCheckpoint> checkpoints = find_checkpoints(directory_);
    const cdc::LeaseState lease = cdc::inspect_lease(directory_);
    json_ ? print_json(context.out, checkpoints, lease) : print(context.out, checkpoints, lease);
    for (const FoundCheckpoint& found : checkpoints) fail_if_unreadable(found);
    return Exit::done;
  }

 private:
  static void fail_if_unreadable(const FoundCheckpoint& found) {
    if (found.point) return;
    throw to_error(found.problems.back(), cdc::Fault::state);
  }

  void print_json(Output& out, const std::vector<FoundCheckpoint>& checkpoints,
                  const cdc::LeaseState& lease) const {
    ordered_json json{{"directory", directory_}, {"checkpoints", ordered_json::array()}};
    for (const FoundCheckpoint& found : checkpoints) json["checkpoints"].push_back(to_json(found));
    json["lease"] = {{"state", lease_word(lease.kind)}, {"owner", owner_json(lease)}};
    out.line(json_line(json));
  }

  static ordered_json to_json(const FoundCheckpoint& found) {
    ordered_json json{{"source_type", found.source_type}, {"file", found.path}};
    json["position"] = nullptr;
    json["in_transaction"] = nullptr;
    if (found.point) json["position"] = found.point->position;
    if (found.point && found.point->in_transaction) {
      json["in_transaction"] = to_text(*found.point->in_transaction);
    }
    for (const char* key : {"offset", "committed_event_count", "updated_at", "age_seconds",
                            "server", "output", "snapshot_file"}) {
      json[key] = nullptr;
    }
    if (found.checkpoint) put_members(json, *found.checkpoint);
    if (const std::string path = snapshot_path(found); !path.empty()) json["snapshot_file"] = path;
    json["problems"] = cdcctl::to_json(found.problems);
    return json;
  }

  static void put_members(ordered_json& json, const cdc::Checkpoint& checkpoint) {
    json["offset"] = checkpoint.offset;
    json["committed_event_count"] = checkpoint.committed_event_count;
    if (!checkpoint.updated_at.empty()) json["updated_at"] = checkpoint.updated_at;
    if (const auto age = age_of(checkpoint)) json["age_seconds"] = *age / 1000000;
    if (!checkpoint.server.empty()) json["server"] = checkpoint.server;
    if (!checkpoint.output.empty()) json["output"] = checkpoint.output;
  }

  static void print(Output& out, const std::vector<FoundCheckpoint>& checkpoints,
                    const cdc::LeaseState& lease) {
    for (const FoundCheckpoint& found : checkpoints) {
      if (&found != &checkpoints.front()) out.line("");
      Facts facts = facts_of(found);
      facts.emplace_back("lease", has_owner(lease) ? fmt::format("{}, {}", lease_word(lease.kind),
                                                                 owner_words(lease.owner))
                                                   : lease_word(lease.kind));
      out.facts(facts);
    }
  }

  static Facts facts_of(const FoundCheckpoint& found) {
    Facts facts = {{"file", {found.path, Style::bold}}, {"source type", found.source_type}};
    if (found.point) {
      for (const auto& [label, value] : found.type->describe_offset(found.checkpoint->offset)) {
        facts.emplace_back(label, value);
      }
    }
    if (found.checkpoint) {
      const cdc::Checkpoint& checkpoint = *found.checkpoint;
      const auto age = age_of(checkpoint);
      facts.emplace_back("events", std::to_string(checkpoint.committed_event_count));
      facts.emplace_back(
          "updated",
          age ? fmt::format("{} ({})", checkpoint.updated_at, age_words(*age)) : "unknown");
      facts.emplace_back("server", members_text(checkpoint.server));
      facts.emplace_back("output", members_text(checkpoint.output));
    }
    if (const std::string path = snapshot_path(found); !path.empty()) {
      facts.emplace_back("snapshot", path);
    }
    for (const cdc::Finding& problem : found.problems) {
      facts.emplace_back("problem", Cell(problem.sentence, Style::red));
      facts.emplace_back("way out", problem.way_out);
    }
    return facts;
  }

  std::string directory_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_checkpoint_inspect() {
  return std::make_unique<CheckpointInspect>();
}

}  // namespace cdcctl
