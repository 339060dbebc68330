#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands/all.hpp"
#include "commands/json_line.hpp"
#include "commands/lease_words.hpp"
#include "commands/validators.hpp"

namespace cdcctl {
namespace {

class LeaseClear : public Command {
 public:
  std::string_view path() const override { return "lease clear"; }
  std::string_view summary() const override { return "Remove a lease that nobody holds any more"; }
  std::vector<std::string> examples() const override {
    return {"cdcctl lease clear /var/lib/cdc/orders",
            "cdcctl lease clear --force --host db1 /var/lib/cdc/orders"};
  }

  void declare(CLI::App& app) override {
    add_directory(app, "dir", directory_, "Checkpoint directory")->required();
    app.add_flag("--force", force_, "Also where the owner is on another host or unreadable")
        ->configurable(false);
    app.add_option("--host", host_, "The other host, as `lease show` names it; with --force")
        ->configurable(false)
        ->type_name("HOST");
    app.add_flag("--json", json_, "Print one JSON object");
  }

  int run(Context& context) override {
    if (!host_.empty() && !force_) {
      throw cdc::Error(cdc::Fault::usage, "--host needs --force")
          .with_hint("run `cdcctl lease show` first to see whether force is needed");
    }
    require_directory(directory_);
    const cdc::LeaseState lease = cdc::clear_lease(directory_, force_, host_);
    const bool cleared = lease.kind != cdc::LeaseState::Kind::free;
    if (json_) {
      context.out.line(json_line(to_json(lease, cleared)));
    } else {
      context.out.line(sentence(lease, cleared));
    }
    return Exit::done;
  }

 private:
  static nlohmann::ordered_json to_json(const cdc::LeaseState& lease, bool cleared) {
    nlohmann::ordered_json json{
        {"cleared", cleared}, {"was", lease_word(lease.kind)}, {"path", lease.path}};
    json["owner"] = owner_json(lease);
    return json;
  }

  static std::string sentence(const cdc::LeaseState& lease, bool cleared) {
    if (!cleared) return "Nothing to clear: nobody owns the directory.";
    if (!has_owner(lease)) return "Cleared: the lease was unreadable (" + lease.path + ").";
    return "Cleared: the lease was held by " + owner_words(lease.owner) + " (" + lease.path + ").";
  }

  std::string directory_;
  std::string host_;
  bool force_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_lease_clear() {
  return std::make_unique<LeaseClear>();
}

}  // namespace cdcctl
