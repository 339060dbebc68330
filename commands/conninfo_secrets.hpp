#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/secret.hpp"

namespace cdcctl {

/// A stretch of bytes of a text.
struct TextRange {
  std::size_t begin = 0;
  std::size_t size = 0;
};

/// Where passwords stand in `text`: `scheme://user:HERE@host`, a URI's `?password=HERE`, and
/// `password=HERE` or `password='HERE'` (quotes not counted) of a conninfo; sslpassword as well.
std::vector<TextRange> find_passwords(std::string_view text);

/// `text` with `***` for every password in it: for messages and reports.
std::string redact(std::string_view text);

/// The same for a sentence that holds connection strings somewhere. When in doubt it hides more.
std::string redact_sentence(std::string_view text);

/// Takes the password of a connection string out of it, decoded; sslpassword stays. Nothing where
/// there is none.
std::optional<cdc::Secret> take_password(std::string& conninfo);

}  // namespace cdcctl
