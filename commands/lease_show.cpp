#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands/all.hpp"
#include "commands/json_line.hpp"
#include "commands/lease_words.hpp"
#include "commands/validators.hpp"

namespace cdcctl {
namespace {

class LeaseShow : public Command {
 public:
  std::string_view path() const override { return "lease show"; }
  std::string_view summary() const override { return "Show who owns a checkpoint directory"; }
  std::vector<std::string> examples() const override {
    return {"cdcctl lease show /var/lib/cdc/orders",
            "cdcctl lease show --json /var/lib/cdc/orders | jq -r .owner.pid"};
  }

  void declare(CLI::App& app) override {
    add_directory(app, "dir", directory_, "Checkpoint directory")->required();
    app.add_flag("--json", json_, "Print one JSON object");
  }

  int run(Context& context) override {
    require_directory(directory_);
    const cdc::LeaseState lease = cdc::inspect_lease(directory_);
    if (json_) {
      context.out.line(json_line(to_json(lease)));
    } else {
      print(context.out, lease);
    }
    return Exit::done;
  }

 private:
  static nlohmann::ordered_json to_json(const cdc::LeaseState& lease) {
    nlohmann::ordered_json json{{"state", lease_word(lease.kind)}, {"path", lease.path}};
    json["owner"] = owner_json(lease);
    return json;
  }

  static void print(Output& out, const cdc::LeaseState& lease) {
    const bool held = lease.kind == cdc::LeaseState::Kind::held_here;
    const bool free = lease.kind == cdc::LeaseState::Kind::free;
    out.facts({{"state", {lease_word(lease.kind), held || free ? Style::green : Style::yellow}},
               {"owner", has_owner(lease) ? owner_words(lease.owner) : "none"},
               {"file", lease.path},
               {"meaning", lease_meaning(lease)}});
  }

  std::string directory_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_lease_show() {
  return std::make_unique<LeaseShow>();
}

}  // namespace cdcctl
