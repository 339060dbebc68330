#include "libcdc/state/checkpoint.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "libcdc/base/error.hpp"
#include "libcdc/base/json_text.hpp"

namespace cdc {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// Far beyond what a source writes; a bound on what a damaged file can make us allocate.
constexpr std::size_t kMostBytes = std::size_t{4} * 1024 * 1024;
/// nlohmann copies and writes JSON by recursion, so the depth is bounded as it is read.
constexpr int kMostDepth = 64;
/// Files of this version always had a checksum; older ones of version 2 have none.
constexpr int kVersionWithChecksum = 1;

constexpr const char* kVersion = "checkpoint_format_version";
constexpr const char* kSourceType = "source_type";
constexpr const char* kEventCount = "committed_event_count";
constexpr const char* kOffset = "offset";
constexpr const char* kChecksum = "content_checksum";
constexpr const char* kServer = "server";
constexpr const char* kOutput = "output";
constexpr const char* kUpdatedAt = "updated_at";

Error unusable(const std::string& path, const std::string& why) {
  return Error(Fault::state, fmt::format("checkpoint file '{}' {}", path, why))
      .with_hint("put a good copy back, or write a position with cdcctl checkpoint rewrite");
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw Error(Fault::internal, "OpenSSL cannot compute a SHA-256");
  }
  TextBuffer hex;
  append_hex(hex, {reinterpret_cast<const char*>(digest.data()), size});
  return std::string(hex.view());
}

/// The members that the checksum covers, in their order.
ordered_json core_members(const Checkpoint& checkpoint, int format_version) {
  return {{kVersion, format_version},
          {kSourceType, checkpoint.source_type},
          {kEventCount, checkpoint.committed_event_count},
          {kOffset, checkpoint.offset}};
}

json parse_json(std::string_view text, const std::string& path) {
  if (text.empty()) throw unusable(path, "is empty");
  if (text.size() > kMostBytes) throw unusable(path, "is too large to be a checkpoint");
  const auto bound_depth = [&](int depth, json::parse_event_t, const json&) {
    if (depth > kMostDepth) throw unusable(path, "is nested too deeply to be a checkpoint");
    return true;
  };
  try {
    return json::parse(text, bound_depth);
  } catch (const json::parse_error& error) {
    // Not the parser's own words: they quote the file, and a snapshot's cursor holds key values.
    throw unusable(path, "is damaged or torn")
        .with_detail(fmt::format("not JSON at byte {} of {}", error.byte, text.size()));
  } catch (const json::out_of_range&) {
    throw unusable(path, "is damaged: it holds a number that is out of range");
  }
}

/// The members of a file, checked as they are taken.
class Members {
 public:
  Members(const json& root, const std::string& path) : root_(root), path_(path) {
    if (!root.is_object()) throw unusable(path, "is not a JSON object");
  }

  /// Null where the file does not have it.
  const json* find(const char* name) const {
    const auto found = root_.find(name);
    return found == root_.end() ? nullptr : &*found;
  }

  const json& get(const char* name) const {
    const json* member = find(name);
    if (member == nullptr) throw unusable(path_, fmt::format("has no member '{}'", name));
    return *member;
  }

  std::uint64_t number(const char* name) const {
    const json& member = get(name);
    if (!member.is_number_unsigned()) throw wrong_type(name, "a whole number");
    return member.get<std::uint64_t>();
  }

  std::string text(const char* name) const {
    const json& member = get(name);
    if (!member.is_string()) throw wrong_type(name, "a string");
    return member.get<std::string>();
  }

  /// An object; an empty one where the file does not have it.
  json optional_object(const char* name) const {
    const json* member = find(name);
    if (member == nullptr) return json::object();
    if (!member->is_object()) throw wrong_type(name, "an object");
    return *member;
  }

  /// The offset's form is the source's affair: today's is an object, an older one a bare string.
  const json& offset() const {
    const json& member = get(kOffset);
    if (!member.is_object() && !member.is_string()) throw wrong_type(kOffset, "an object");
    return member;
  }

 private:
  Error wrong_type(const char* name, const char* wanted) const {
    return unusable(path_, fmt::format("has a member '{}' that is not {}", name, wanted));
  }

  const json& root_;
  const std::string& path_;
};

int parse_version(const Members& members, const std::string& path) {
  const std::uint64_t version = members.number(kVersion);
  if (version == kVersionWithChecksum || version == kCheckpointFormatVersion) {
    return static_cast<int>(version);
  }
  throw unusable(path, fmt::format("has format version {}; this program reads versions {} and {}",
                                   version, kVersionWithChecksum, kCheckpointFormatVersion));
}

void check_checksum(const Members& members, const Checkpoint& checkpoint, int version,
                    const std::string& path) {
  if (members.find(kChecksum) == nullptr) {
    if (version != kVersionWithChecksum) return;
    throw unusable(path,
                   fmt::format("has format version {} but no member '{}'", version, kChecksum));
  }
  const std::string computed = content_checksum(checkpoint, version);
  if (members.text(kChecksum) == computed) return;
  throw unusable(path, "does not fit its content_checksum: it is damaged or was edited by hand")
      .with_detail("the checksum of what it holds is " + computed);
}

}  // namespace

std::string content_checksum(const Checkpoint& checkpoint, int format_version) {
  return sha256_hex(core_members(checkpoint, format_version).dump());
}

std::string to_json_text(const Checkpoint& checkpoint) {
  try {
    ordered_json members = core_members(checkpoint, kCheckpointFormatVersion);
    members[kChecksum] = content_checksum(checkpoint, kCheckpointFormatVersion);
    members[kServer] = checkpoint.server;
    if (!checkpoint.output.empty()) members[kOutput] = checkpoint.output;
    members[kUpdatedAt] = checkpoint.updated_at;
    return members.dump(2) + "\n";
  } catch (const json::type_error&) {
    throw Error(Fault::output, "the checkpoint of the " + checkpoint.source_type +
                                   " source holds a name that is not valid UTF-8")
        .with_hint("a checkpoint is JSON: give the output file a name in UTF-8");
  }
}

Checkpoint parse_checkpoint(std::string_view text, const std::string& path) {
  const json root = parse_json(text, path);
  const Members members(root, path);
  const int version = parse_version(members, path);
  Checkpoint checkpoint;
  checkpoint.source_type = members.text(kSourceType);
  checkpoint.committed_event_count = members.number(kEventCount);
  checkpoint.offset = members.offset();
  checkpoint.server = members.optional_object(kServer);
  checkpoint.output = members.optional_object(kOutput);
  if (members.find(kUpdatedAt) != nullptr) checkpoint.updated_at = members.text(kUpdatedAt);
  check_checksum(members, checkpoint, version, path);
  return checkpoint;
}

}  // namespace cdc
