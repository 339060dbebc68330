#include "libcdc/sinks/ndjson/format.hpp"

namespace cdc::ndjson {
namespace {

constexpr OpSet kRows = OpSet().with(Op::insert).with(Op::update).with(Op::remove).with(Op::read);
constexpr OpSet kRowsAndTruncates = kRows.with(Op::truncate);
constexpr OpSet kWithMessages = kRowsAndTruncates.with(Op::message);
constexpr OpSet kWal2json = kWithMessages.with(Op::begin).with(Op::commit);

// Rows that came at their PREPARE are nothing without what became of them.
constexpr OpSet kNativeUsual =
    kRowsAndTruncates.with(Op::prepare).with(Op::commit_prepared).with(Op::rollback_prepared);

constexpr FormatNeeds kNative = {OpSet::all(), kNativeUsual, ValueForm::mapped, false, true};
constexpr FormatNeeds kDebezium = {kWithMessages, kWithMessages};
constexpr FormatNeeds kWal2jsonNeeds = {kWal2json, kWal2json, ValueForm::server, true};
constexpr FormatNeeds kMaxwell = {kRows, kRows};

}  // namespace

const FormatNeeds& needs_of(Format format) {
  switch (format) {
    case Format::native:
      break;
    case Format::debezium:
      return kDebezium;
    case Format::wal2json:
      return kWal2jsonNeeds;
    case Format::maxwell:
      return kMaxwell;
  }
  return kNative;
}

}  // namespace cdc::ndjson
