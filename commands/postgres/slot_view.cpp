#include "commands/postgres/slot_view.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "libcdc/base/units.hpp"

namespace cdcctl {
namespace {

using cdc::postgres::Lsn;
using cdc::postgres::Slot;
using nlohmann::ordered_json;

std::string bytes_text(const std::optional<std::int64_t>& count, Bytes bytes) {
  if (!count) return "-";
  if (bytes == Bytes::exact) return std::to_string(*count);
  const auto size = cdc::format_size(static_cast<std::uint64_t>(*count < 0 ? -*count : *count));
  return *count < 0 ? "-" + size : size;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string lsn_text(const std::optional<Lsn>& lsn) {
  return lsn ? fmt::format("{} ({})", cdc::postgres::format_lsn(*lsn), *lsn) : "-";
}

Cell wal_status_cell(const std::string& status) {
  if (status == "lost" || status == "unreserved") return {status, Style::red};
  return {or_dash(status), status == "extended" ? Style::yellow : Style::plain};
}

ordered_json text_json(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

template <typename Value>
ordered_json optional_json(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json lsn_json(const std::optional<Lsn>& lsn) {
  return lsn ? ordered_json(cdc::postgres::format_lsn(*lsn)) : ordered_json(nullptr);
}

std::string yes_or_no(bool value) {
  return value ? "yes" : "no";
}

std::string activity(const Slot& slot) {
  if (slot.active) return fmt::format("yes, PID {}", slot.active_pid);
  return slot.inactive_since.empty() ? "no" : "no, since " + slot.inactive_since;
}

}  // namespace

std::vector<cdc::Finding> slot_problems(const Slot& slot, std::optional<std::uint64_t> warn_bytes) {
  std::vector<cdc::Finding> problems;
  if (cdc::postgres::is_lost(slot)) {
    const std::string reason =
        slot.invalidation_reason.empty() ? "" : " (reason: " + slot.invalidation_reason + ")";
    problems.push_back(
        {"slot_lost",
         fmt::format("slot '{}' is lost: the server has removed the log that it needs{}", slot.name,
                     reason),
         "there is no way back: drop it, make a new one, and copy the tables anew"});
  } else if (slot.wal_status == "unreserved") {
    problems.push_back(
        {"slot_unreserved",
         fmt::format("slot '{}' is about to be lost: the server's next checkpoint may remove log "
                     "that it needs",
                     slot.name),
         "let its reader catch up now, or raise max_slot_wal_keep_size and reload"});
  }
  const bool retains_much = warn_bytes && slot.retained_bytes && *slot.retained_bytes > 0 &&
                            static_cast<std::uint64_t>(*slot.retained_bytes) > *warn_bytes;
  if (retains_much) {
    problems.push_back(
        {"slot_retains_much",
         fmt::format("the server keeps {} bytes ({}) of log for slot '{}', more "
                     "than {}",
                     *slot.retained_bytes, bytes_text(slot.retained_bytes, Bytes::human), slot.name,
                     cdc::format_size(*warn_bytes)),
         "start its reader, or drop the slot where nobody needs it"});
  }
  return problems;
}

ordered_json slot_json(const Slot& slot) {
  ordered_json json{{"slot_name", slot.name}, {"plugin", text_json(slot.plugin)}};
  json["slot_type"] = slot.type;
  json["database"] = text_json(slot.database);
  json["temporary"] = slot.temporary;
  json["active"] = slot.active;
  json["active_pid"] = slot.active ? ordered_json(slot.active_pid) : ordered_json(nullptr);
  json["inactive_since"] = text_json(slot.inactive_since);
  json["wal_status"] = text_json(slot.wal_status);
  json["invalidation_reason"] = text_json(slot.invalidation_reason);
  json["restart_lsn"] = lsn_json(slot.restart_lsn);
  json["confirmed_flush_lsn"] = lsn_json(slot.confirmed_flush_lsn);
  json["retained_bytes"] = optional_json(slot.retained_bytes);
  json["lag_bytes"] = optional_json(slot.lag_bytes);
  json["safe_wal_size"] = optional_json(slot.safe_wal_size);
  json["two_phase"] = slot.two_phase;
  json["failover"] = slot.failover;
  json["synced"] = slot.synced;
  return json;
}

std::vector<std::string> slot_columns() {
  return {"SLOT", "PLUGIN", "DATABASE", "ACTIVE", "WAL STATUS", "RETAINED", "LAG"};
}

Output::Row slot_row(const Slot& slot, Bytes bytes) {
  return {slot.name,
          or_dash(slot.plugin),
          or_dash(slot.database),
          slot.active ? fmt::format("PID {}", slot.active_pid) : "no",
          wal_status_cell(slot.wal_status),
          bytes_text(slot.retained_bytes, bytes),
          bytes_text(slot.lag_bytes, bytes)};
}

std::vector<std::pair<std::string, Cell>> slot_facts(const Slot& slot, Bytes bytes) {
  std::vector<std::pair<std::string, Cell>> facts = {
      {"slot", {slot.name, Style::bold}},
      {"type", slot.temporary ? slot.type + ", temporary" : slot.type},
      {"plugin", or_dash(slot.plugin)},
      {"database", or_dash(slot.database)},
      {"active", activity(slot)},
      {"wal status", wal_status_cell(slot.wal_status)},
      {"safe wal size", bytes_text(slot.safe_wal_size, bytes)},
      {"retained", bytes_text(slot.retained_bytes, bytes)},
      {"lag to flush", bytes_text(slot.lag_bytes, bytes)},
      {"restart lsn", lsn_text(slot.restart_lsn)},
      {"confirmed flush lsn", lsn_text(slot.confirmed_flush_lsn)},
      {"two phase", yes_or_no(slot.two_phase)},
      {"failover", yes_or_no(slot.failover)},
      {"synced", yes_or_no(slot.synced)}};
  if (!slot.invalidation_reason.empty()) {
    facts.emplace_back("invalidation reason", Cell(slot.invalidation_reason, Style::red));
  }
  return facts;
}

std::string slot_words(const Slot& slot) {
  if (slot.type != "logical") return fmt::format("{} replication slot '{}'", slot.type, slot.name);
  return fmt::format("logical replication slot '{}' (plugin {}, database {})", slot.name,
                     slot.plugin, slot.database);
}

}  // namespace cdcctl
