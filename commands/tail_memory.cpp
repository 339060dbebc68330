#include "commands/tail_memory.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/file.hpp"

namespace cdcctl {
namespace {

const std::string& made(const std::string& directory) {
  cdc::make_checkpoint_directory(directory);
  return directory;
}

}  // namespace

TailMemory::TailMemory(const std::string& directory, const cdc::SourceType& type,
                       const cdc::Log& log)
    : type_(type),
      lease_(made(directory), log),
      file_(directory, std::string(type.name())),
      checkpoint_(file_.load()) {
  cdc::remove_leftovers(file_.path());
}

void TailMemory::attach(const cdc::Source& source, cdc::ndjson::NdjsonSink& sink,
                        cdc::OptionValues source_options) {
  source_ = &source;
  sink_ = &sink;
  source_options_ = std::move(source_options);
}

void TailMemory::save(const cdc::ResumePoint& point, std::uint64_t events) {
  lease_.check();
  if (!checkpoint_) checkpoint_.emplace();
  checkpoint_->source_type = type_.name();
  checkpoint_->committed_event_count += events;
  checkpoint_->offset = type_.to_offset(point, source_options_);
  checkpoint_->server = source_->identity();
  checkpoint_->output = sink_->remembered(point);
  checkpoint_->updated_at = cdc::format_utc_seconds(cdc::unix_now());
  file_.save(*checkpoint_);
}

}  // namespace cdcctl
