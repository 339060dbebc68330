#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

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
    return watch_.run(context, [&](const std::vector<Slot>& slots) {
      return watch_.json() ? print_json(context.out, slots) : print(context.out, slots);
    });
  }

 private:
  int print_json(Output& out, const std::vector<Slot>& slots) const {
    nlohmann::ordered_json json{{"ok", true}, {"slots", nlohmann::ordered_json::array()}};
    for (const Slot& slot : slots) {
      nlohmann::ordered_json entry = slot_json(slot);
      entry["problems"] = to_json(slot_problems(slot, warn_bytes_));
      if (!entry["problems"].empty()) json["ok"] = false;
      json["slots"].push_back(std::move(entry));
    }
    out.line(json_line(json));
    return json["ok"].get<bool>() ? Exit::done : Exit::no;
  }

  int print(Output& out, const std::vector<Slot>& slots) const {
    if (slots.empty()) out.line("The server has no replication slots.");
    const Bytes bytes = out.is_terminal() ? Bytes::human : Bytes::exact;
    int answer = Exit::done;
    for (const Slot& slot : slots) {
      if (&slot != &slots.front()) out.line("");
      auto facts = slot_facts(slot, bytes);
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
};

}  // namespace

std::unique_ptr<Command> make_slot_status() {
  return std::make_unique<SlotStatus>();
}

}  // namespace cdcctl
