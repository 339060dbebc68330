#include "libcdc/base/error.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

using cdc::Error;
using cdc::Fault;

TEST_CASE("an error speaks of fault, message, detail, hint and cause") {
  const Error cause(Fault::unavailable, "connection lost");
  const Error error = Error(Fault::output, "cannot write")
                          .with_detail("errno 28")
                          .with_hint("make room")
                          .caused_by(cause);
  CHECK(error.fault() == Fault::output);
  CHECK(error.message() == "cannot write");
  CHECK(std::string(error.what()) == "cannot write");
  CHECK(error.detail() == "errno 28");
  CHECK(error.hint() == "make room");
  REQUIRE(error.cause() != nullptr);
  CHECK(error.cause()->message() == "connection lost");
  CHECK(error.cause()->fault() == Fault::unavailable);
}

TEST_CASE("every fault has a name") {
  CHECK(std::string(cdc::name(Fault::usage)) == "usage");
  CHECK(std::string(cdc::name(Fault::unavailable)) == "unavailable");
  CHECK(std::string(cdc::name(Fault::refused)) == "refused");
  CHECK(std::string(cdc::name(Fault::state)) == "state");
  CHECK(std::string(cdc::name(Fault::protocol)) == "protocol");
  CHECK(std::string(cdc::name(Fault::output)) == "output");
  CHECK(std::string(cdc::name(Fault::internal)) == "internal");
}

TEST_CASE("a system error has the system's words") {
  const Error error = cdc::system_error(Fault::output, "cannot write x", ENOSPC);
  CHECK(error.message() == "cannot write x: No space left on device");
  CHECK(error.hint().starts_with("make room on its file system"));
  CHECK(cdc::system_error(Fault::state, "cannot read x", EACCES).hint().empty());
}
