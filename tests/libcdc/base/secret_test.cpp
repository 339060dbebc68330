#include "libcdc/base/secret.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <new>
#include <string>

using cdc::Secret;

TEST_CASE("a secret gives its text to whoever must have it") {
  const Secret secret("hunter2");
  CHECK(secret.reveal() == "hunter2");
  CHECK_FALSE(secret.empty());
  CHECK(Secret().empty());
}

TEST_CASE("a copy and an assignment carry the text") {
  Secret first("one");
  const Secret second(first);
  first = Secret("two, and long enough not to fit into the string itself");
  CHECK(second.reveal() == "one");
  CHECK(first.reveal() == "two, and long enough not to fit into the string itself");
  const Secret& same = first;
  first = same;
  CHECK(first.reveal() == "two, and long enough not to fit into the string itself");
}

TEST_CASE("the bytes are gone after the end") {
  // A short text lives inside the object, so its memory can be looked at afterwards.
  alignas(Secret) unsigned char memory[sizeof(Secret)];
  auto* secret = new (memory) Secret("hunter2");
  secret->~Secret();
  const std::string left(reinterpret_cast<const char*>(memory), sizeof memory);
  CHECK(left.find("hunter2") == std::string::npos);
  CHECK(left.find("unter") == std::string::npos);
}

TEST_CASE("an assignment leaves nothing of the longer text before") {
  Secret secret("hunter2 hunter");
  secret = Secret("x");
  const std::string object(reinterpret_cast<const char*>(&secret), sizeof secret);
  CHECK(object.find("unter") == std::string::npos);
}
