#pragma once

#include <doctest/doctest.h>

#include <string>

#include "libcdc/change/batch.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"

namespace cdc {

/// What a row with this one value says behind `"after":`.
inline std::string line_part(const Value& value) {
  Table table;
  table.version = next_table_version();
  table.columns.push_back({.name = "v", .type = {}, .nullable = {}});
  const Transaction transaction{.position = "0/1", .id = "1", .origin = {}};
  Change change;
  change.table = &table;
  change.transaction = &transaction;
  change.after = &value;
  TextBuffer out;
  ndjson::make_encoder({.source = "s"})->append({&change, 1}, out);
  const std::string line(out.view());
  const auto start = line.find(R"("after":)");
  REQUIRE(start != std::string::npos);
  return line.substr(start, line.find(R"(,"pos")") - start);
}

}  // namespace cdc
