#include "commands/tail_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "commands/validators.hpp"
#include "libcdc/base/clock.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/json_text.hpp"
#include "libcdc/base/units.hpp"

namespace cdcctl {
namespace {

using cdc::Error;
using cdc::Fault;
using cdc::Op;
using cdc::OpSet;

const char* const kSource = "Source and position";
const char* const kSelect = "Selection";
const char* const kLimit = "Beginning and end";
const char* const kOutput = "Output";
const char* const kRun = "Running";

using OpWords = std::vector<std::pair<std::string, OpSet>>;

const OpWords kOpWords = {
    {"insert", OpSet().with(Op::insert)}, {"update", OpSet().with(Op::update)},
    {"delete", OpSet().with(Op::remove)}, {"truncate", OpSet().with(Op::truncate)},
    {"read", OpSet().with(Op::read)},
};

const OpWords kEmitWords = {
    {"row", OpSet().with(Op::insert).with(Op::update).with(Op::remove).with(Op::read)},
    {"truncate", OpSet().with(Op::truncate)},
    {"begin", OpSet().with(Op::begin)},
    {"commit", OpSet().with(Op::commit)},
    {"schema", OpSet().with(Op::schema)},
    {"message", OpSet().with(Op::message)},
    {"progress", OpSet().with(Op::progress)},
    {"all", OpSet::all()},
};

OpSet read_ops(const std::vector<std::string>& words, const OpWords& known, const char* flag) {
  OpSet ops;
  for (const std::string& word : words) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const auto& entry) { return entry.first == word; });
    if (found == known.end()) {
      std::string all;
      for (const auto& entry : known) all += (all.empty() ? "" : ", ") + entry.first;
      throw Error(Fault::usage, fmt::format("{}: '{}' is none of {}", flag, word, all));
    }
    ops = ops | found->second;
  }
  return ops;
}

std::vector<cdc::TableGlob> read_globs(const std::vector<std::string>& patterns) {
  std::vector<cdc::TableGlob> globs;
  globs.reserve(patterns.size());
  for (const std::string& pattern : patterns) globs.emplace_back(pattern);
  return globs;
}

std::vector<cdc::ColumnRule> read_rules(const std::vector<std::string>& texts) {
  std::vector<cdc::ColumnRule> rules;
  rules.reserve(texts.size());
  for (const std::string& text : texts) rules.push_back(cdc::parse_column_rule(text));
  return rules;
}

}  // namespace

void TailOptions::declare(CLI::App& app) {
  connection_.declare(app, ConnectionOptions::Form::positional);
  declare_source(app);
  declare_selection(app);
  declare_limits(app);
  declare_output(app);
  declare_running(app);
}

void TailOptions::declare_source(CLI::App& app) {
  for (const cdc::OptionSpec& spec : type_.options()) {
    const std::string flag = "--" + spec.name;
    if (spec.value_name.empty()) {
      app.add_flag(flag, source_switches_[spec.name], spec.help)->group(kSource);
      continue;
    }
    std::string& target = source_texts_[spec.name];
    target = spec.default_value;
    if (spec.choices.empty()) {
      app.add_option(flag, target, spec.help)->type_name(spec.value_name)->group(kSource);
      continue;
    }
    const auto initial = std::find(spec.choices.begin(), spec.choices.end(), spec.default_value);
    const auto take = [&target, &spec](std::size_t index) { target = spec.choices[index]; };
    add_word(app, flag, spec.choices, take,
             static_cast<std::size_t>(initial - spec.choices.begin()), spec.help)
        ->group(kSource);
  }
  add_directory(app, "--checkpoint", checkpoint, "Remember the position in this directory")
      ->group(kSource);
}

void TailOptions::declare_selection(CLI::App& app) {
  add_list(app, "--tables", tables_, "GLOB",
           "Only these tables: schema.table; * and ? stop at a dot")
      ->group(kSelect);
  add_list(app, "--exclude-tables", exclude_tables_, "GLOB", "All tables but these")
      ->group(kSelect);
  add_each(app, "--columns", columns_, "RULE", "Of some tables only these columns: GLOB:c1,c2")
      ->group(kSelect);
  add_each(app, "--exclude-columns", exclude_columns_, "RULE",
           "Of some tables all columns but these: GLOB:c1,c2")
      ->group(kSelect);
  add_list(app, "--ops", ops_, "OP", "Only these: insert, update, delete, truncate, read")
      ->group(kSelect);
  add_list(app, "--emit", emit_, "KIND",
           "Lines to write: row, truncate, begin, commit, schema, message, progress, all "
           "[row,truncate]")
      ->group(kSelect);
}

