#include "libcdc/sources/mysql/payload.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {
namespace {

constexpr std::uint64_t kZstd = 0;
constexpr std::uint64_t kUncompressed = 255;
constexpr std::size_t kFirstBuffer = std::size_t{64} << 10;
/// max_allowed_packet allows no greater event.
constexpr std::size_t kGreatestEvent = std::size_t{1} << 30;

[[noreturn]] void damaged(const std::string& what) {
  throw Error(Fault::protocol,
              fmt::format("{}: {}", describe(EventType::transaction_payload), what));
}

struct Fields {
  std::uint64_t payload_size = 0;
  std::uint64_t algorithm = kUncompressed;
  std::uint64_t uncompressed_size = 0;
};

Fields read_fields(LittleReader& in) {
  Fields fields;
  while (in.ok()) {
    const std::uint64_t field = in.length_encoded();
    if (field == 0) break;
    LittleReader value(in.length_encoded_bytes());
    if (field == 1) fields.payload_size = value.length_encoded();
    if (field == 2) fields.algorithm = value.length_encoded();
    if (field == 3) fields.uncompressed_size = value.length_encoded();
    if (!value.ok()) in.fail();
  }
  return fields;
}

}  // namespace

/// zstd's own state: its window is part of the format, at most 128 MiB (a few MiB as MySQL makes
/// it).
struct PayloadReader::Decompressor {
  struct Free {
    void operator()(ZSTD_DCtx* freed) const { ZSTD_freeDCtx(freed); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context{ZSTD_createDCtx()};
};

PayloadReader::PayloadReader() = default;
PayloadReader::~PayloadReader() = default;

void PayloadReader::start(std::string_view body) {
  LittleReader in(body);
  const Fields fields = read_fields(in);
  const std::string_view payload = in.rest();
  if (!in.ok()) damaged("its head is cut off");
  if (payload.size() != fields.payload_size) damaged("it has not the size that it says");
  if (fields.algorithm != kZstd && fields.algorithm != kUncompressed) {
    damaged(fmt::format("compression algorithm {} is not known", fields.algorithm));
  }
  input_ = payload;
  declared_size_ = fields.uncompressed_size;
  unpacked_size_ = begin_ = end_ = 0;
  compressed_ = fields.algorithm == kZstd;
  frame_open_ = false;
  if (!compressed_) return;
  if (decompressor_ == nullptr) decompressor_ = std::make_unique<Decompressor>();
  ZSTD_DCtx_reset(decompressor_->context.get(), ZSTD_reset_session_only);
}

std::optional<Event> PayloadReader::next() {
  if (!fill(1)) {
    if (declared_size_ != 0 && compressed_ && unpacked_size_ != declared_size_) {
      damaged("it does not unpack to the size that it says");
    }
    return std::nullopt;
  }
  if (!fill(kEventHeaderSize)) damaged("it ends within an event");
  const EventHeader header = read_header(ready());
  if (header.size < kEventHeaderSize || header.size > kGreatestEvent) {
    damaged(fmt::format("an event in it has {} bytes", header.size));
  }
  if (header.type == EventType::transaction_payload) damaged("there is another one in it");
  if (!fill(header.size)) damaged("it ends within an event");
  const std::string_view bytes = ready().substr(0, header.size);
  if (compressed_) {
    begin_ += header.size;
  } else {
    input_.remove_prefix(header.size);
  }
  return Event{header, bytes.substr(kEventHeaderSize)};
}

std::string_view PayloadReader::ready() const {
  return compressed_ ? std::string_view(buffer_).substr(begin_, end_ - begin_) : input_;
}

/// Sees to it that `wanted` bytes are ready; false where the payload ends before. The buffer grows
/// with what has come out, not with what an event says of itself.
bool PayloadReader::fill(std::size_t wanted) {
  if (!compressed_) return input_.size() >= wanted;
  while (end_ - begin_ < wanted) {
    if (begin_ != 0) {
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == buffer_.size()) buffer_.resize(std::max(kFirstBuffer, 2 * buffer_.size()));
    if (!unpack_more()) return false;
  }
  return true;
}

/// Fills the buffer as far as it goes; false where nothing more comes.
bool PayloadReader::unpack_more() {
  ZSTD_outBuffer out{buffer_.data() + end_, buffer_.size() - end_, 0};
  while (out.pos == 0) {
    if (input_.empty() && !frame_open_) return false;
    ZSTD_inBuffer in{input_.data(), input_.size(), 0};
    const std::size_t hint = ZSTD_decompressStream(decompressor_->context.get(), &out, &in);
    if (ZSTD_isError(hint) != 0) {
      damaged(fmt::format("it does not unpack: {}", ZSTD_getErrorName(hint)));
    }
    input_.remove_prefix(in.pos);
    frame_open_ = hint != 0;
    if (out.pos == 0 && in.pos == 0) {
      if (frame_open_) damaged("its compressed data is cut off");
      return false;
    }
  }
  end_ += out.pos;
  unpacked_size_ += out.pos;
  return true;
}

}  // namespace cdc::mysql
