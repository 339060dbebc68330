#include "libcdc/sources/mysql/json_diff.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>

#include "libcdc/base/text_buffer.hpp"
#include "libcdc/sources/mysql/json_binary.hpp"
#include "libcdc/sources/mysql/json_path.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {
namespace {

enum class Operation : std::uint8_t { replace = 0, insert = 1, remove = 2 };
constexpr std::string_view kNames[] = {"replace", "insert", "remove"};

struct Diff {
  Operation operation = Operation::replace;
  std::string_view path;
  std::string_view value;
};

/// The next diff; the reader fails where there is none.
Diff read_diff(LittleReader& reader) {
  Diff diff;
  const std::uint8_t operation = reader.u8();
  diff.operation = static_cast<Operation>(operation);
  if (operation >= std::size(kNames)) reader.fail();
  diff.path = reader.length_encoded_bytes();
  if (diff.operation != Operation::remove) diff.value = reader.length_encoded_bytes();
  return diff;
}

/// A value of the document. A container stays the bytes that it was until a path leads into it, so
/// the work is that of the paths and not of the document.
struct Node {
  std::string_view key;  ///< where its parent is an object
  JsonPart part;
  bool opened = false;  ///< `children` count, and no more the body of `part`
  Node* children = nullptr;
  std::uint32_t count = 0;
  std::uint32_t capacity = 0;
};

/// One document in the making. Its nodes live in the arena.
class Document {
 public:
  Document(std::string_view document, std::string_view diffs, Arena& arena)
      : arena_(arena), budget_(document.size() + diffs.size()) {
    root_.part = json_document(document);
  }

  JsonDiffFault apply(const Diff& diff) {
    fault_ = JsonDiffFault::none;
    JsonPath path(diff.path);
    if (path.ok() && path.at_end()) {
      if (diff.operation == Operation::replace) {
        root_ = node_of(diff, {});
      } else {
        fault_ = JsonDiffFault::does_not_apply;
      }
      return fault_;
    }
    Node* node = &root_;
    for (int depth = 0; path.ok() && !path.at_end(); ++depth) {
      const JsonLeg leg = path.next(arena_);
      if (!path.ok()) break;
      if (!open(*node, leg, depth)) return fault_;
      if (path.at_end()) return finish(*node, leg, diff);
      node = find(*node, leg);
      if (node == nullptr) return JsonDiffFault::does_not_apply;
    }
    return JsonDiffFault::malformed;
  }

  JsonOutcome print(TextBuffer& out) { return print(root_, 0, out); }

 private:
  static Node node_of(const Diff& diff, std::string_view key) {
    Node node;
    node.key = key;
    node.part = json_document(diff.value);
    return node;
  }

  /// Makes the children of a container that `leg` can step into.
  bool open(Node& node, const JsonLeg& leg, int depth) {
    const bool fits =
        node.part.is_container() && node.part.is_object() == (leg.kind == JsonLeg::Kind::member);
    if (!fits) {
      fault_ = JsonDiffFault::does_not_apply;
      return false;
    }
    if (node.opened) return true;
    const JsonContainer container(node.part, budget_);
    if (!container.ok() || depth >= kMostJsonDepth) {
      fault_ = JsonDiffFault::malformed;
      return false;
    }
    node.count = node.capacity = container.count();
    node.children = arena_.array<Node>(node.count);
    for (std::uint32_t i = 0; i < node.count; ++i) {
      Node child;
      if (node.part.is_object()) child.key = container.key(i);
      budget_.take(child.key.size());
      child.part = container.value(i);
      new (&node.children[i]) Node(child);
    }
    node.opened = true;
    return true;
  }

  static std::uint32_t index_of(const Node& node, const JsonLeg& leg) {
    if (leg.kind == JsonLeg::Kind::cell) return leg.index;
    // `[last-n]` before the first cell is none.
    return leg.index < node.count ? node.count - 1 - leg.index : node.count;
  }

  /// The child that the leg names, or null.
  static Node* find(Node& node, const JsonLeg& leg) {
    Node* const end = node.children + node.count;
    if (leg.kind != JsonLeg::Kind::member) {
      const std::uint32_t index = index_of(node, leg);
      return index < node.count ? node.children + index : nullptr;
    }
    Node* const found =
        std::find_if(node.children, end, [&](const Node& child) { return child.key == leg.name; });
    return found == end ? nullptr : found;
  }

  JsonDiffFault finish(Node& parent, const JsonLeg& leg, const Diff& diff) {
    Node* const found = find(parent, leg);
    if (diff.operation == Operation::insert) return insert(parent, leg, found, diff);
    if (found == nullptr) return JsonDiffFault::does_not_apply;
    if (diff.operation == Operation::replace) {
      *found = node_of(diff, found->key);
      return JsonDiffFault::none;
    }
    std::move(found + 1, parent.children + parent.count, found);
    --parent.count;
    return JsonDiffFault::none;
  }

