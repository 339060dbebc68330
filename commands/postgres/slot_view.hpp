#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/output.hpp"
#include "commands/postgres/slot_history.hpp"
#include "libcdc/sources/postgres/slot.hpp"
#include "libcdc/state/finding.hpp"

namespace cdcctl {

/// How numbers of bytes are written.
enum class Bytes {
  human,  ///< "1.42 MiB": on a terminal
  exact,  ///< "1488978": for awk
};

/// What is wrong with a slot: it is lost, it is about to be, or the server keeps more than
/// `warn_bytes` of its log for it.
std::vector<cdc::Finding> slot_problems(const cdc::postgres::Slot& slot,
                                        std::optional<std::uint64_t> warn_bytes);

/// Every field; what the server does not have is null. Sizes are bytes.
nlohmann::ordered_json slot_json(const cdc::postgres::Slot& slot);

/// One line per slot: what `slot list` shows.
std::vector<std::string> slot_columns();
Output::Row slot_row(const cdc::postgres::Slot& slot, Bytes bytes);

/// What `slot status --watch` adds: how the retained log has gone, and when it is too much.
/// `free_bytes` are those of the log's disk, where they can be seen.
std::vector<std::pair<std::string, Cell>> forecast_facts(const SlotHistory& history,
                                                         std::optional<std::uint64_t> free_bytes);
nlohmann::ordered_json forecast_json(const SlotHistory& history,
                                     std::optional<std::uint64_t> free_bytes);

/// Everything about one slot that the server knows: what `slot status` shows.
std::vector<std::pair<std::string, Cell>> slot_facts(const cdc::postgres::Slot& slot, Bytes bytes);

/// "logical replication slot 'a' (plugin pgoutput, database shop)".
std::string slot_words(const cdc::postgres::Slot& slot);

}  // namespace cdcctl
