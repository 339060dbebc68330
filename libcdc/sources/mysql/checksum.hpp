#pragma once

#include <cstdint>
#include <string_view>

namespace cdc::mysql {

/// The CRC32 of zlib over `bytes`. Uses carry-less multiplication where the processor has it.
std::uint32_t crc32(std::string_view bytes);

}  // namespace cdc::mysql
