#include "libcdc/sources/postgres/protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "libcdc/base/error.hpp"

namespace cdc::postgres {
namespace {

struct Known {
  const char* name;
  int since;  ///< major version of the server
  Protocol protocol;
};

const std::array<Known, 5> kKnown = {{{"auto", 10, {1, ""}},
                                      {"1", 10, {1, ""}},
                                      {"2", 14, {2, "on"}},
                                      {"3", 15, {3, "on"}},
                                      {"4", 16, {4, "parallel"}}}};

}  // namespace

Protocol choose_protocol(const std::string& asked, int server_version) {
  const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                  [&](const Known& entry) { return entry.name == asked; });
  if (known == kKnown.end()) {
    throw Error(Fault::usage, fmt::format("--protocol: '{}' is none of auto, 1, 2, 3, 4", asked));
  }
  if (server_version / 10000 >= known->since) return known->protocol;
  throw Error(Fault::refused,
              fmt::format("protocol {} begins with PostgreSQL {}, and the server is "
                          "PostgreSQL {}.{}",
                          asked, known->since, server_version / 10000, server_version % 10000))
      .with_hint("leave --protocol at auto");
}

}  // namespace cdc::postgres
