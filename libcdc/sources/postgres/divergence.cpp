#include "libcdc/sources/postgres/divergence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "libcdc/base/units.hpp"

namespace cdc::postgres {
namespace {

constexpr const char* kNewSlot =
    "changes are gone: make a new slot, copy the tables anew, and begin without this checkpoint";

/// What the old server wrote beyond the switch is not part of the new one's history.
std::string lost_timeline_way_out(Lsn switched_at) {
  if (switched_at == 0) return "the server does not know that timeline: it has another history";
  const std::string lsn = format_lsn(switched_at);
  return fmt::format(
      "what came after {} is lost on this server: undo it where it was delivered, then cdcctl "
      "checkpoint rewrite DIR --lsn {}; synchronized_standby_slots on the primary prevents it",
      lsn, lsn);
}

/// Lines of a timeline history file: `timeline TAB switch LSN TAB reason`.
std::optional<Lsn> read_history(std::string_view history, std::int64_t timeline) {
  while (!history.empty()) {
    const std::string_view line = history.substr(0, history.find('\n'));
    history.remove_prefix(std::min(history.size(), line.size() + 1));
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{} || number != timeline) continue;
    std::string_view rest = line.substr(static_cast<std::size_t>(end - line.data()));
    if (!rest.empty()) rest.remove_prefix(1);
    return parse_lsn(rest.substr(0, rest.find_first_of("\t ")));
  }
  return std::nullopt;
}

/// A member of a file that a person may have edited: as text, whatever its type is.
std::string member_text(const nlohmann::json& object, const char* key,
                        const std::string& otherwise) {
  const auto member = object.find(key);
  if (member == object.end()) return otherwise;
  return member->is_string() ? member->get<std::string>() : member->dump();
}

}  // namespace

nlohmann::json to_json(const ServerIdentity& server) {
  return {{"system_identifier", server.system_identifier},
          {"database", server.database},
          {"timeline", server.timeline}};
}

std::vector<Finding> compare_identity(const nlohmann::json& expected,
                                      const ServerIdentity& server) {
  std::vector<Finding> findings;
  const auto compare = [&](const char* key, const std::string& found) {
    const std::string was = member_text(expected, key, found);
    if (was == found) return;
    findings.push_back(
        {std::string(key) + "_differs",
         fmt::format("the checkpoint's {} is {}, the server's is {}", key, was, found),
         "check the address; --accept-server-change takes the server as it is"});
  };
  compare("system_identifier", server.system_identifier);
  compare("database", server.database);
  return findings;
}

std::int64_t timeline_of(const nlohmann::json& server) {
  const auto member = server.find("timeline");
  const bool known = member != server.end() && member->is_number_integer();
  return known ? member->get<std::int64_t>() : 0;
}

ServerIdentity identify(Connection& connection) {
  const Result result = connection.run("IDENTIFY_SYSTEM", "cannot identify the server");
  ServerIdentity server;
  server.system_identifier = result.string(0, 0);
  server.timeline = result.number(0, 1);
  server.wal_end = parse_lsn(result.text(0, 2)).value_or(0);
  server.database = result.string(0, 3);
  return server;
}

std::optional<Lsn> switch_point(Connection& connection, const ServerIdentity& server,
                                std::int64_t timeline) {
  if (timeline == 0 || timeline == server.timeline) return std::nullopt;
  // Timeline 1 has no history file, and a checkpoint of a later one cannot come from this server.
  if (server.timeline == 1) return 0;
  const Result result = connection.run(fmt::format("TIMELINE_HISTORY {}", server.timeline),
                                       "cannot read the history of the server's timelines");
  return read_history(result.text(0, 1), timeline).value_or(0);
}

Lsn inside_of(const ResumePoint& point) {
  return point.in_transaction ? parse_lsn(point.in_transaction->transaction).value_or(0) : 0;
}

std::vector<Finding> find_divergence(const std::string& slot_name, const std::optional<Slot>& slot,
                                     Lsn position, Lsn wal_end, std::optional<Lsn> switched_at,
                                     Lsn inside) {
  std::vector<Finding> findings;
  const auto add = [&](const char* code, const std::string& what, const std::string& way_out) {
    findings.push_back(
        {code,
         fmt::format("postgres checkpoint/slot divergence for slot '{}': {}", slot_name, what),
         way_out});
  };
  if (!slot) {
    add("slot_missing", "slot missing", kNewSlot);
    return findings;
  }
  if (is_lost(*slot)) {
    add("slot_lost",
        slot->invalidation_reason.empty() ? "slot lost" : "slot lost: " + slot->invalidation_reason,
        fmt::format("{}; {} so that it does not happen again", kNewSlot,
                    explain_loss(*slot).prevention));
    return findings;
  }
  if (slot->confirmed_flush_lsn && *slot->confirmed_flush_lsn > position) {
    add("slot_ahead",
        fmt::format("slot_confirmed_lsn={} is ahead of checkpoint_lsn={}; {} of changes are gone "
                    "(someone else read from the slot, or made it anew)",
                    format_lsn(*slot->confirmed_flush_lsn), format_lsn(position),
                    format_size(*slot->confirmed_flush_lsn - position)),
        "copy the tables anew, or accept the gap: cdcctl checkpoint rewrite DIR --pos LSN "
        "--accept-gap");
  }
  const Lsn reached = std::max(position, inside + 1);
  const bool beyond_timeline = switched_at && reached > *switched_at;
  if (reached > wal_end || beyond_timeline) {
    add("checkpoint_ahead",
        fmt::format("checkpoint_lsn={} is ahead of slot_confirmed_lsn={}. operator intervention "
                    "required ({} {})",
                    format_lsn(std::max(position, inside)),
                    slot->confirmed_flush_lsn ? format_lsn(*slot->confirmed_flush_lsn) : "none",
                    beyond_timeline ? "its timeline ended at" : "the server's log ends at",
                    format_lsn(beyond_timeline ? *switched_at : wal_end)),
        beyond_timeline ? lost_timeline_way_out(*switched_at)
                        : "this is another server, or one restored to an earlier time: going on "
                          "would skip changes");
  }
  return findings;
}

}  // namespace cdc::postgres
