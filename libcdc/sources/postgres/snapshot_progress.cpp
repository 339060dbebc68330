#include "libcdc/sources/postgres/snapshot_progress.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/postgres/lsn.hpp"

namespace cdc::postgres {
namespace {

using nlohmann::ordered_json;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error bad_state(const std::string& what) {
  return Error(Fault::state, "the progress of the snapshot cannot be read: " + what)
      .with_hint(
          "begin anew: remove the checkpoint directory, drop the slot, and start with --snapshot "
          "initial --create-slot");
}

ordered_json to_json(const TableProgress& table) {
  ordered_json json;
  json["table"] = table.table;
  json["total_rows"] = table.total_rows < 0 ? ordered_json() : ordered_json(table.total_rows);
  json["rows_processed"] = table.rows_processed;
  json["ranges"] = ordered_json::array();
  if (table.pages_done != 0) json["ranges"].push_back({0, table.pages_done});
  json["is_complete"] = table.is_complete;
  json["oid"] = table.oid;
  json["filenode"] = table.filenode;
  json["definition"] = table.definition;
  return json;
}

TableProgress read_table(const ordered_json& json) {
  TableProgress table;
  table.table = json.at("table");
  if (!json.at("total_rows").is_null()) table.total_rows = json.at("total_rows");
  table.rows_processed = json.at("rows_processed");
  if (const ordered_json& ranges = json.at("ranges"); !ranges.empty()) {
    if (ranges.size() != 1 || ranges.at(0).at(0) != 0) throw bad_state("ranges have a gap");
    table.pages_done = ranges.at(0).at(1);
  }
  table.is_complete = json.at("is_complete");
  table.oid = json.at("oid");
  table.filenode = json.at("filenode");
  table.definition = json.at("definition");
  return table;
}

}  // namespace

bool PgSnapshot::sees(std::uint64_t xid) const {
  if (xid < xmin) return true;
  return xid < xmax && !std::binary_search(xip.begin(), xip.end(), xid);
}

std::optional<PgSnapshot> parse_snapshot(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto xmin = number(text.substr(0, first));
  const auto xmax = number(text.substr(first + 1, second - first - 1));
  if (!xmin || !xmax) return std::nullopt;
  PgSnapshot snapshot{*xmin, *xmax, {}};
  std::string_view rest = text.substr(second + 1);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto xid = number(rest.substr(0, comma));
    if (!xid) return std::nullopt;
    snapshot.xip.push_back(*xid);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  std::sort(snapshot.xip.begin(), snapshot.xip.end());
  return snapshot;
}

std::string to_json_text(const SnapshotState& state) {
  ordered_json json;
  json["snapshot_id"] = state.id;
  json["start_position"] = state.start;
  json["first_snapshot"] = state.snapshot;
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
    state.snapshot = json.at("first_snapshot");
    for (const ordered_json& table : json.at("tables")) state.tables.push_back(read_table(table));
  } catch (const ordered_json::exception&) {
    throw bad_state("it is not JSON of this form");
  }
  if (!parse_lsn(state.start)) throw bad_state("start_position is no LSN");
  if (!parse_snapshot(state.snapshot)) throw bad_state("first_snapshot is no snapshot");
  return state;
}

}  // namespace cdc::postgres
