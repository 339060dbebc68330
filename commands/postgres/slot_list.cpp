#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands/json_line.hpp"
#include "commands/postgres/all.hpp"
#include "commands/postgres/slot_view.hpp"
#include "commands/postgres/slot_watch.hpp"

namespace cdcctl {
namespace {

using cdc::postgres::Slot;

class SlotList : public Command {
 public:
  std::string_view path() const override { return "slot list"; }
  std::string_view summary() const override { return "List the replication slots of a server"; }
  std::vector<std::string> examples() const override {
    return {"cdcctl slot list postgresql://cdc@db1/shop",
            "cdcctl slot list --json | jq -r '.slots[] | select(.active | not).slot_name'"};
  }

  void declare(CLI::App& app) override { watch_.declare(app); }

  int run(Context& context) override {
    return watch_.run(context, [&](const SlotWatch::Look& look) {
      watch_.json() ? print_json(context.out, look.slots) : print(context.out, look.slots);
      return Exit::done;
    });
  }

 private:
  static void print_json(Output& out, const std::vector<Slot>& slots) {
    nlohmann::ordered_json json{{"slots", nlohmann::ordered_json::array()}};
    for (const Slot& slot : slots) json["slots"].push_back(slot_json(slot));
    out.line(json_line(json));
  }

  static void print(Output& out, const std::vector<Slot>& slots) {
    const Bytes bytes = out.is_terminal() ? Bytes::human : Bytes::exact;
    std::vector<Output::Row> rows;
    rows.reserve(slots.size());
    for (const Slot& slot : slots) rows.push_back(slot_row(slot, bytes));
    out.table(slot_columns(), rows);
  }

  SlotWatch watch_;
};

}  // namespace

std::unique_ptr<Command> make_slot_list() {
  return std::make_unique<SlotList>();
}

}  // namespace cdcctl
