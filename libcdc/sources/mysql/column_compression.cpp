#include "libcdc/sources/mysql/column_compression.hpp"

#include <zlib.h>

#include <cstddef>
#include <cstdint>

#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {
namespace {

/// Deflate cannot make more than this of a byte.
constexpr std::uint64_t kMostGrowth = 1032;
/// No value of the server is longer: max_allowed_packet ends here.
constexpr std::uint64_t kMostSize = std::uint64_t{1} << 30U;

constexpr int kZlib = MAX_WBITS;
constexpr int kRawDeflate = -MAX_WBITS;

/// True where the stream gives exactly `size` bytes at `to`.
bool inflate_exactly(std::string_view data, int window, char* to, std::size_t size) {
  z_stream stream{};
  // zlib only reads, its type hides that.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));  // NOLINT
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(to);
  stream.avail_out = static_cast<uInt>(size);
  if (inflateInit2(&stream, window) != Z_OK) return false;
  const int end = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return end == Z_STREAM_END && stream.avail_out == 0;
}

}  // namespace

std::optional<std::string_view> uncompress_column(std::string_view stored, Arena& arena) {
  if (stored.empty()) return stored;
  LittleReader reader(stored);
  const unsigned header = reader.u8();
  if (header == 0) return reader.rest();
  constexpr unsigned kMethod = 0xF0;
  constexpr unsigned kCompressed = 0x80;
  constexpr unsigned kRaw = 0x08;
  constexpr unsigned kSizeBytes = 0x07;
  if ((header & kMethod) != kCompressed) return std::nullopt;
  const std::uint64_t size = reader.big_endian(header & kSizeBytes);
  const std::string_view data = reader.rest();
  if (!reader.ok() || size > kMostSize || size > data.size() * kMostGrowth) return std::nullopt;
  char* const to = arena.allocate(size);
  const int window = (header & kRaw) != 0 ? kRawDeflate : kZlib;
  if (!inflate_exactly(data, window, to, size)) return std::nullopt;
  return std::string_view(to, size);
}

}  // namespace cdc::mysql