void TailOptions::declare_limits(CLI::App& app) {
  const auto check = [this](const std::string& text) { check_place(text); };
  add_checked(app, "--from", from_, check,
              "Where to begin while no position is remembered: beginning, now, a position, or a "
              "commit time (RFC 3339)")
      ->type_name("PLACE")
      ->group(kLimit);
  add_checked(app, "--until", until_, check, "Where to end: now, a position, or a commit time")
      ->type_name("PLACE")
      ->group(kLimit);
  add_count(app, "--max-events", limits_.max_events, "End after this many lines")->group(kLimit);
  add_duration(app, "--for", limits_.duration, "End after this time")->group(kLimit);
  add_duration(app, "--idle-exit", limits_.idle_exit, "End when nothing has changed for this time")
      ->group(kLimit);
}

void TailOptions::declare_output(CLI::App& app) {
  using namespace cdc::ndjson;
  add_choice<DecimalStyle, DecimalStyle>(
      app, "--decimal", encoder_.decimal,
      {{"string", DecimalStyle::string}, {"number", DecimalStyle::number}},
      "How to write exact decimals")
      ->group(kOutput);
  add_choice<BinaryStyle, BinaryStyle>(app, "--binary", encoder_.binary,
                                       {{"base64", BinaryStyle::base64}, {"hex", BinaryStyle::hex}},
                                       "How to write bytes")
      ->group(kOutput);
  app.add_flag("--pretty", pretty_, "Indent each object over many lines, for people")
      ->group(kOutput);
  add_file(app, "--output", output,
           "Append to this file instead of stdout; with --checkpoint no line comes twice")
      ->group(kOutput);
  add_size(app, "--rotate-size", rotate_size, "Begin the next --output file at this size")
      ->group(kOutput);
  app.add_option("--name", name_, "The 'source' of every line [the source's type]")
      ->type_name("NAME")
      ->group(kOutput);
}

void TailOptions::declare_running(CLI::App& app) {
  add_duration(app, "--commit-interval", commit_interval,
               "Remember and acknowledge at most this often")
      ->group(kRun);
  add_each(app, "--ack", acks_, "WHEN",
           "What counts as delivered: written, fd:N or file:PATH (positions that the consumer "
           "writes back), or none [written]")
      ->group(kRun);
  app.add_flag("--accept-server-change", accept_server_change,
               "Go on although the checkpoint comes from another server")
      ->configurable(false)
      ->group(kRun);
  add_count(app, "--retry-max", retry_max_, "Give up after this many failed reconnects [unlimited]")
      ->group(kRun);
  app.add_option("--retry-backoff", retry_backoff_,
                 "Pause between reconnects, doubling: FIRST..LONGEST")
      ->type_name("RANGE")
      ->capture_default_str()
      ->group(kRun);
  add_duration(app, "--stall-timeout", stall_timeout,
               "Let go of the server when the consumer takes nothing for this time")
      ->group(kRun);
  add_duration(app, "--stats", stats, "Print a line of counters on stderr this often")->group(kRun);
}

void TailOptions::check_place(const std::string& text) const {
  if (text == "beginning" || text == "now" || cdc::parse_rfc3339(text)) return;
  const auto change = cdc::parse_change_position(text);
  try {
    type_.parse_position(change ? change->transaction : text);
  } catch (const Error& error) {
    throw Error(error.fault(), error.message())
        .with_hint(error.hint() + "; or beginning, now, or a time such as 2026-11-20T08:00:00Z");
  }
}

cdc::OptionValues TailOptions::source_options() const {
  cdc::OptionValues values;
  for (const auto& [name, text] : source_texts_) values.set(name, text);
  for (const auto& [name, on] : source_switches_) values.set(name, on ? "true" : "");
  return values;
}

OpSet TailOptions::ops() const {
  const std::vector<std::string> usual = {"row", "truncate"};
  const OpSet emitted = read_ops(emit_.empty() ? usual : emit_, kEmitWords, "--emit");
  if (ops_.empty()) return emitted;
  OpSet wanted = read_ops(ops_, kOpWords, "--ops");
  // --ops chooses among rows and truncates; the other lines are --emit's alone.
  OpSet filtered = OpSet::all();
  for (const auto& entry : kOpWords) filtered = filtered & ~entry.second;
  return emitted & (wanted | filtered);
}

