#pragma once

#include <string>

namespace cdc::postgres {

/// How a version of pgoutput's protocol is asked for.
struct Protocol {
  int version = 1;
  std::string streaming;  ///< of transactions in progress; empty: none
};

/// The protocol that `asked` (auto, 1, 2, 3, 4) means on this version of the server. Throws refused
/// where the server is too old for it.
Protocol choose_protocol(const std::string& asked, int server_version);

}  // namespace cdc::postgres
