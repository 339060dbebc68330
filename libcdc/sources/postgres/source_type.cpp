#include "libcdc/sources/source_type.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "libcdc/base/units.hpp"
#include "libcdc/sources/postgres/divergence.hpp"
#include "libcdc/sources/postgres/lsn.hpp"
#include "libcdc/sources/postgres/slot.hpp"
#include "libcdc/sources/postgres/source.hpp"

#include "libcdc/base/error.hpp"

namespace cdc::postgres {
namespace {

using nlohmann::json;

const std::vector<OptionSpec> kOptions = {
    {"slot", "NAME", "Replication slot to stream from; left out: a temporary one", "", {}},
    {"publication",
     "NAME[,..]",
     "Publications to follow; left out: the only one that fits",
     "",
     {}},
    {"create-slot", "", "Make the slot where it does not exist", "", {}},
    {"temporary-slot", "", "Make the slot for this run only", "", {}},
    {"failover", "", "Make the slot one that standbys keep (PostgreSQL 17)", "", {}},
    {"create-publication",
     "",
     "Make a publication for --tables; with a temporary slot it is dropped at the end",
     "",
     {}},
    {"two-phase",
     "WHEN",
     "When rows of a prepared transaction come: at-commit, or at-prepare with a slot made for it",
     "at-commit",
     {"at-commit", "at-prepare"}},
    {"protocol",
     "VERSION",
     "Version of pgoutput's protocol; from 2 on large transactions come before they commit and are "
     "held",
     "auto",
     {"auto", "1", "2", "3", "4"}},
    {"origin",
     "WHICH",
     "Changes of any origin, or none that came by replication",
     "any",
     {"any", "none"}},
    {"binary-transfer",
     "",
     "Have the server send values in binary: for bytea beyond 512 MB (PostgreSQL 14)",
     "",
     {}},
    {"heartbeat",
     "DURATION",
     "Write a logical message into this database this often, so that positions move",
     "",
     {}},
    {"heartbeat-table",
     "TABLE",
     "Write a row of this table instead: schema.table, with the columns slot and at",
     "",
     {}},
};

constexpr const char* kAtPrepare = "at-prepare";

/// `X/X`, or the number that older checkpoints and SQL arithmetic give.
std::optional<Lsn> parse_any(std::string_view text) {
  if (const auto lsn = parse_lsn(text)) return lsn;
  Lsn number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Error bad_offset(const std::string& path, const std::string& what) {
  return Error(Fault::state, fmt::format("the offset in {} is not one of postgres: {}", path, what))
      .with_hint("cdcctl checkpoint rewrite writes a new one and keeps this file as a copy");
}

ChangePosition read_in_transaction(const json& value, const std::string& path) {
  if (!value.is_object() || !value.contains("position") || !value["position"].is_string() ||
      !value.contains("ordinal") || !value["ordinal"].is_number_unsigned() ||
      !parse_lsn(value["position"].get<std::string>())) {
    throw bad_offset(path, "in_transaction needs a position and an ordinal");
  }
  if (value.contains("publications") && !value["publications"].is_string()) {
    throw bad_offset(path, "'publications' of in_transaction must be a string");
  }
  return {value["position"], value["ordinal"]};
}

/// What was delivered of a prepared transaction depends on it: a change would lose or repeat rows.
void complete_two_phase(const json& offset, OptionValues& values) {
  const std::string made_with = offset.value("two_phase", "at-commit");
  if (values.text("two-phase").empty()) return values.set("two-phase", made_with);
  if (values.text("two-phase") == made_with) return;
  throw Error(Fault::refused, fmt::format("the checkpoint was made with --two-phase {}", made_with))
      .with_hint(fmt::format("say --two-phase {}, or begin anew with another slot and checkpoint",
                             made_with));
}

class PostgresType : public SourceType {
 public:
  std::string_view name() const override { return "postgres"; }
  const std::vector<OptionSpec>& options() const override { return kOptions; }
  std::string_view conninfo_help() const override {
    return "Server: URI or conninfo (PG* variables work too)";
  }
  std::string_view lasting_options() const override { return "--slot s --create-slot "; }

  std::unique_ptr<Source> open(const SourceRequest& request) const override {
    return std::make_unique<PostgresSource>(request, read_options(request.options, request));
  }

  std::string parse_position(std::string_view text) const override {
    if (const auto lsn = parse_any(text)) return format_lsn(*lsn);
    throw Error(Fault::usage, fmt::format("'{}' is not a position of PostgreSQL", text))
        .with_hint("write an LSN such as 0/16B6A70, or its value as a number");
  }

  std::partial_ordering compare(std::string_view a, std::string_view b) const override {
    return parse_lsn(a).value_or(0) <=> parse_lsn(b).value_or(0);
  }

  std::string describe_gap(std::string_view from, std::string_view to) const override {
    const Lsn a = parse_lsn(from).value_or(0);
    const Lsn b = parse_lsn(to).value_or(0);
    if (a == b) return "no gap";
    return fmt::format("{} bytes ({}) of WAL {}", a < b ? b - a : a - b,
                       format_size(a < b ? b - a : a - b), a < b ? "forward" : "back");
  }

  json to_offset(const ResumePoint& point, const OptionValues& values) const override {
    json offset = {{"lsn", parse_lsn(point.position).value_or(0)},
                   {"slot_name", values.text("slot")}};
    if (point.in_transaction) {
      offset["in_transaction"] = {{"position", point.in_transaction->transaction},
                                  {"ordinal", point.in_transaction->ordinal}};
      const std::string publications = values.text("publication");
      if (!publications.empty()) offset["in_transaction"]["publications"] = publications;
    }
    if (values.text("two-phase") == kAtPrepare) offset["two_phase"] = kAtPrepare;
    return offset;
  }

  ResumePoint from_offset(const json& offset, const std::string& path) const override {
    const auto lsn = offset.find("lsn");
    if (lsn == offset.end() || !lsn->is_number_unsigned()) {
      throw bad_offset(path, "'lsn' must be a number");
    }
    const auto slot = offset.find("slot_name");
    if (slot == offset.end() || !slot->is_string() || slot->get<std::string>().empty()) {
      throw bad_offset(path, "'slot_name' must name the slot");
    }
    ResumePoint point{format_lsn(lsn->get<Lsn>()), std::nullopt};
    const auto inside = offset.find("in_transaction");
    if (inside != offset.end()) point.in_transaction = read_in_transaction(*inside, path);
    return point;
  }

  void complete_options(const json& offset, OptionValues& values) const override {
    const std::string slot = offset.value("slot_name", "");
    const std::string given = values.text("slot");
    if (given.empty()) values.set("slot", slot);
    if (given.empty() || given == slot) return complete_two_phase(offset, values);
    throw Error(Fault::refused,
                fmt::format("the checkpoint belongs to slot '{}', not '{}'", slot, given))
        .with_hint(
            "leave out --slot, use another checkpoint directory, or cdcctl checkpoint "
            "rewrite --slot " +
            given);
  }

  std::vector<std::pair<std::string, std::string>> describe_offset(
      const json& offset) const override {
    const ResumePoint point = from_offset(offset, "the checkpoint");
    std::vector<std::pair<std::string, std::string>> lines = {
        {"slot", offset["slot_name"]},
        {"lsn", point.position},
        {"lsn as a number", std::to_string(offset["lsn"].get<Lsn>())}};
    if (point.in_transaction) {
      lines.emplace_back("in transaction", to_text(*point.in_transaction));
    }
    return lines;
  }

  std::vector<Finding> validate(const Checkpoint& checkpoint, const ConnectionSettings& settings,
                                const Log& log, const Stop& stop) const override;
  ServerView look(const json& offset, const ConnectionSettings& settings, const Log& log,
                  const Stop& stop) const override;
  std::vector<std::pair<std::string, std::string>> describe_stake(
      const Checkpoint& checkpoint, const ConnectionSettings& settings, const Log& log,
      const Stop& stop) const override;
};

std::vector<Finding> PostgresType::validate(const Checkpoint& checkpoint,
                                            const ConnectionSettings& settings, const Log& log,
                                            const Stop& stop) const {
  Connection connection(settings, Connection::Kind::replication, log, stop);
  const ServerIdentity server = identify(connection);
  std::vector<Finding> findings = compare_identity(checkpoint.server, server);
  const std::string slot_name = checkpoint.offset.value("slot_name", "");
  const std::optional<Slot> slot = find_slot(connection, slot_name);
  const Lsn position = checkpoint.offset.value("lsn", Lsn{0});
  const auto switched = switch_point(connection, server, timeline_of(checkpoint.server));
  const Lsn inside = inside_of(from_offset(checkpoint.offset, "the checkpoint"));
  for (Finding& finding :
       find_divergence(slot_name, slot, position, server.wal_end, switched, inside)) {
    findings.push_back(std::move(finding));
  }
  if (!slot || !findings.empty()) return findings;
  try {
    check_usable(*slot, server.database);
  } catch (const Error& error) {
    findings.push_back({"slot_unusable", error.message(), error.hint()});
  }
  return findings;
}

SourceType::ServerView PostgresType::look(const json& offset, const ConnectionSettings& settings,
                                          const Log& log, const Stop& stop) const {
  Connection connection(settings, Connection::Kind::replication, log, stop);
  const ServerIdentity server = identify(connection);
  ServerView view;
  view.current = format_lsn(server.wal_end);
  view.identity = std::make_shared<json>(to_json(server));
  const std::string slot_name = offset.value("slot_name", "");
  const std::optional<Slot> slot = find_slot(connection, slot_name);
  if (!slot) {
    throw Error(Fault::state, fmt::format("replication slot '{}' does not exist", slot_name))
        .with_hint("cdcctl slot list shows the slots of the server");
  }
  if (slot->confirmed_flush_lsn) {
    view.earliest = format_lsn(*slot->confirmed_flush_lsn);
    view.why_earliest =
        fmt::format("slot '{}' has confirmed {}: the server would silently start there", slot_name,
                    view.earliest);
  }
  return view;
}

std::string bytes_text(Lsn bytes) {
  return fmt::format("{} ({})", bytes, format_size(bytes));
}

std::string activity(const Slot& slot) {
  if (is_lost(slot)) return "lost";
  return slot.active ? fmt::format("active, PID {}", slot.active_pid) : "not active";
}

std::vector<std::pair<std::string, std::string>> PostgresType::describe_stake(
    const Checkpoint& checkpoint, const ConnectionSettings& settings, const Log& log,
    const Stop& stop) const {
  Connection connection(settings, Connection::Kind::replication, log, stop);
  const ServerIdentity server = identify(connection);
  std::vector<std::pair<std::string, std::string>> stake;
  for (const Finding& finding : compare_identity(checkpoint.server, server)) {
    stake.emplace_back("Another server", finding.sentence);
  }
  const ResumePoint point = from_offset(checkpoint.offset, "the checkpoint");
  const std::string name = checkpoint.offset["slot_name"];
  const std::optional<Slot> slot = find_slot(connection, name);
  stake.emplace_back("Slot", slot ? fmt::format("{} ({})", name, activity(*slot))
                                  : name + " (does not exist on this server)");
  stake.emplace_back("WAL end", format_lsn(server.wal_end));
  const auto distance = [&](Lsn from) {
    return bytes_text(server.wal_end > from ? server.wal_end - from : 0);
  };
  if (slot && slot->confirmed_flush_lsn) {
    stake.emplace_back("Bytes between slot and WAL end", distance(*slot->confirmed_flush_lsn));
  }
  if (slot && slot->restart_lsn) {
    stake.emplace_back("Bytes of WAL kept for the slot", distance(*slot->restart_lsn));
  }
  stake.emplace_back("Bytes between checkpoint and WAL end",
                     distance(parse_lsn(point.position).value_or(0)));
  return stake;
}

}  // namespace

void add_source_types(std::vector<const SourceType*>& types) {
  static const PostgresType kType;
  types.push_back(&kType);
}

}  // namespace cdc::postgres
