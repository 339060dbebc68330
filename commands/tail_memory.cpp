#include "commands/tail_memory.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/failpoint.hpp"
#include "libcdc/base/file.hpp"

namespace cdcctl {
namespace {

using cdc::kSnapshot;

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
      snapshot_file_(directory, std::string(type.name())),
      checkpoint_(file_.load()) {
  cdc::remove_leftovers(file_.path());
  cdc::remove_leftovers(snapshot_file_.path());
  load_snapshot(log);
}

void TailMemory::load_snapshot(const cdc::Log& log) {
  const std::string id = checkpoint_ ? checkpoint_->offset.value(kSnapshot, "") : "";
  if (id.empty()) {
    // Of a run that ended just before it was finished, or before anything was remembered; or the
    // checkpoint was rewritten.
    if (snapshot_file_.remove()) {
      log.info("removed " + snapshot_file_.path() +
               ": the checkpoint knows of no snapshot that is under way");
    }
    return;
  }
  cdc::SnapshotFile::Content content = snapshot_file_.load(id);
  snapshot_ = std::make_shared<const std::string>(std::move(content.progress));
  // It is written first, so the output stands at its mark and not at the checkpoint's.
  checkpoint_->output = std::move(content.output);
}

/// Another snapshot begins in place of one that was not finished. Between the two writes that
/// follow neither is under way: the position is that of the old one, which its slot cannot go back
/// to.
void TailMemory::leave_snapshot() {
  checkpoint_->offset.erase(kSnapshot);
  file_.save(*checkpoint_);
  snapshot_.reset();
}

/// Before the checkpoint: what that says of a snapshot has to be there.
void TailMemory::save_snapshot(const cdc::SnapshotProgress& snapshot) {
  if (!snapshot) return;
  checkpoint_->offset[kSnapshot] =
      snapshot_file_.save(*snapshot, checkpoint_->output, checkpoint_->updated_at);
  cdc::failpoint("snapshot_file_saved");
}

bool TailMemory::is_other(const std::string& progress) const {
  return cdc::SnapshotFile::id_of(progress) != checkpoint_->offset.value(kSnapshot, "");
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
  if (snapshot_ && point.snapshot && is_other(*point.snapshot)) leave_snapshot();
  checkpoint_->source_type = type_.name();
  checkpoint_->committed_event_count += events;
  checkpoint_->offset = type_.to_offset(point, source_options_);
  checkpoint_->server = source_->identity();
  checkpoint_->output = sink_->remembered(point);
  checkpoint_->updated_at = cdc::format_utc_seconds(cdc::unix_now());
  save_snapshot(point.snapshot);
  file_.save(*checkpoint_);
  if (snapshot_ && !point.snapshot) snapshot_file_.remove();
  snapshot_ = point.snapshot;
}

}  // namespace cdcctl
