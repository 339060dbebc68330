#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cdc::postgres {

/// A place in the write-ahead log, in bytes since its beginning.
using Lsn = std::uint64_t;

/// `X/X`: two hexadecimal halves of 1 to 8 digits in any case, the high one times 2^32. Nothing
/// where the text is not one.
std::optional<Lsn> parse_lsn(std::string_view text);

/// `X/X`, upper case and unpadded, as servers up to 18 print it.
std::string format_lsn(Lsn lsn);

/// Writes format_lsn to `out`, which has room for 17 characters; returns the length.
std::size_t format_lsn(Lsn lsn, char* out);

}  // namespace cdc::postgres
