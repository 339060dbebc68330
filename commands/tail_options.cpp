#include "commands/tail_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
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
const char* const kSnapshot = "Snapshot";
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
    {"ddl", OpSet().with(Op::ddl)},
    {"progress", OpSet().with(Op::progress)},
    {"prepare", OpSet().with(Op::prepare)},
    {"commit_prepared", OpSet().with(Op::commit_prepared)},
    {"rollback_prepared", OpSet().with(Op::rollback_prepared)},
    {"all", OpSet::all()},
};

/// What surrounds the changes of a transaction.
constexpr OpSet kMarks = OpSet().with(Op::begin).with(Op::commit);

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

const std::vector<std::pair<std::string, cdc::ndjson::Format>> kFormats = {
    {"native", cdc::ndjson::Format::native},
    {"debezium", cdc::ndjson::Format::debezium},
    {"wal2json", cdc::ndjson::Format::wal2json},
    {"maxwell", cdc::ndjson::Format::maxwell},
};

const std::string& name_of(cdc::ndjson::Format format) {
  return std::find_if(kFormats.begin(), kFormats.end(),
                      [format](const auto& known) { return known.second == format; })
      ->first;
}

/// Refuses an option that this format has no use for.
[[noreturn]] void refuse(const std::string& option, cdc::ndjson::Format format,
                         const std::string& hint) {
  throw Error(Fault::usage,
              fmt::format("{} means nothing with --format {}", option, name_of(format)))
      .with_hint(hint);
}

}  // namespace

void TailOptions::declare(CLI::App& app) {
  connection_.declare(app, ConnectionOptions::Form::positional, type_.conninfo_help());
  declare_source(app);
  declare_selection(app);
  declare_snapshot(app);
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
           "Lines to write: row, truncate, begin, commit, schema, message, progress, prepare, "
           "commit_prepared, rollback_prepared, all "
           "[row,truncate,prepare,commit_prepared,rollback_prepared; --format has its own]")
      ->group(kSelect);
}