  JsonDiffFault insert(Node& parent, const JsonLeg& leg, const Node* found, const Diff& diff) {
    std::uint32_t at = 0;
    if (leg.kind == JsonLeg::Kind::member) {
      if (found != nullptr) return JsonDiffFault::does_not_apply;
      at = place_of_key(parent, leg.name);
    } else {
      at = std::min(index_of(parent, leg), parent.count);
    }
    if (parent.count == parent.capacity) grow(parent);
    Node* const place = parent.children + at;
    std::move_backward(place, parent.children + parent.count, parent.children + parent.count + 1);
    *place = node_of(diff, leg.name);
    ++parent.count;
    return JsonDiffFault::none;
  }

  /// Keys stand by length, then by bytes.
  static std::uint32_t place_of_key(const Node& parent, std::string_view key) {
    std::uint32_t at = 0;
    while (at < parent.count && is_before(parent.children[at].key, key)) ++at;
    return at;
  }

  static bool is_before(std::string_view a, std::string_view b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }

  void grow(Node& parent) {
    constexpr std::uint32_t kLeast = 4;
    parent.capacity = std::max(kLeast, 2 * parent.capacity);
    Node* const children = arena_.array<Node>(parent.capacity);
    std::uninitialized_fill(children, children + parent.capacity, Node());
    std::copy(parent.children, parent.children + parent.count, children);
    parent.children = children;
  }

  JsonOutcome print(const Node& node, int depth, TextBuffer& out) {
    if (!node.opened) return append_json(node.part, budget_, depth, out);
    if (depth >= kMostJsonDepth) return JsonOutcome::malformed;
    const bool object = node.part.is_object();
    out += object ? '{' : '[';
    for (std::uint32_t i = 0; i < node.count; ++i) {
      const Node& child = node.children[i];
      if (i > 0) out += ", ";
      if (object) {
        if (child.key.data() == nullptr) return JsonOutcome::malformed;
        const JsonOutcome named = append_json_text(child.key, out);
        if (named != JsonOutcome::ok) return named;
        out += ": ";
      }
      const JsonOutcome inner = print(child, depth + 1, out);
      if (inner != JsonOutcome::ok) return inner;
    }
    out += object ? '}' : ']';
    return JsonOutcome::ok;
  }

  Arena& arena_;
  JsonBudget budget_;
  JsonDiffFault fault_ = JsonDiffFault::none;
  Node root_;
};

JsonDiffResult result_of(JsonOutcome outcome, const TextBuffer& out, std::string_view diffs,
                         Arena& arena) {
  if (outcome == JsonOutcome::malformed) {
    return {JsonDiffFault::malformed, Value(ValueKind::null)};
  }
  if (outcome == JsonOutcome::not_utf8) {
    return {JsonDiffFault::none, Value(ValueKind::undecodable, diffs)};
  }
  return {JsonDiffFault::none, Value(ValueKind::json, arena.copy(out.view()))};
}

JsonOutcome append_diff(const Diff& diff, TextBuffer& out) {
  out += R"({"op": ")";
  out += kNames[static_cast<std::size_t>(diff.operation)];
  out += R"(", "path": )";
  JsonOutcome outcome = append_json_text(diff.path, out);
  if (outcome == JsonOutcome::ok && diff.operation != Operation::remove) {
    out += R"(, "value": )";
    JsonBudget budget(diff.value.size());
    outcome = append_json(json_document(diff.value), budget, 0, out);
  }
  out += '}';
  return outcome;
}

}  // namespace

JsonDiffResult apply_json_diffs(std::string_view document, std::string_view diffs, Arena& arena) {
  Document made(document, diffs, arena);
  LittleReader reader(diffs);
  while (reader.remaining() > 0) {
    const Diff diff = read_diff(reader);
    const JsonDiffFault fault = reader.ok() ? made.apply(diff) : JsonDiffFault::malformed;
    if (fault != JsonDiffFault::none) return {fault, Value(ValueKind::null)};
  }
  if (!reader.ok()) return {JsonDiffFault::malformed, Value(ValueKind::null)};
  TextBuffer& out = json_scratch();
  return result_of(made.print(out), out, diffs, arena);
}

JsonDiffResult render_json_diffs(std::string_view diffs, Arena& arena) {
  TextBuffer& out = json_scratch();
  LittleReader reader(diffs);
  JsonOutcome outcome = JsonOutcome::ok;
  out += '[';
  while (reader.remaining() > 0 && outcome == JsonOutcome::ok) {
    if (out.size() > 1) out += ", ";
    const Diff diff = read_diff(reader);
    outcome = reader.ok() ? append_diff(diff, out) : JsonOutcome::malformed;
  }
  out += ']';
  return result_of(reader.ok() ? outcome : JsonOutcome::malformed, out, diffs, arena);
}

}  // namespace cdc::mysql
