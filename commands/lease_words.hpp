#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "libcdc/state/lease.hpp"

namespace cdcctl {

/// The stable word for scripts: "free", "held", "dead", "other_host", "unreadable".
std::string lease_word(cdc::LeaseState::Kind kind);

/// True where the file names an owner that could be read.
bool has_owner(const cdc::LeaseState& lease);

/// "pid 4242 on db1"; without a host in the older form, "pid 4242".
std::string owner_words(const cdc::LeaseOwner& owner);

/// `{"host","pid"}`, or null where no owner could be read.
nlohmann::ordered_json owner_json(const cdc::LeaseState& lease);

/// What the state means for the reader, in one sentence.
std::string lease_meaning(const cdc::LeaseState& lease);

/// Throws state where there is no such directory: a mistyped path is not a free lease.
void require_directory(const std::string& directory);

}  // namespace cdcctl
