#include "cli/report.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/fake_process.hpp"

namespace cdcctl {

TEST_CASE("every fault has its exit code") {
  CHECK(exit_code(cdc::Fault::usage) == 2);
  CHECK(exit_code(cdc::Fault::unavailable) == 3);
  CHECK(exit_code(cdc::Fault::refused) == 4);
  CHECK(exit_code(cdc::Fault::state) == 5);
  CHECK(exit_code(cdc::Fault::protocol) == 6);
  CHECK(exit_code(cdc::Fault::output) == 7);
  CHECK(exit_code(cdc::Fault::internal) == 70);
}

TEST_CASE("a server's words cannot pass for ours or steer the terminal") {
  const Captured err;
  Output stream(err.fd());
  Report report(stream);
  report.fail(cdc::Error(cdc::Fault::refused, "one\ncdcctl: error: two\x1b[31m\r\n"));
  CHECK(err.text() == "cdcctl: error: one\n  cdcctl: error: two?[31m\n");
}

TEST_CASE("JSON holds the chain of causes, and any bytes") {
  const Captured err;
  Output stream(err.fd());
  Report report(stream, LogFormat::json);
  const cdc::Error cause(cdc::Fault::unavailable, "bad \xff byte");
  CHECK(report.fail(cdc::Error(cdc::Fault::state, "top").caused_by(cause)) == 5);
  const auto json = nlohmann::json::parse(err.text());
  CHECK(json["fault"] == "state");
  CHECK(json["causes"].size() == 1);
  CHECK(json["causes"][0]["fault"] == "unavailable");
}

TEST_CASE("a hint of the cause serves where the error has none") {
  const Captured err;
  Output stream(err.fd());
  Report report(stream);
  const cdc::Error cause = cdc::Error(cdc::Fault::output, "no space").with_hint("free some");
  report.fail(cdc::Error(cdc::Fault::output, "cannot save").caused_by(cause));
  CHECK(err.text() == "cdcctl: error: cannot save\ncaused by: no space\nhint: free some\n");
}

}  // namespace cdcctl