void TailOptions::declare_snapshot(CLI::App& app) {
  using cdc::SnapshotMode;
  add_choice<SnapshotMode, SnapshotMode>(app, "--snapshot", snapshot_,
                                         {{"never", SnapshotMode::never},
                                          {"initial", SnapshotMode::initial},
                                          {"only", SnapshotMode::only},
                                          {"when-needed", SnapshotMode::when_needed}},
                                         "Read the rows that are there before the changes")
      ->group(kSnapshot);
  add_list(app, "--snapshot-tables", snapshot_tables_, "GLOB",
           "Read the rows of these tables only; changes come of all")
      ->group(kSnapshot);
  add_count(app, "--snapshot-parallel", snapshot_parallel_,
            "Read the rows over this many connections [1]")
      ->group(kSnapshot);
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
  declare_format(app);
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

void TailOptions::declare_format(CLI::App& app) {
  using namespace cdc::ndjson;
  using Decimal = DebeziumOptions::Decimal;
  using Time = DebeziumOptions::Time;
  DebeziumOptions& debezium = encoder_.debezium;
  add_choice<Format, Format>(app, "--format", encoder_.format, kFormats,
                             "The envelope of each change")
      ->group(kOutput);
  add_choice<std::optional<DecimalStyle>, DecimalStyle>(
      app, "--decimal", encoder_.decimal,
      {{"string", DecimalStyle::string}, {"number", DecimalStyle::number}},
      "How to write exact decimals [string; maxwell: number]")
      ->group(kOutput);
  add_choice<std::optional<BinaryStyle>, BinaryStyle>(
      app, "--binary", binary_, {{"base64", BinaryStyle::base64}, {"hex", BinaryStyle::hex}},
      "How to write bytes [base64]")
      ->group(kOutput);
  add_choice<std::optional<Decimal>, Decimal>(app, "--debezium-decimal", debezium_decimal_,
                                              {{"precise", Decimal::precise},
                                               {"double", Decimal::double_number},
                                               {"string", Decimal::string}},
                                              "Debezium's decimal.handling.mode [precise]")
      ->group(kOutput);
  add_choice<std::optional<Time>, Time>(
      app, "--debezium-time", debezium_time_,
      {{"adaptive", Time::adaptive},
       {"adaptive_time_microseconds", Time::adaptive_time_microseconds},
       {"connect", Time::connect},
       {"isostring", Time::isostring},
       {"microseconds", Time::microseconds},
       {"nanoseconds", Time::nanoseconds}},
      "Debezium's time.precision.mode [adaptive]")
      ->group(kOutput);
  app.add_flag("--debezium-key", debezium.key,
               "Write each record as its key and its value, as Kafka has them")
      ->group(kOutput);
  app.add_flag("--debezium-tombstones", debezium.tombstones,
               "Write a record without a value behind each delete; needs --debezium-key")
      ->group(kOutput);
  app.add_flag("--debezium-transaction", debezium.transaction,
               "Write the place in the transaction, and where each begins and ends")
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
  add_size(app, "--memory-limit", memory_limit,
           "Take about this much memory; transactions in progress that do not fit go to files")
      ->group(kRun);
  add_directory(app, "--spill-dir", spill_directory_,
                "Where those files are [the checkpoint's directory, else $TMPDIR or /var/tmp]")
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

/// The lines that are wanted: what --emit names, else what the format usually has.
OpSet TailOptions::emitted() const {
  const cdc::ndjson::FormatNeeds& needs = cdc::ndjson::needs_of(encoder_.format);
  if (encoder_.format != cdc::ndjson::Format::native &&
      source_options().text("two-phase") == "at-prepare") {
    refuse("--two-phase at-prepare", encoder_.format,
           "leave it out: the format cannot tell what became of a prepared transaction");
  }
  const OpSet marks = encoder_.debezium.transaction ? kMarks : OpSet();
  if (emit_.empty()) return needs.usual | marks;
  const OpSet known = needs.known | marks;
  const OpSet named = read_ops(emit_, kEmitWords, "--emit");
  if (named == OpSet::all()) return known;
  for (const auto& [word, ops] : kEmitWords) {
    if (ops == OpSet::all() || (named & ops) != ops || (known & ops) == ops) continue;
    const bool mark = encoder_.format == cdc::ndjson::Format::debezium && (kMarks & ops) == ops;
    refuse("--emit " + word, encoder_.format,
           mark ? "--debezium-transaction writes where transactions begin and end"
                : "leave it out: the format has no such record");
  }
  return named | marks;
}

OpSet TailOptions::ops() const {
  const OpSet emitted = this->emitted();
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
  selection.values = cdc::ndjson::needs_of(encoder_.format).values;
  selection.type_names = cdc::ndjson::needs_of(encoder_.format).type_names;
  selection.from_time = cdc::parse_rfc3339(from_);
  return selection;
}

cdc::SnapshotOptions TailOptions::snapshot() const {
  constexpr std::uint64_t kMostParallel = 64;
  cdc::SnapshotOptions options;
  options.mode = snapshot_;
  options.tables = read_globs(snapshot_tables_);
  const std::uint64_t parallel = snapshot_parallel_.value_or(1);
  if (parallel == 0 || parallel > kMostParallel) {
    throw Error(Fault::usage, fmt::format("--snapshot-parallel must be 1 to {}", kMostParallel));
  }
  options.parallel = parallel;
  if (snapshot_ == cdc::SnapshotMode::never && (!snapshot_tables_.empty() || snapshot_parallel_)) {
    throw Error(Fault::usage, "--snapshot-tables and --snapshot-parallel need --snapshot")
        .with_hint("say --snapshot initial for rows and then changes, or --snapshot only");
  }
  if (snapshot_ != cdc::SnapshotMode::never && !from_.empty()) {
    throw Error(Fault::usage, "--from does not go with --snapshot")
        .with_hint("changes begin where the snapshot was taken: leave out --from");
  }
  return options;
}

cdc::ndjson::EncoderOptions TailOptions::encoder() const {
  if (!cdc::is_utf8(name_)) throw Error(Fault::usage, "--name must be UTF-8");
  check_format();
  cdc::ndjson::EncoderOptions options = encoder_;
  options.source = name();
  options.version = CDCCTL_VERSION;
  // Of the other sources Debezium's connectors have our names.
  if (type_.name() != "postgres") options.connector = type_.name();
  options.binary = binary_.value_or(options.binary);
  options.debezium.decimal = debezium_decimal_.value_or(options.debezium.decimal);
  options.debezium.time = debezium_time_.value_or(options.debezium.time);
  if (pretty_) options.layout = cdc::ndjson::Layout::pretty;
  return options;
}

void TailOptions::check_format() const {
  using cdc::ndjson::Format;
  const Format format = encoder_.format;
  const cdc::ndjson::DebeziumOptions& debezium = encoder_.debezium;
  if (format == Format::wal2json && (encoder_.decimal || binary_)) {
    refuse(encoder_.decimal ? "--decimal" : "--binary", format,
           "leave it out: numbers are numbers and bytes are hex there");
  }
  if (format == Format::debezium && encoder_.decimal) {
    refuse("--decimal", format, "--debezium-decimal precise, double or string");
  }
  if (debezium.tombstones && !debezium.key) {
    throw Error(Fault::usage, "--debezium-tombstones needs --debezium-key")
        .with_hint("a record without a value says nothing without its key");
  }
  if (format == Format::debezium) return;
  const std::pair<const char*, bool> of_debezium[] = {
      {"--debezium-decimal", debezium_decimal_.has_value()},
      {"--debezium-time", debezium_time_.has_value()},
      {"--debezium-key", debezium.key},
      {"--debezium-transaction", debezium.transaction},
  };
  for (const auto& [option, given] : of_debezium) {
    if (given) refuse(option, format, "it belongs to --format debezium");
  }
}

bool TailOptions::leaves_transactions() const {
  return encoder_.format != cdc::ndjson::Format::maxwell && !encoder_.debezium.transaction;
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

std::string TailOptions::spill_directory() const {
  if (!spill_directory_.empty()) return spill_directory_;
  if (!checkpoint.empty()) return checkpoint;
  const char* temporary = std::getenv("TMPDIR");
  return temporary != nullptr && *temporary != '\0' ? temporary : "/var/tmp";
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
  if (!readers.empty() && !cdc::ndjson::needs_of(encoder_.format).names_positions) {
    throw Error(Fault::usage, fmt::format("--ack fd:N and file:PATH do not go with --format {}",
                                          name_of(encoder_.format)))
        .with_hint("its lines have no pos to write back: leave out --ack, or use --format native");
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
