#include "commands/postgres/slot_view.hpp"

#include <fmt/format.h>

#include <cmath>
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

/// "3 of 120 transactions, 1.42 MiB"
std::string part_text(std::int64_t transactions, std::int64_t all, std::int64_t size, Bytes bytes) {
  return fmt::format("{} of {} transactions, {}{}", transactions, all, bytes_text(size, bytes),
                     bytes == Bytes::exact ? " bytes" : "");
}

ordered_json statistics_json(const std::optional<cdc::postgres::SlotStatistics>& statistics) {
  if (!statistics) return nullptr;
  return {{"total_transactions", statistics->total_transactions},
          {"total_bytes", statistics->total_bytes},
          {"spilled_transactions", statistics->spilled_transactions},
          {"spilled_bytes", statistics->spilled_bytes},
          {"streamed_transactions", statistics->streamed_transactions},
          {"streamed_bytes", statistics->streamed_bytes}};
}

ordered_json seconds_json(const std::optional<std::chrono::seconds>& duration) {
  return duration ? ordered_json(duration->count()) : ordered_json(nullptr);
}

/// "+1.42 MiB/s"
std::string rate_text(double bytes_a_second) {
  const char* sign = bytes_a_second < 0 ? "-" : "+";
  return fmt::format("{}{}/s", sign,
                     cdc::format_size(static_cast<std::uint64_t>(std::abs(bytes_a_second))));
}

/// What is nearer than this is shown in red.
constexpr std::chrono::hours kSoon{1};

Cell time_cell(std::chrono::seconds left, const std::string& behind) {
  return {duration_words(left) + behind, left < kSoon ? Style::red : Style::yellow};
}

std::string yes_or_no(bool value) {
  return value ? "yes" : "no";
}

/// A standby holds a slot that it cannot follow safely yet as a temporary one.
bool not_yet_safe(const Slot& slot) {
  return cdc::postgres::is_followed(slot) && slot.temporary;
}

std::string synced_text(const Slot& slot) {
  if (!slot.synced) return "no";
  if (!slot.on_standby) return "yes, until this server was promoted";
  return slot.temporary ? "yes, not yet safe" : "yes, safe";
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
    problems.push_back({"slot_lost",
                        fmt::format("slot '{}' is lost: {}{}", slot.name,
                                    cdc::postgres::explain_loss(slot).why, reason),
                        "there is no way back: drop it, make a new one, and copy the tables anew"});
  } else if (slot.wal_status == "unreserved") {
    problems.push_back(
        {"slot_unreserved",
         fmt::format("slot '{}' is about to be lost: the server's next checkpoint may remove log "
                     "that it needs",
                     slot.name),
         "let its reader catch up now, or raise max_slot_wal_keep_size and reload"});
  }
  if (not_yet_safe(slot)) {
    problems.push_back(
        {"slot_not_safe",
         fmt::format(
             "slot '{}' is not safe on this standby yet: it would be gone if the server were "
             "promoted now",
             slot.name),
         "wait until the standby has caught up and the slot's reader has acknowledged on the "
         "primary"});
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
  json["two_phase_at"] = lsn_json(slot.two_phase_at);
  json["failover"] = slot.failover;
  json["synced"] = slot.synced;
  json["on_standby"] = slot.on_standby;
  json["statistics"] = statistics_json(slot.statistics);
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
      {"two phase", slot.two_phase_at ? "yes, from " + cdc::postgres::format_lsn(*slot.two_phase_at)
                                      : yes_or_no(slot.two_phase)},
      {"failover", yes_or_no(slot.failover)},
      {"synced", synced_text(slot)}};
  if (slot.statistics) {
    const cdc::postgres::SlotStatistics& s = *slot.statistics;
    facts.emplace_back(
        "spilled", part_text(s.spilled_transactions, s.total_transactions, s.spilled_bytes, bytes));
    facts.emplace_back("streamed", part_text(s.streamed_transactions, s.total_transactions,
                                             s.streamed_bytes, bytes));
  }
  if (!slot.invalidation_reason.empty()) {
    facts.emplace_back("invalidation reason", Cell(slot.invalidation_reason, Style::red));
  }
  return facts;
}

std::vector<std::pair<std::string, Cell>> forecast_facts(const SlotHistory& history,
                                                         std::optional<std::uint64_t> free_bytes) {
  std::vector<std::pair<std::string, Cell>> facts;
  if (const auto growth = history.growth()) {
    facts.emplace_back("retained log", fmt::format("{} {}", history.line(), rate_text(*growth)));
  }
  if (const auto left = history.until_unsafe()) {
    facts.emplace_back("at risk in", time_cell(*left, ", by max_slot_wal_keep_size"));
  }
  if (!free_bytes) return facts;
  if (const auto left = history.until_full(*free_bytes)) {
    facts.emplace_back(
        "disk full in",
        time_cell(*left, fmt::format(", {} are free", cdc::format_size(*free_bytes))));
  }
  return facts;
}

ordered_json forecast_json(const SlotHistory& history, std::optional<std::uint64_t> free_bytes) {
  const auto full = free_bytes ? history.until_full(*free_bytes) : std::nullopt;
  return {{"growth_bytes_per_second", optional_json(history.growth())},
          {"at_risk_in_seconds", seconds_json(history.until_unsafe())},
          {"free_bytes", optional_json(free_bytes)},
          {"disk_full_in_seconds", seconds_json(full)}};
}

std::string slot_words(const Slot& slot) {
  if (slot.type != "logical") return fmt::format("{} replication slot '{}'", slot.type, slot.name);
  return fmt::format("logical replication slot '{}' (plugin {}, database {})", slot.name,
                     slot.plugin, slot.database);
}

}  // namespace cdcctl
