#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands/all.hpp"
#include "commands/checkpoint_found.hpp"
#include "commands/checkpoint_move.hpp"
#include "commands/connection_options.hpp"
#include "commands/interruption.hpp"
#include "commands/json_line.hpp"
#include "commands/lease_words.hpp"
#include "commands/validators.hpp"
#include "libcdc/base/clock.hpp"
#include "libcdc/state/checkpoint_file.hpp"
#include "libcdc/state/lease.hpp"
#include "libcdc/state/snapshot_file.hpp"

namespace cdcctl {
namespace {

using cdc::Error;
using cdc::Fault;
using nlohmann::json;
using nlohmann::ordered_json;
using Direction = Move::Direction;
using ServerView = cdc::SourceType::ServerView;

const char* const kDefaultType = "postgres";

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

/// What a rewrite is about to do.
struct Plan {
  const cdc::SourceType* type = nullptr;
  std::optional<FoundCheckpoint> old;  ///< nothing where the directory has no checkpoint yet
  std::optional<ServerView> server;    ///< nothing without --against
  bool other_server = false;           ///< the old position belongs to another one
  cdc::ResumePoint target;
  cdc::Checkpoint next;
  Move move;
  std::string moved_from;         ///< what the gap is measured from
  std::string given_up_snapshot;  ///< it is under way, and cannot go on from the new place
};

// The old file counts as damaged where it does not say where it stood.
bool is_damaged(const Plan& plan) {
  return plan.old && !plan.old->point;
}

// Of an old file that does not say where it stood nobody knows what is skipped.
bool may_skip(const Plan& plan) {
  return plan.move.direction == Direction::forward ||
         (plan.old && plan.move.direction == Direction::unknown);
}

bool needs_yes(const Plan& plan) {
  return may_skip(plan) || !plan.given_up_snapshot.empty();
}

std::string old_text(const Plan& plan) {
  if (!plan.old) return "nothing";
  return plan.old->point ? point_text(*plan.old->point) : "unreadable";
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : json_line(value);
}

// The timeline changes at every promotion: it does not say which server it is.
bool differs(const json& known, const json& found, const std::string& key) {
  return key != "timeline" && known.contains(key) && text_of(known[key]) != text_of(found[key]);
}

std::string differences(const json& known, const json& found) {
  std::string text;
  for (const auto& [key, value] : found.items()) {
    if (!differs(known, found, key)) continue;
    text += fmt::format("{}its {} is {}, here it is {}", text.empty() ? "" : "; ", key,
                        text_of(known[key]), text_of(value));
  }
  return text;
}

class CheckpointRewrite : public Command {
 public:
  std::string_view path() const override { return "checkpoint rewrite"; }
  std::string_view summary() const override {
    return "Move a checkpoint to another position, with a copy of the old one";
  }
  std::vector<std::string> examples() const override {
    return {"cdcctl checkpoint rewrite DIR --lsn 0/16B6A70 --slot orders --dry-run",
            "cdcctl checkpoint rewrite DIR --pos 0/1A2B3C8#2 --against CONNINFO"};
  }

  void declare(CLI::App& app) override {
    add_directory(app, "dir", directory_, "Checkpoint directory; made where it is missing")
        ->required();
    const auto text = [&app](const char* name, std::string& target, const char* value_name,
                             const char* help) {
      app.add_option(name, target, help)->type_name(value_name);
    };
    text("--lsn", lsn_, "LSN", "The position to go on after: X/X, or its value as a number");
    text("--slot", slot_, "NAME", "The slot that it belongs to [as before]");
    text("--pos", pos_, "POS", "A position, or the pos of a change line: X/X#n");
    app.add_flag("--current", current_, "The end of the server's log; with --against");
    app.add_flag("--accept-gap", accept_gap_, "Move forward: skip the changes in between")
        ->configurable(false);
    app.add_flag("--accept-server-change", accept_server_change_,
                 "Take a server that is not the checkpoint's")
        ->configurable(false);
    app.add_flag("--dry-run", dry_run_, "Show what would be done, and write nothing");
    app.add_flag("--json", json_, "Print one JSON object");
    text("--source-type", source_type_, "NAME", "The source of a new checkpoint [postgres]");
    connection_.declare(app, ConnectionOptions::Form::against);
  }

