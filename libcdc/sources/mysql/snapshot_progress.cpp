#include "libcdc/sources/mysql/snapshot_progress.hpp"

#include <nlohmann/json.hpp>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/binlog_position.hpp"

namespace cdc::mysql {
namespace {

using nlohmann::ordered_json;

Error bad_state(const std::string& what) {
  return Error(Fault::state, "the progress of the snapshot cannot be read: " + what)
      .with_hint("begin anew: remove the checkpoint directory and start with --snapshot initial");
}

ordered_json to_json(const TableProgress& table) {
  ordered_json json;
  json["table"] = table.table;
  json["total_rows"] = table.total_rows < 0 ? ordered_json() : ordered_json(table.total_rows);
  json["rows_processed"] = table.rows_processed;
  json["cursor_position"] = table.cursor.empty() ? ordered_json() : ordered_json(table.cursor);
  json["is_complete"] = table.is_complete;
  json["definition"] = table.definition;
  return json;
}

TableProgress read_table(const ordered_json& json) {
  TableProgress table;
  table.table = json.at("table");
  if (!json.at("total_rows").is_null()) table.total_rows = json.at("total_rows");
  table.rows_processed = json.at("rows_processed");
  if (!json.at("cursor_position").is_null()) table.cursor = json.at("cursor_position");
  table.is_complete = json.at("is_complete");
  table.definition = json.at("definition");
  return table;
}

}  // namespace

std::string to_json_text(const SnapshotState& state) {
  ordered_json json;
  json["snapshot_id"] = state.id;
  json["start_position"] = state.start;
  json["tables"] = ordered_json::array();
  for (const TableProgress& table : state.tables) json["tables"].push_back(to_json(table));
  return json.dump();
}

SnapshotState parse_snapshot_state(std::string_view text) {
  SnapshotState state;
  try {
    const ordered_json json = ordered_json::parse(text);
    state.id = json.at("snapshot_id");
    state.start = json.at("start_position");
    for (const ordered_json& table : json.at("tables")) state.tables.push_back(read_table(table));
  } catch (const ordered_json::exception&) {
    throw bad_state("it is not JSON of this form");
  }
  try {
    parse_resume_position(state.start);
  } catch (const Error&) {
    throw bad_state("start_position is no position");
  }
  return state;
}

}  // namespace cdc::mysql
