#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "libcdc/sources/mysql/charset.hpp"

namespace cdc::mysql {

/// The character sets of two to four bytes a character: gbk, gb2312, gb18030, big5, sjis, cp932,
/// ujis, eucjpms, euckr. Null for other names. Throws refused where iconv(3) of this machine does
/// not know it.
std::unique_ptr<Charset> make_multi_byte_charset(std::string_view name);

}  // namespace cdc::mysql