  int run(Context& context) override {
    return run_unless_interrupted(context, [&] { return rewrite(context); });
  }

 private:
  int rewrite(Context& context) const;
  void check_usage() const;
  const cdc::SourceType& choose_type() const;
  Plan make_plan(Context& context) const;
  void look_at_old(Plan& plan) const;
  void look_at_server(Plan& plan, Context& context) const;
  static void look_at_snapshot(Plan& plan);
  void measure(Plan& plan) const;
  json make_offset(const Plan& plan, const cdc::ResumePoint& target) const;
  void guard(const Plan& plan, Context& context) const;
  void guard_against_server(const Plan& plan, Context& context) const;
  std::string write(const Plan& plan, const cdc::Lease& lease) const;
  void print(Context& context, const Plan& plan, const std::string& kept) const;
  void print_json(Output& out, const Plan& plan, const std::string& kept) const;

  ConnectionOptions connection_;
  std::string directory_;
  std::string lsn_;
  std::string slot_;
  std::string pos_;
  std::string source_type_;
  bool current_ = false;
  bool accept_gap_ = false;
  bool accept_server_change_ = false;
  bool dry_run_ = false;
  bool json_ = false;
};

int CheckpointRewrite::rewrite(Context& context) const {
  check_usage();
  std::optional<cdc::Lease> lease;
  if (!dry_run_ && is_directory(directory_)) lease.emplace(directory_, context.log);
  const Plan plan = make_plan(context);
  guard(plan, context);
  std::string kept;
  if (!dry_run_) {
    if (!lease) {
      cdc::make_checkpoint_directory(directory_);
      lease.emplace(directory_, context.log);
    }
    kept = write(plan, *lease);
  }
  json_ ? print_json(context.out, plan, kept) : print(context, plan, kept);
  return Exit::done;
}

void CheckpointRewrite::check_usage() const {
  const int places = (lsn_.empty() ? 0 : 1) + (pos_.empty() ? 0 : 1) + (current_ ? 1 : 0);
  if (places != 1) {
    throw Error(Fault::usage, places == 0 ? "no position is given" : "two positions are given")
        .with_hint("say where to go on with one of --lsn, --pos and --current");
  }
  if (lsn_.find('#') != std::string::npos) {
    throw Error(Fault::usage, "--lsn: '" + lsn_ + "' is the pos of a change")
        .with_hint("give it with --pos");
  }
  if (current_ && !connection_.given()) {
    throw Error(Fault::usage, "--current needs a server to ask")
        .with_hint("add --against CONNINFO");
  }
  if (accept_server_change_ && !connection_.given()) {
    throw Error(Fault::usage, "--accept-server-change needs a server")
        .with_hint("add --against CONNINFO");
  }
}

/// The directory's own source, else the one that is asked for.
const cdc::SourceType& CheckpointRewrite::choose_type() const {
  std::vector<std::string> types;
  if (is_directory(directory_)) types = cdc::checkpoint_types(directory_);
  std::string name = source_type_;
  if (name.empty()) name = types.empty() ? kDefaultType : types.front();
  const bool mixed = types.size() > 1 || (types.size() == 1 && types.front() != name);
  if (mixed) cdc::CheckpointFile(directory_, name).load();
  const cdc::SourceType* type = cdc::find_source_type(name);
  if (type != nullptr) return *type;
  throw Error(Fault::usage, "this program has no source '" + name + "'")
      .with_hint("cdcctl tail -h lists the sources");
}

Plan CheckpointRewrite::make_plan(Context& context) const {
  Plan plan;
  plan.type = &choose_type();
  look_at_old(plan);
  if (!current_) plan.target = parse_place(*plan.type, lsn_.empty() ? pos_ : lsn_);
  if (connection_.given()) look_at_server(plan, context);
  if (current_) plan.target = {plan.server->current, std::nullopt};
  plan.next.source_type = plan.type->name();
  if (plan.old && plan.old->checkpoint) plan.next = *plan.old->checkpoint;
  plan.next.offset = make_offset(plan, plan.target);
  look_at_snapshot(plan);
  if (plan.server) plan.next.server = *plan.server->identity;
  plan.next.updated_at = cdc::format_utc_seconds(cdc::unix_now());
  measure(plan);
  return plan;
}

void CheckpointRewrite::look_at_old(Plan& plan) const {
  plan.old = find_checkpoint(directory_, std::string(plan.type->name()));
  if (!plan.old) return;
  for (const cdc::Finding& problem : plan.old->problems) {
    if (problem.code != "permissions_too_wide") continue;
    throw to_error(problem, Fault::state);
  }
}

void CheckpointRewrite::look_at_server(Plan& plan, Context& context) const {
  const json offset = make_offset(plan, {});
  plan.server = plan.type->look(offset, connection_.settings(), context.log, context.stop);
  if (!plan.old || !plan.old->checkpoint) return;
  const std::string text = differences(plan.old->checkpoint->server, *plan.server->identity);
  plan.other_server = !text.empty();
  if (!plan.other_server || accept_server_change_) return;
  throw Error(Fault::refused, "the checkpoint comes from another server: " + text)
      .with_hint("check the address; --accept-server-change takes the server as it is");
}

/// What is missing of a snapshot is read before the changes from its own place on.
void CheckpointRewrite::look_at_snapshot(Plan& plan) {
  if (!plan.old || !plan.old->point) return;
  const json& old = plan.old->checkpoint->offset;
  const std::string id = old.value(cdc::kSnapshot, "");
  if (id.empty()) return;
  json same = plan.next.offset;
  same[cdc::kSnapshot] = id;
  if (same == old && !plan.other_server) {
    plan.next.offset = std::move(same);
  } else {
    plan.given_up_snapshot = id;
  }
}

/// An old position that cannot be read, or is another server's, says nothing of what is skipped:
/// then the server's own mark does.
void CheckpointRewrite::measure(Plan& plan) const {
  if (plan.old && plan.old->point && !plan.other_server) {
    plan.moved_from = point_text(*plan.old->point);
    plan.move = measure_move(*plan.type, *plan.old->point, plan.target);
  } else if (plan.server && !plan.server->earliest.empty()) {
    plan.moved_from = plan.server->earliest;
    plan.move = measure_move(*plan.type, {plan.server->earliest, std::nullopt}, plan.target);
  } else {
    plan.move = {Direction::unknown, "unknown: there is no old position to measure from"};
  }
}

json CheckpointRewrite::make_offset(const Plan& plan, const cdc::ResumePoint& target) const {
  cdc::OptionValues values;
  if (plan.old && plan.old->point) {
    plan.type->complete_options(plan.old->checkpoint->offset, values);
  }
  // Of another slot nothing is taken over.
  if (!slot_.empty() && slot_ != values.text("slot")) {
    values = {};
    values.set("slot", slot_);
  }
  const auto& options = plan.type->options();
  const bool has_slots = std::any_of(options.begin(), options.end(),
                                     [](const auto& option) { return option.name == "slot"; });
  if (has_slots && values.text("slot").empty()) {
    throw Error(Fault::usage, "no readable checkpoint says which slot the position belongs to")
        .with_hint("name it with --slot");
  }
  return plan.type->to_offset(target, values);
}

void CheckpointRewrite::guard(const Plan& plan, Context& context) const {
  if (plan.server) guard_against_server(plan, context);
  if (!plan.given_up_snapshot.empty() && !accept_gap_ && !dry_run_) {
    throw Error(Fault::refused,
                fmt::format("snapshot {} is under way, and cannot go on from {}: the rows that it "
                            "has not read would never come",
                            plan.given_up_snapshot, point_text(plan.target)))
        .with_hint(
            "let tail --snapshot initial finish it first; add --accept-gap when these rows may be "
            "missing");
  }
  if (may_skip(plan) && !accept_gap_ && !dry_run_) {
    const bool skips = plan.move.direction == Direction::forward;
    throw Error(
        Fault::refused,
        fmt::format("moving from {} to {} {} changes: {}", skips ? plan.moved_from : old_text(plan),
                    point_text(plan.target), skips ? "skips" : "may skip", plan.move.gap))
        .with_hint("add --accept-gap when these changes may be lost");
  }
  if (plan.move.direction == Direction::back && !plan.server) {
    context.log.warning("the server was not asked whether it can still go back that far",
                        "add --against CONNINFO, or run cdcctl checkpoint validate afterwards");
  }
  if (!dry_run_) return;
  const cdc::LeaseState lease = cdc::inspect_lease(directory_);
  if (lease.kind == cdc::LeaseState::Kind::free) return;
  context.log.warning("the directory has a lease: " + lease_meaning(lease));
}

void CheckpointRewrite::guard_against_server(const Plan& plan, Context& context) const {
  const ServerView& server = *plan.server;
  if (!server.earliest.empty() &&
      std::is_lt(plan.type->compare(plan.target.position, server.earliest))) {
    throw Error(Fault::refused, fmt::format("the server cannot go back to {}: {}",
                                            point_text(plan.target), server.why_earliest))
        .with_hint("copy the tables anew, or go on from " + server.earliest);
  }
  const auto findings =
      plan.type->validate(plan.next, connection_.settings(), context.log, context.stop);
  if (findings.empty()) return;
  throw to_error(findings.front(), Fault::state);
}

/// Returns the name of the copy; empty where there was no file.
std::string CheckpointRewrite::write(const Plan& plan, const cdc::Lease& lease) const {
  const cdc::CheckpointFile file(directory_, std::string(plan.type->name()));
  lease.check();
  const auto kept = file.keep_copy(is_damaged(plan) ? "corrupt" : "bak");
  file.save(plan.next);
  return kept.value_or("");
}

void CheckpointRewrite::print(Context& context, const Plan& plan, const std::string& kept) const {
  std::vector<std::pair<std::string, Cell>> facts = {
      {"move", {old_text(plan) + " -> " + point_text(plan.target), Style::bold}},
      {"gap", plan.move.gap}};
  if (plan.move.direction == Direction::back) {
    facts.emplace_back("effect", "changes in between come again, each with the same pos");
  } else if (plan.move.direction == Direction::forward) {
    facts.emplace_back("effect", Cell("changes in between are skipped for ever", Style::yellow));
  }
  if (!plan.given_up_snapshot.empty()) {
    facts.emplace_back("snapshot",
                       Cell(plan.given_up_snapshot + " is given up: the rows that it has not read "
                                                     "never come",
                            Style::yellow));
  }
  for (const auto& [label, value] : plan.type->describe_offset(plan.next.offset)) {
    facts.emplace_back(label, value);
  }
  facts.emplace_back("events", std::to_string(plan.next.committed_event_count));
  if (!kept.empty()) facts.emplace_back("old file kept as", kept);
  const std::string path = cdc::CheckpointFile(directory_, std::string(plan.type->name())).path();
  facts.emplace_back("written", dry_run_ ? "nothing (dry run)" : path);
  context.out.facts(facts);
  if (dry_run_ && needs_yes(plan) && !accept_gap_) {
    context.log.warning("without --dry-run this would be refused: add --accept-gap then");
  }
}

void CheckpointRewrite::print_json(Output& out, const Plan& plan, const std::string& kept) const {
  ordered_json object{{"directory", directory_}, {"source_type", plan.type->name()}};
  object["old"] = nullptr;
  if (plan.old && plan.old->point) {
    object["old"] = {{"position", point_text(*plan.old->point)},
                     {"offset", plan.old->checkpoint->offset}};
  }
  object["new"] = {{"position", point_text(plan.target)}, {"offset", plan.next.offset}};
  object["direction"] = direction_word(plan.move.direction);
  object["gap"] = plan.move.gap;
  object["given_up_snapshot"] = nullptr;
  if (!plan.given_up_snapshot.empty()) object["given_up_snapshot"] = plan.given_up_snapshot;
  object["committed_event_count"] = plan.next.committed_event_count;
  object["kept"] = kept.empty() ? ordered_json(nullptr) : ordered_json(kept);
  object["written"] = !dry_run_;
  out.line(json_line(object));
}

}  // namespace

std::unique_ptr<Command> make_checkpoint_rewrite() {
  return std::make_unique<CheckpointRewrite>();
}

}  // namespace cdcctl
