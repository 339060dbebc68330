#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "commands/all.hpp"
#include "commands/tail_memory.hpp"
#include "commands/tail_options.hpp"
#include "commands/tail_status.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/flow/pump.hpp"
#include "libcdc/flow/retrying_source.hpp"
#include "libcdc/sinks/ndjson/file_output.hpp"
#include "libcdc/sinks/ndjson/sink.hpp"

namespace cdcctl {
namespace {

using cdc::Error;
using cdc::Fault;

/// `tail <source>`: one command for every source of the registry.
class Tail : public Command {
 public:
  explicit Tail(const cdc::SourceType& type)
      : type_(type), path_(fmt::format("tail {}", type.name())), options_(type) {}

  std::string_view path() const override { return path_; }
  std::string_view summary() const override {
    return "Write committed changes to stdout, one JSON line each";
  }
  std::vector<std::string> examples() const override {
    return {fmt::format("cdcctl {} CONNINFO --tables shop.orders | jq .after", path_),
            fmt::format("cdcctl {} CONNINFO {}--checkpoint DIR", path_, type_.lasting_options())};
  }

  void declare(CLI::App& app) override { options_.declare(app); }
  int run(Context& context) override {
    try {
      return tail(context);
    } catch (const cdc::Interrupted&) {
      return Exit::done;  // before anything was written
    }
  }

 private:
  int tail(Context& context) const;
  cdc::SourceRequest make_request(Context& context, const TailMemory* memory) const;
  std::unique_ptr<cdc::ndjson::NdjsonSink> make_sink(Context& context,
                                                     const TailMemory* memory) const;
  cdc::ResumePoint begin(const TailMemory* memory, cdc::Source& source, const cdc::Log& log) const;

  const cdc::SourceType& type_;
  std::string path_;
  TailOptions options_;
};

std::string checkpoint_name(const TailOptions& options) {
  return "the checkpoint in " + options.checkpoint;
}

/// Whether rows may come before the changes of this run.
bool may_read_rows(cdc::SnapshotMode mode, const TailMemory* memory) {
  if (mode == cdc::SnapshotMode::never) return false;
  const bool begun = memory != nullptr && memory->checkpoint() && !memory->snapshot();
  return !begun || mode == cdc::SnapshotMode::when_needed;
}

Error acks_with_snapshot() {
  return Error(Fault::usage,
               "--ack fd:N and file:PATH do not go with a snapshot: all of its rows "
               "have the same position")
      .with_hint(
          "take the snapshot first, with --snapshot only --slot NAME --create-slot --checkpoint "
          "DIR and --ack written");
}

cdc::SourceRequest Tail::make_request(Context& context, const TailMemory* memory) const {
  cdc::SourceRequest request;
  request.connection = options_.connection();
  request.options = options_.source_options();
  request.selection = options_.selection();
  request.snapshot = options_.snapshot();
  request.accept_server_change = options_.accept_server_change;
  request.keeps_position = memory != nullptr;
  request.consumes = options_.consumes();
  request.memory_limit = options_.memory_limit;
  request.spill_directory = options_.spill_directory();
  request.log = &context.log;
  request.stop = &context.stop;
  if (memory != nullptr && memory->checkpoint()) {
    type_.complete_options(memory->checkpoint()->offset, request.options);
    request.checkpoint = std::make_shared<cdc::Checkpoint>(*memory->checkpoint());
    // What is remembered stands above --from.
    request.selection.from_time.reset();
  }
  request.starts_now = !request.checkpoint && options_.from_now();
  request.starts_at_beginning = !request.checkpoint && options_.from_beginning();
  return request;
}

std::unique_ptr<cdc::ndjson::NdjsonSink> Tail::make_sink(Context& context,
                                                         const TailMemory* memory) const {
  using namespace cdc::ndjson;
  auto encoder = make_encoder(options_.encoder());
  std::unique_ptr<FdWriter> writer;
  if (options_.output.empty()) {
    if (options_.rotate_size != 0) {
      throw Error(Fault::usage, "--rotate-size needs --output");
    }
    writer = std::make_unique<FdWriter>(context.out.fd(), "stdout", encoder->record_end());
  } else {
    const nlohmann::json remembered = memory != nullptr && memory->checkpoint()
                                          ? memory->checkpoint()->output
                                          : nlohmann::json::object();
    writer = std::make_unique<FileOutput>(
        FileOutputOptions{options_.output, options_.rotate_size, &context.stop},
        encoder->record_end(), remembered, context.log);
    context.signals.reopen_on_hangup();
  }
  return std::make_unique<NdjsonSink>(std::move(encoder), std::move(writer));
}

/// Where to start: what is remembered, else what --from says.
cdc::ResumePoint Tail::begin(const TailMemory* memory, cdc::Source& source,
                             const cdc::Log& log) const {
  if (memory != nullptr && memory->checkpoint()) {
    cdc::ResumePoint point =
        type_.from_offset(memory->checkpoint()->offset, checkpoint_name(options_));
    point.snapshot = memory->snapshot();
    log.info(fmt::format("going on after {}",
                         point.in_transaction ? to_text(*point.in_transaction) : point.position));
    return point;
  }
  if (options_.from_now()) return {source.end_position(), std::nullopt};
  return options_.from();
}

int Tail::tail(Context& context) const {
  cdc::Limits limits = options_.limits();
  std::vector<cdc::AckReader> acks = options_.acks();
  std::optional<TailMemory> memory;
  if (!options_.checkpoint.empty()) memory.emplace(options_.checkpoint, type_, context.log);
  TailMemory* const remembered = memory ? &*memory : nullptr;

  const cdc::SourceRequest request = make_request(context, remembered);
  const bool reads_rows = may_read_rows(request.snapshot.mode, remembered);
  if (reads_rows && !acks.empty()) throw acks_with_snapshot();
  cdc::RetryingSource source(type_.open(request), options_.retry(), context.log);
  const auto sink = make_sink(context, remembered);
  if (memory) memory->attach(source, *sink, request.options);
  const cdc::ResumePoint after = begin(remembered, source, context.log);
  if (options_.until_now() && reads_rows) {
    limits.until_snapshot_end = true;
  } else if (options_.until_now()) {
    limits.until_position = source.end_position();
  }

  TailStatus status(context, *sink, options_.stats);
  cdc::PumpOptions pump_options;
  pump_options.commit_interval = options_.commit_interval;
  pump_options.stall_timeout = options_.stall_timeout;
  pump_options.acknowledge = options_.consumes();
  pump_options.leaves_transactions = options_.leaves_transactions();
  pump_options.is_beginning = memory && !memory->checkpoint();
  pump_options.extra_fd = context.signals.fd();
  pump_options.tick = [&status](const cdc::PumpProgress& progress) { status.tick(progress); };
  const auto compare = [this](std::string_view a, std::string_view b) {
    return type_.compare(a, b);
  };
  cdc::Pump pump(source, *sink, remembered, std::move(acks), cdc::LimitFilter(limits, compare),
                 compare, std::move(pump_options), context.stop, context.log);
  pump.run(after);
  return Exit::done;
}

}  // namespace

std::unique_ptr<Command> make_tail(const cdc::SourceType& type) {
  return std::make_unique<Tail>(type);
}

}  // namespace cdcctl