cdc::Selection TailOptions::selection() const {
  cdc::Selection selection;
  selection.tables = read_globs(tables_);
  selection.exclude_tables = read_globs(exclude_tables_);
  selection.columns = read_rules(columns_);
  selection.exclude_columns = read_rules(exclude_columns_);
  selection.ops = ops();
  selection.from_time = cdc::parse_rfc3339(from_);
  return selection;
}

cdc::ndjson::EncoderOptions TailOptions::encoder() const {
  if (!cdc::is_utf8(name_)) throw Error(Fault::usage, "--name must be UTF-8");
  cdc::ndjson::EncoderOptions options = encoder_;
  options.source = name();
  if (pretty_) options.layout = cdc::ndjson::Layout::pretty;
  return options;
}

cdc::RetryOptions TailOptions::retry() const {
  const std::size_t dots = retry_backoff_.find("..");
  const auto first = cdc::parse_duration(retry_backoff_.substr(0, dots));
  const auto longest =
      dots == std::string::npos ? first : cdc::parse_duration(retry_backoff_.substr(dots + 2));
  if (!first || !longest || *longest < *first) {
    throw Error(Fault::usage,
                fmt::format("--retry-backoff: '{}' is not a range of durations", retry_backoff_))
        .with_hint("write it as 1s..30s; the longest is 24d");
  }
  return {retry_max_, *first, *longest};
}

cdc::Limits TailOptions::limits() const {
  cdc::Limits limits = limits_;
  if (until_.empty() || until_ == "now") return limits;
  if (until_ == "beginning") throw Error(Fault::usage, "--until beginning would show nothing");
  limits.until_time = cdc::parse_rfc3339(until_);
  if (limits.until_time) return limits;
  if (auto change = cdc::parse_change_position(until_)) {
    change->transaction = type_.parse_position(change->transaction);
    limits.until_change = std::move(change);
  } else {
    limits.until_position = type_.parse_position(until_);
  }
  return limits;
}

cdc::ResumePoint TailOptions::from() const {
  if (from_.empty() || from_ == "beginning" || from_ == "now" || cdc::parse_rfc3339(from_)) {
    return {};
  }
  auto change = cdc::parse_change_position(from_);
  if (!change) return {type_.parse_position(from_), std::nullopt};
  change->transaction = type_.parse_position(change->transaction);
  return {change->transaction, change};
}

bool TailOptions::consumes() const {
  return std::find(acks_.begin(), acks_.end(), "none") == acks_.end();
}

std::vector<cdc::AckReader> TailOptions::acks() const {
  const auto parse = [this](std::string_view text) { return type_.parse_position(text); };
  std::vector<cdc::AckReader> readers;
  for (const std::string& ack : acks_) {
    if (ack.starts_with("fd:")) {
      int fd = -1;
      const char* end = ack.data() + ack.size();
      const auto [stop, error] = std::from_chars(ack.data() + 3, end, fd);
      if (error != std::errc{} || stop != end) {
        throw Error(Fault::usage, fmt::format("--ack: '{}' names no descriptor", ack));
      }
      readers.push_back(cdc::AckReader::from_fd(fd, parse));
    } else if (ack.starts_with("file:") && ack.size() > 5) {
      readers.push_back(cdc::AckReader::from_file(ack.substr(5), parse));
    } else if (ack != "written" && ack != "none") {
      throw Error(Fault::usage,
                  fmt::format("--ack: '{}' is not written, fd:N, file:PATH or none", ack));
    } else if (acks_.size() > 1) {
      throw Error(Fault::usage, fmt::format("--ack {} stands alone", ack));
    }
  }
  // A regular file is read behind tail's back: a crash would cut off what was not acknowledged, or
  // bring it twice.
  std::error_code ignored;
  const bool to_file = !output.empty() && (std::filesystem::is_regular_file(output, ignored) ||
                                           !std::filesystem::exists(output, ignored));
  if (to_file && !readers.empty()) {
    throw Error(Fault::usage, "--ack fd:N and file:PATH do not go with --output")
        .with_hint("a file has no consumer that could acknowledge: leave out --ack, or --output");
  }
  const bool one_kind = std::all_of(
      acks_.begin(), acks_.end(), [](const std::string& ack) { return ack.starts_with("file:"); });
  if (acks_.size() > 1 && !one_kind) {
    throw Error(Fault::usage, "only --ack file:PATH may be given more than once");
  }
  return readers;
}

}  // namespace cdcctl
