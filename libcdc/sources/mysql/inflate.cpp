#include "libcdc/sources/mysql/inflate.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <cstdint>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/little_reader.hpp"

namespace cdc::mysql {
namespace {

/// No deflate stream grows by more than this.
constexpr std::uint64_t kGreatestRatio = 1032;

[[noreturn]] void damaged(const char* what) {
  throw Error(Fault::protocol, fmt::format("compressed data: {}", what));
}

}  // namespace

void inflate_mariadb(std::string_view bytes, std::string& out) {
  LittleReader in(bytes);
  const std::uint8_t head = in.u8();
  const std::size_t width = head & 7U;
  if ((head & 0xf8U) != 0x80 || width == 0 || width > 4) damaged("its head is not known");
  const std::uint64_t size = in.big_endian(width);
  const std::string_view stream = in.rest();
  if (!in.ok()) damaged("it is cut off");
  if (size > stream.size() * kGreatestRatio) damaged("its size cannot be true");
  out.resize(static_cast<std::size_t>(size));
  uLongf written = out.size();
  uLong read = stream.size();
  const int result = ::uncompress2(reinterpret_cast<Bytef*>(out.data()), &written,
                                   reinterpret_cast<const Bytef*>(stream.data()), &read);
  if (result != Z_OK || written != out.size()) damaged("it does not unpack to its size");
}

}  // namespace cdc::mysql
