#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/error.hpp"
#include "libcdc/base/json_text.hpp"
#include "libcdc/base/reader.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"
#include "libcdc/sources/postgres/change_builder.hpp"
#include "libcdc/sources/postgres/in_progress.hpp"

using namespace cdc;
using namespace cdc::postgres;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// Answers by the OID alone, so that every input has a way to arrays, keys and gone tables.
struct FakeCatalog : Catalog {
  std::optional<CatalogTable> table(std::uint32_t oid) override {
    if (oid % 4 == 0) return std::nullopt;
    return CatalogTable{
        {{"id", "integer", false}, {"note", "text", true}},
        oid % 4 == 1 ? std::vector<std::string>{"note", "id"} : std::vector<std::string>{"id"}};
  }
  std::optional<ArrayType> array(std::uint32_t oid) override {
    if (oid % 4 == 0) return std::nullopt;
    return ArrayType{oid % 4 == 1 ? 1007U : 25U, oid % 2 == 0 ? ',' : ';'};
  }
};

/// What encoders and trackers build on.
void check(const Batch& batch) {
  std::size_t last = 0;
  for (const Boundary& boundary : batch.boundaries()) {
    require(boundary.changes >= last && boundary.changes <= batch.changes().size());
    require(parse_lsn(boundary.resume).has_value());
    last = boundary.changes;
  }
  for (const Change& change : batch.changes()) {
    if (change.op != Op::progress) {
      require(change.transaction != nullptr && parse_lsn(change.transaction->position).has_value());
    }
    if (change.table == nullptr) continue;
    for (const std::size_t index : change.table->key) {
      require(index < change.table->columns.size());
    }
  }
}

/// One stream. Every message lies in memory of exactly its size, so that a sanitizer sees the
/// decoding in place leave it.
class Stream {
 public:
  explicit Stream(std::uint8_t choice)
      : encoding_((choice & 1U) != 0 ? "LATIN1" : "UTF8"),
        encoder_(ndjson::make_encoder({})),
        builder_(selection_, catalog_),
        in_progress_(builder_, {(choice & 32U) != 0 ? std::size_t{1} : std::size_t{65536}, "/tmp"},
                     (choice & 16U) != 0 ? TwoPhase::at_prepare : TwoPhase::at_commit) {
    if ((choice & 2U) != 0) selection_.ops = OpSet().with(Op::insert).with(Op::update);
    if ((choice & 4U) != 0) selection_.exclude_tables.emplace_back("public.by_key");
    ResumePoint after{"0/1", std::nullopt};
    if ((choice & 8U) != 0) after.in_transaction = {"0/10", 2};
    builder_.restart(after, "shop", encoding_);
    if ((choice & 64U) != 0) builder_.leave_out_before(1000);
    in_progress_.restart((choice & 64U) != 0 ? 1000 : 1);
  }

  void add(std::string_view message) {
    if (in_progress_.concerns(message)) {
      in_progress_.take(message, 1, batch_);
      while (in_progress_.replaying()) in_progress_.replay(batch_);
      return;
    }
    auto copy = std::make_unique<char[]>(message.size());
    if (!message.empty()) std::memcpy(copy.get(), message.data(), message.size());
    messages_.push_back(std::move(copy));
    builder_.add(messages_.back().get(), message.size(), batch_);
  }
  void advance(Lsn lsn) { builder_.advance(lsn, 0, batch_); }

  void end_batch() {
    builder_.leave_batch();
    check(batch_);
    TextBuffer lines;
    encoder_->encode(batch_, lines);
    require(is_utf8(lines.view()));
    batch_.reset();
    messages_.clear();
  }

 private:
  Selection selection_;
  FakeCatalog catalog_;
  Log log_;
  TextEncoding encoding_;
  std::unique_ptr<ndjson::Encoder> encoder_;
  ChangeBuilder builder_;
  InProgress in_progress_;
  Batch batch_;
  std::vector<std::unique_ptr<char[]>> messages_;
};

constexpr std::uint16_t kEndBatch = 0xFFFF;
constexpr std::uint16_t kAdvance = 0xFFFE;

}  // namespace

/// The first byte chooses encoding, selection, start, two-phase and memory; then come messages,
/// each behind its length in two bytes. Two lengths mean something else: the batch ends, or the
/// source is idle.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in({reinterpret_cast<const char*>(data), size});
  Stream stream(in.u8());
  try {
    while (in.ok() && in.remaining() != 0) {
      const std::uint16_t length = in.u16();
      if (length == kEndBatch) {
        stream.end_batch();
      } else if (length == kAdvance) {
        stream.advance(in.u64());
      } else {
        stream.add(in.bytes(length));
      }
    }
  } catch (const Error& error) {
    // A COMMIT PREPARED without its rows is no damage, but a state that nothing mends.
    require(error.fault() == Fault::protocol || error.fault() == Fault::state);
    // The source gives out what the batch held before, and starts the stream anew.
  }
  stream.end_batch();
  return 0;
}
