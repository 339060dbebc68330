#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands/connection_options.hpp"
#include "commands/interruption.hpp"
#include "commands/json_line.hpp"
#include "commands/postgres/all.hpp"
#include "commands/postgres/slot_view.hpp"
#include "commands/postgres/slot_watch.hpp"
#include "libcdc/base/units.hpp"

namespace cdcctl {
namespace {

using cdc::postgres::Connection;
using cdc::postgres::Slot;

class SlotDrop : public Command {
 public:
  std::string_view path() const override { return "slot drop"; }
  std::string_view summary() const override {
    return "Drop a replication slot that nobody reads, for ever";
  }
  std::vector<std::string> examples() const override {
    return {"cdcctl slot drop --slot orders postgresql://cdc@db1/shop",
            "cdcctl slot drop --slot orders --yes --host db1 --database shop"};
  }

  void declare(CLI::App& app) override {
    app.add_option("--slot", slot_, "The slot to drop")->type_name("NAME")->required();
    app.add_flag("--yes", yes_, "Do not ask")->configurable(false);
    app.add_flag("--json", json_, "Print one JSON object");
    connection_.declare(app, ConnectionOptions::Form::positional,
                        ConnectionOptions::kPostgresServer);
  }

  int run(Context& context) override {
    return run_unless_interrupted(context, [&] { return drop(context); });
  }

 private:
  int drop(Context& context) const {
    Connection connection(connection_.settings(), Connection::Kind::plain, context.log,
                          context.stop);
    const std::optional<Slot> slot = cdc::postgres::find_slot(connection, slot_);
    if (!slot) throw_no_slot(slot_);
    check_droppable(*slot);
    confirm(context, yes_, consequence(*slot));
    cdc::postgres::drop_slot(connection, slot_);
    if (json_) {
      context.out.line(json_line(nlohmann::ordered_json{{"slot", slot_},
                                                        {"dropped", true},
                                                        {"plugin", slot->plugin},
                                                        {"database", slot->database}}));
    } else {
      context.out.line("Dropped " + slot_words(*slot) + ".");
    }
    return Exit::done;
  }

  static void check_droppable(const Slot& slot) {
    if (slot.type != "logical") {
      throw cdc::Error(
          cdc::Fault::refused,
          fmt::format("slot '{}' is a physical slot: a standby or a backup needs it", slot.name))
          .with_hint("it is not ours to drop; pg_drop_replication_slot() does, in psql");
    }
    if (slot.active) {
      throw cdc::Error(cdc::Fault::refused,
                       fmt::format("slot '{}' is active: PID {} of the server streams from it",
                                   slot.name, slot.active_pid))
          .with_hint("stop its reader first; a crashed one lets go within wal_sender_timeout");
    }
  }

  static std::string consequence(const Slot& slot) {
    const std::int64_t waiting = slot.lag_bytes.value_or(0);
    return fmt::format("drop {} and the {} of log that nobody has read from it", slot_words(slot),
                       cdc::format_size(waiting < 0 ? 0 : static_cast<std::uint64_t>(waiting)));
  }

  ConnectionOptions connection_;
  std::string slot_;
  bool yes_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_slot_drop() {
  return std::make_unique<SlotDrop>();
}

}  // namespace cdcctl
