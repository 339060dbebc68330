#include "libcdc/base/spill_buffer.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "tests/libcdc/base/temporary_directory.hpp"

using namespace cdc;
using namespace cdc::test;

namespace {

void append(SpillBuffer& buffer, std::string_view record) {
  std::memcpy(buffer.append(record.size()), record.data(), record.size());
}

/// The nth record of the tests: of all sizes, some larger than any block.
std::string record(std::size_t n) {
  const std::size_t size = n % 500 == 499 ? 300000 : n % 97;
  return std::string(size, static_cast<char>('a' + n % 26));
}

}  // namespace

TEST_CASE("records come back in order, wherever they were in between") {
  const TemporaryDirectory directory;
  for (const std::size_t spill_each : {0, 1, 7, 1000}) {
    CAPTURE(spill_each);
    SpillBuffer buffer;
    for (std::size_t n = 0; n < 2000; ++n) {
      append(buffer, record(n));
      if (spill_each != 0 && n % spill_each == 0) buffer.spill(directory.path());
    }
    CHECK((buffer.spilled() == 0) == (spill_each == 0));
    for (std::size_t n = 0; n < 2000; ++n) {
      const auto found = buffer.next();
      REQUIRE(found);
      REQUIRE(*found == record(n));
    }
    CHECK_FALSE(buffer.next());
    CHECK_FALSE(buffer.next());
  }
}

TEST_CASE("memory is what the blocks take, small at first, and goes with spilling and reading") {
  const TemporaryDirectory directory;
  SpillBuffer buffer;
  CHECK(buffer.memory() == 0);
  append(buffer, "first");
  CHECK(buffer.memory() == 8 * 1024);
  for (int i = 0; i < 10000; ++i) append(buffer, std::string(100, 'x'));
  CHECK(buffer.memory() > 1040000);
  CHECK(buffer.memory() < 1400000);
  buffer.spill(directory.path());
  CHECK(buffer.memory() == 0);
  CHECK(buffer.spilled() > 1040000);
  append(buffer, "last");
  while (buffer.next()) {
  }
  CHECK(buffer.memory() == 0);
}

TEST_CASE("an empty buffer has nothing, and spilling it makes no file") {
  SpillBuffer buffer;
  buffer.spill("/nonexistent");
  CHECK_FALSE(buffer.next());
  CHECK(buffer.spilled() == 0);
}
