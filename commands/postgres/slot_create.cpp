#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "commands/connection_options.hpp"
#include "commands/interruption.hpp"
#include "commands/json_line.hpp"
#include "commands/postgres/all.hpp"
#include "libcdc/sources/postgres/sessions.hpp"
#include "libcdc/sources/postgres/slot.hpp"

namespace cdcctl {
namespace {

using cdc::postgres::Connection;
using cdc::postgres::Lsn;
using cdc::postgres::Slot;
using std::chrono::seconds;

// The server's own words do not say how the setting is changed.
cdc::Error explained(const cdc::Error& error) {
  if (error.message().find("wal_level") == std::string::npos) return error;
  return error.with_hint("ALTER SYSTEM SET wal_level = 'logical'; and restart the server");
}

class SlotCreate : public Command {
 public:
  std::string_view path() const override { return "slot create"; }
  std::string_view summary() const override {
    return "Create a logical replication slot with pgoutput";
  }
  std::vector<std::string> examples() const override {
    return {"cdcctl slot create --slot orders postgresql://cdc@db1/shop",
            "cdcctl slot create --slot orders --if-not-exists --failover"};
  }

  void declare(CLI::App& app) override {
    app.add_option("--slot", slot_, "Its name: lower-case letters, digits and underscores")
        ->type_name("NAME")
        ->required();
    app.add_flag("--if-not-exists", if_not_exists_, "Accept a usable slot that exists already");
    app.add_flag("--failover,--enable-failover", failover_,
                 "Let standbys keep it in step (PostgreSQL 17)");
    app.add_flag("--two-phase,--enable-two-phase", two_phase_,
                 "Let it send prepared transactions at PREPARE, for tail --two-phase at-prepare");
    app.add_flag("--json", json_, "Print one JSON object");
    connection_.declare(app, ConnectionOptions::Form::positional,
                        ConnectionOptions::kPostgresServer);
  }

  int run(Context& context) override {
    return run_unless_interrupted(context, [&] { return create(context); });
  }

 private:
  int create(Context& context) const {
    // The second connection can look at what the first one waits for.
    Connection plain(connection_.settings(), Connection::Kind::plain, context.log, context.stop);
    if (if_not_exists_) {
      if (const auto slot = cdc::postgres::find_slot(plain, slot_)) {
        return accept(context, *slot, plain);
      }
    }
    Connection connection(connection_.settings(), Connection::Kind::replication, context.log,
                          context.stop);
    const auto waiting = [&](seconds waited) {
      if (waited != seconds(2) && waited.count() % 10 != 0) return;
      const cdc::postgres::Blockers blockers = cdc::postgres::find_blockers(plain);
      context.log.warning(fmt::format("creating slot '{}' waits for {}", slot_, blockers.words),
                          blockers.way_out);
    };
    try {
      cdc::postgres::SlotRequest request;
      request.name = slot_;
      request.failover = failover_;
      request.two_phase = two_phase_;
      print_created(context.out, cdc::postgres::create_slot(connection, request, waiting).point);
    } catch (const cdc::Error& error) {
      throw explained(error);
    }
    return Exit::done;
  }

  int accept(Context& context, const Slot& slot, const Connection& plain) const {
    cdc::postgres::check_usable(slot, plain.database());
    if (failover_) cdc::postgres::check_failover(slot, plain.server_version());
    if (two_phase_ != slot.two_phase) {
      throw cdc::Error(cdc::Fault::refused,
                       fmt::format("slot '{}' exists, and it {} prepared transactions at their "
                                   "PREPARE",
                                   slot_, slot.two_phase ? "sends" : "does not send"))
          .with_hint(
              "a slot is not switched: choose another name, or drop the slot where nobody "
              "needs it");
    }
    const std::string confirmed =
        cdc::postgres::format_lsn(slot.confirmed_flush_lsn.value_or(Lsn{0}));
    if (json_) {
      context.out.line(json_line(nlohmann::ordered_json{{"slot", slot_},
                                                        {"created", false},
                                                        {"consistent_point", nullptr},
                                                        {"confirmed_flush_lsn", confirmed},
                                                        {"failover", slot.failover}}));
    } else {
      context.out.facts(
          {{"slot", slot_}, {"created", "no, it exists"}, {"confirmed flush lsn", confirmed}});
    }
    return Exit::done;
  }

  void print_created(Output& out, Lsn point) const {
    const std::string text = cdc::postgres::format_lsn(point);
    if (json_) {
      out.line(json_line(nlohmann::ordered_json{{"slot", slot_},
                                                {"created", true},
                                                {"consistent_point", text},
                                                {"confirmed_flush_lsn", text},
                                                {"failover", failover_}}));
    } else {
      out.facts({{"slot", slot_},
                 {"created", "yes"},
                 {"consistent point", fmt::format("{} ({})", text, point)}});
    }
  }

  ConnectionOptions connection_;
  std::string slot_;
  bool if_not_exists_ = false;
  bool failover_ = false;
  bool two_phase_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_slot_create() {
  return std::make_unique<SlotCreate>();
}

}  // namespace cdcctl
