#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "libcdc/sources/postgres/binary_scalars.hpp"

namespace cdc::postgres {
namespace {

void append_word(std::string_view word, TextBuffer& out) {
  out.push_back('\'');
  for (const char c : word) {
    if (c == '\'' || c == '\\') out.push_back(c);
    out.push_back(c);
  }
  out.push_back('\'');
}

void append_positions(ByteReader& in, TextBuffer& out) {
  constexpr std::string_view kWeights[] = {"", "C", "B", "A"};
  constexpr unsigned kPlaceBits = 14;
  const std::size_t count = in.u16();
  if (count > in.remaining() / 2) return in.fail();
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned position = in.u16();
    out.push_back(i == 0 ? ':' : ',');
    out.end_at(fmt::format_to(out.room(5), FMT_COMPILE("{}"), position & ((1U << kPlaceBits) - 1)));
    out += kWeights[position >> kPlaceBits];
  }
}

/// One item of a query, and where the operands of an operator are.
struct Item {
  enum Kind : std::uint8_t { word = 1, operation = 2 };
  enum Operation : std::uint8_t { negation = 1, conjunction = 2, disjunction = 3, phrase = 4 };

  Kind kind = word;
  std::uint8_t weights = 0;
  bool prefix = false;
  std::string_view text;
  Operation op = negation;
  std::uint16_t distance = 0;
  std::size_t left = 0;  ///< the right one follows its operator
};

/// How tightly an operator binds; by its number.
constexpr std::array<int, 5> kBinding = {0, 4, 2, 1, 3};

Item read_item(ByteReader& in) {
  Item item;
  const unsigned kind = in.u8();
  if (kind == Item::word) {
    item.weights = in.u8();
    const unsigned prefix = in.u8();
    item.prefix = prefix == 1;
    item.text = in.text();
    if (item.weights > 0xf || prefix > 1) in.fail();
    return item;
  }
  item.kind = Item::operation;
  const unsigned op = in.u8();
  if (kind != Item::operation || op < Item::negation || op > Item::phrase) {
    in.fail();
    return item;
  }
  item.op = static_cast<Item::Operation>(op);
  if (item.op == Item::phrase) item.distance = in.u16();
  return item;
}

/// False where operators and operands do not make one tree. From the last item back, so that the
/// operands of each operator are known when it comes, without recursion.
bool link(std::vector<Item>& items) {
  std::vector<std::size_t> ends;  // of the trees that follow, the next one last
  for (std::size_t i = items.size(); i-- > 0;) {
    Item& item = items[i];
    if (item.kind == Item::word) {
      ends.push_back(i + 1);
      continue;
    }
    if (item.op == Item::negation) {
      if (ends.empty()) return false;
      continue;
    }
    if (ends.size() < 2) return false;
    item.left = ends.back();
    ends.pop_back();
  }
  return ends.size() == 1;
}

/// Writes a query in the order of reading, with what is still to be written on a stack: the server
/// allows trees deeper than a thread's stack.
class QueryWriter {
 public:
  QueryWriter(const std::vector<Item>& items, TextBuffer& out) : items_(items), out_(out) {}

  void write() {
    steps_.push_back({Step::Kind::tree, 0, 0, false});
    while (!steps_.empty()) {
      const Step step = steps_.back();
      steps_.pop_back();
      switch (step.kind) {
        case Step::Kind::tree:
          tree(step);
          break;
        case Step::Kind::operation:
          operation(items_[step.item]);
          break;
        case Step::Kind::close:
          out_ += " )";
          break;
      }
    }
  }

 private:
  struct Step {
    enum class Kind : std::uint8_t { tree, operation, close };
    Kind kind;
    std::size_t item;
    int binding;         ///< of the operator above
    bool behind_phrase;  ///< the right operand of a phrase
  };

  void tree(const Step& step) {
    const Item& item = items_[step.item];
    if (item.kind == Item::word) return word(item);
    const int binding = kBinding[item.op];
    const bool phrase = item.op == Item::phrase;
    if (binding < step.binding || (phrase && step.behind_phrase)) {
      out_ += "( ";
      steps_.push_back({Step::Kind::close, 0, 0, false});
    }
    const bool negation = item.op == Item::negation;
    if (negation) out_.push_back('!');
    steps_.push_back({Step::Kind::tree, step.item + 1, binding, phrase});
    if (negation) return;
    steps_.push_back({Step::Kind::operation, step.item, 0, false});
    steps_.push_back({Step::Kind::tree, item.left, binding, false});
  }

  void word(const Item& item) {
    append_word(item.text, out_);
    if (item.weights == 0 && !item.prefix) return;
    out_.push_back(':');
    if (item.prefix) out_.push_back('*');
    for (unsigned weight = 0; weight < 4; ++weight) {
      if ((item.weights >> (3 - weight) & 1U) != 0) out_.push_back(static_cast<char>('A' + weight));
    }
  }

  void operation(const Item& item) {
    if (item.op == Item::conjunction) return out_.append(" & ");
    if (item.op == Item::disjunction) return out_.append(" | ");
    if (item.distance == 1) return out_.append(" <-> ");
    out_.end_at(fmt::format_to(out_.room(9), FMT_COMPILE(" <{}> "), item.distance));
  }

  const std::vector<Item>& items_;
  TextBuffer& out_;
  std::vector<Step> steps_;
};

}  // namespace

void append_tsvector(ByteReader& in, TextBuffer& out) {
  const std::size_t count = in.u32();
  if (count > in.remaining()) return in.fail();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    if (i > 0) out.push_back(' ');
    append_word(in.text(), out);
    append_positions(in, out);
  }
}

void append_tsquery(ByteReader& in, TextBuffer& out) {
  const std::size_t count = in.u32();
  if (count > in.remaining()) return in.fail();
  std::vector<Item> items;
  for (std::size_t i = 0; i < count && in.ok(); ++i) items.push_back(read_item(in));
  if (!in.ok() || items.empty()) return;
  if (!link(items)) return in.fail();
  QueryWriter(items, out).write();
}

}  // namespace cdc::postgres
