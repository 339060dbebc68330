#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "commands/finding_json.hpp"
#include "commands/json_line.hpp"
#include "commands/postgres/all.hpp"
#include "commands/postgres/slot_view.hpp"
#include "commands/postgres/slot_watch.hpp"
#include "commands/validators.hpp"

namespace cdcctl {
namespace {

using cdc::Finding;
using cdc::postgres::Slot;

class SlotStatus : public Command {
 public:
  std::string_view path() const override { return "slot status"; }
  std::string_view summary() const override {
    return "Show the health of replication slots, and answer whether it is good";
  }
  std::vector<std::string> examples() const override {
    return {"cdcctl slot status --slot orders --warn-bytes 10GiB",
            "cdcctl slot status --watch postgresql://cdc@db1/shop"};
  }

  void declare(CLI::App& app) override {
    watch_.declare(app);
    add_size(app, "--warn-bytes", warn_bytes_,
             "Exit 1 where the server keeps more log than this for a slot");
  }

  int run(Context& context) override {
    return watch_.run(context, [&](const SlotWatch::Look& look) {
      for (const Slot& slot : look.slots) history_[slot.name].add(look.at, slot);
      return watch_.json() ? print_json(context.out, look) : print(context.out, look);
    });
  }

 private:
  int print_json(Output& out, const SlotWatch::Look& look) const {
    nlohmann::ordered_json json{{"ok", true}, {"slots", nlohmann::ordered_json::array()}};
    for (const Slot& slot : look.slots) {
      nlohmann::ordered_json entry = slot_json(slot);
      if (watch_.watches()) {
        entry["forecast"] = forecast_json(history_.at(slot.name), look.free_bytes);
      }
      entry["problems"] = to_json(slot_problems(slot, warn_bytes_));
      if (!entry["problems"].empty()) json["ok"] = false;
      json["slots"].push_back(std::move(entry));
    }
    out.line(json_line(json));
    return json["ok"].get<bool>() ? Exit::done : Exit::no;
  }

  int print(Output& out, const SlotWatch::Look& look) const {
    const std::vector<Slot>& slots = look.slots;
    if (slots.empty()) out.line("The server has no replication slots.");
    const Bytes bytes = out.is_terminal() ? Bytes::human : Bytes::exact;
    int answer = Exit::done;
    for (const Slot& slot : slots) {
      if (&slot != &slots.front()) out.line("");
      auto facts = slot_facts(slot, bytes);
      for (auto& fact : forecast_facts(history_.at(slot.name), look.free_bytes)) {
        facts.push_back(std::move(fact));
      }
      for (const Finding& problem : slot_problems(slot, warn_bytes_)) {
        facts.emplace_back("problem", Cell(problem.sentence, Style::red));
        facts.emplace_back("way out", problem.way_out);
        answer = Exit::no;
      }
      out.facts(facts);
    }
    return answer;
  }

  SlotWatch watch_;
  std::optional<std::uint64_t> warn_bytes_;
  std::map<std::string, SlotHistory> history_;  ///< by slot
};

}  // namespace

std::unique_ptr<Command> make_slot_status() {
  return std::make_unique<SlotStatus>();
}

}  // namespace cdcctl
