#include "commands/lease_words.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands/conninfo_secrets.hpp"
#include "libcdc/base/error.hpp"

namespace cdcctl {

using Kind = cdc::LeaseState::Kind;

std::string lease_word(Kind kind) {
  switch (kind) {
    case Kind::free:
      return "free";
    case Kind::held_here:
      return "held";
    case Kind::dead_here:
      return "dead";
    case Kind::other_host:
      return "other_host";
    case Kind::unreadable:
      return "unreadable";
  }
  return "unreadable";
}

bool has_owner(const cdc::LeaseState& lease) {
  return lease.kind != Kind::free && lease.kind != Kind::unreadable;
}

std::string owner_words(const cdc::LeaseOwner& owner) {
  const std::string pid = "pid " + std::to_string(owner.pid);
  return owner.host.empty() ? pid : pid + " on " + owner.host;
}

nlohmann::ordered_json owner_json(const cdc::LeaseState& lease) {
  if (!has_owner(lease)) return nullptr;
  return {{"host", lease.owner.host}, {"pid", lease.owner.pid}};
}

std::string lease_meaning(const cdc::LeaseState& lease) {
  switch (lease.kind) {
    case Kind::free:
      return "nobody owns the directory";
    case Kind::held_here:
      return "that process is alive: stop it before another one starts";
    case Kind::dead_here:
      return "that process is gone: the next tail takes the lease over";
    case Kind::other_host:
      return "look on that host whether the process lives; if not: cdcctl lease clear --force "
             "--host " +
             lease.owner.host;
    case Kind::unreadable:
      return "the file does not say who owns it; if nobody does: cdcctl lease clear --force";
  }
  return "";
}

void require_directory(const std::string& directory) {
  std::error_code ignored;
  if (std::filesystem::is_directory(directory, ignored)) return;
  throw cdc::Error(cdc::Fault::state,
                   "there is no checkpoint directory '" + redact(directory) + "'")
      .with_hint("give the directory that tail was started with: --checkpoint DIR");
}

}  // namespace cdcctl
