#include "libcdc/sinks/ndjson/sink.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

namespace cdc::ndjson {
namespace {

/// More batches than a commit interval holds.
constexpr std::size_t kMarksKept = 4096;

}  // namespace

NdjsonSink::NdjsonSink(std::unique_ptr<Encoder> encoder, std::unique_ptr<FdWriter> writer)
    : encoder_(std::move(encoder)), writer_(std::move(writer)) {}

void NdjsonSink::put(const Batch& batch) {
  const std::span changes(batch.changes());
  TextBuffer& out = writer_->text();
  if (batch.boundaries().empty()) return encoder_->append(changes, out);
  const Boundary& last = batch.boundaries().back();
  encoder_->append(changes.first(last.changes), out);
  encoder_->end_transactions(out);
  mark(last);
  encoder_->append(changes.subspan(last.changes), out);
}

void NdjsonSink::mark(const Boundary& boundary) {
  if (marks_.size() == kMarksKept) marks_.pop_front();
  marks_.push_back({std::string(boundary.resume), boundary.snapshot,
                    writer_->bytes_written() + writer_->pending()});
}

nlohmann::json NdjsonSink::remembered(const ResumePoint& point) {
  const std::uint64_t taken = writer_->bytes_written();
  if (point.in_transaction) return writer_->remembered(taken);
  const auto found = std::find_if(marks_.rbegin(), marks_.rend(), [&](const Mark& mark) {
    return mark.bytes <= taken && mark.resume == point.position && mark.snapshot == point.snapshot;
  });
  if (found == marks_.rend()) return writer_->remembered(taken);
  const std::uint64_t bytes = found->bytes;
  // The mark itself stays: the same position may be committed again.
  marks_.erase(marks_.begin(), std::prev(found.base()));
  return writer_->remembered(bytes);
}

}  // namespace cdc::ndjson
