#include <CLI/CLI.hpp>
#include <array>

#include "commands/all.hpp"
#include "commands/connection_options.hpp"
#include "commands/interruption.hpp"
#include "commands/reset_stake.hpp"
#include "commands/validators.hpp"
#include "libcdc/base/clock.hpp"

namespace cdcctl {
namespace {

/// One thing that a person must have done before a destructive recovery.
struct Acknowledgement {
  const char* flag;
  const char* help;
};

constexpr std::array<Acknowledgement, 4> kAcknowledgements = {{
    {"--snapshot-backed-up", "The checkpoint directory has been backed up"},
    {"--downstream-paused", "Consumers of the changes are paused"},
    {"--slot-impact-reviewed", "What happens to the slot and its WAL has been reviewed"},
    {"--rollback-plan-ready", "There is a way back"},
}};

class ForceResetChecklist : public Command {
 public:
  std::string_view path() const override { return "force-reset-checklist"; }
  std::string_view summary() const override {
    return "Check the preconditions of a destructive recovery";
  }
  std::vector<std::string> examples() const override {
    return {"cdcctl force-reset-checklist --change-ticket OPS-1234",
            "cdcctl force-reset-checklist --change-ticket OPS-1234 --snapshot-backed-up ..."};
  }

  void declare(CLI::App& app) override {
    app.add_option("--change-ticket", ticket_, "The ticket that allows the reset")
        ->type_name("ID")
        ->required();
    for (std::size_t i = 0; i < kAcknowledgements.size(); ++i) {
      app.add_flag(kAcknowledgements[i].flag, acknowledged_[i], kAcknowledgements[i].help)
          ->configurable(false);
    }
    add_directory(app, "--checkpoint", directory_, "Also show what a reset of this costs");
    connection_.declare(app, ConnectionOptions::Form::against);
  }

  int run(Context& context) override {
    if (ticket_.find_first_not_of(" \t") == std::string::npos) {
      throw cdc::Error(cdc::Fault::usage, "--change-ticket is empty")
          .with_hint("give the ticket that allows the reset: --change-ticket OPS-1234");
    }
    if (directory_.empty() && connection_.given()) {
      throw cdc::Error(cdc::Fault::usage, "--against needs --checkpoint")
          .with_hint("name the checkpoint directory that the reset is about");
    }
    return run_unless_interrupted(context, [&] { return check(context); });
  }

 private:
  int check(Context& context) const {
    if (const std::string missing = complaints(); !missing.empty()) {
      context.err.write(missing);
      context.err.line("DO NOT RUN FORCE RESET. Complete all checklist acknowledgements first.");
      return Exit::no;
    }
    // Read before anything is said: what cannot be read has not passed.
    const Stake stake = read_stake(context);
    context.out.line("Force-reset preflight checklist passed.");
    context.out.line("Change ticket: " + ticket_);
    context.out.line("Timestamp: " + cdc::format_utc_seconds(cdc::unix_now()));
    context.out.line("Summary: destructive recovery preconditions acknowledged.");
    for (const auto& [label, value] : stake) context.out.line(label + ": " + value);
    return Exit::done;
  }

  Stake read_stake(const Context& context) const {
    if (directory_.empty()) return {};
    std::optional<cdc::ConnectionSettings> server;
    if (connection_.given()) server = connection_.settings();
    return reset_stake(directory_, server, context.log, context.stop);
  }

  std::string complaints() const {
    std::string lines;
    for (std::size_t i = 0; i < kAcknowledgements.size(); ++i) {
      if (acknowledged_[i]) continue;
      lines += std::string("checklist failed: ") + kAcknowledgements[i].flag + " is required\n";
    }
    return lines;
  }

  ConnectionOptions connection_;
  std::string ticket_;
  std::string directory_;
  std::array<bool, kAcknowledgements.size()> acknowledged_{};
};

}  // namespace

std::unique_ptr<Command> make_force_reset_checklist() {
  return std::make_unique<ForceResetChecklist>();
}

}  // namespace cdcctl
