#include "libcdc/base/arena.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

using cdc::Arena;

TEST_CASE("pieces are aligned, writable and do not move") {
  Arena arena;
  std::vector<char*> pieces;
  for (std::size_t i = 0; i < 5000; ++i) {
    char* piece = arena.allocate(i % 97 + 1);
    CHECK(reinterpret_cast<std::uintptr_t>(piece) % alignof(std::max_align_t) == 0);
    std::memset(piece, static_cast<int>(i % 251), i % 97 + 1);
    pieces.push_back(piece);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::string expected(i % 97 + 1, static_cast<char>(i % 251));
    REQUIRE(std::string_view(pieces[i], i % 97 + 1) == expected);
  }
}

TEST_CASE("a copy is independent of its origin") {
  Arena arena;
  std::string origin = "borrowed";
  const std::string_view copy = arena.copy(origin);
  origin.assign(origin.size(), 'x');
  CHECK(copy == "borrowed");
  CHECK(arena.copy("").empty());
  CHECK(arena.copy("").data() != nullptr);
}

TEST_CASE("a steady state takes nothing from the system") {
  Arena arena;
  const auto round = [&] {
    for (int i = 0; i < 1000; ++i) arena.allocate(300);
    arena.allocate(100'000);
    arena.reset();
  };
  round();
  const std::size_t after_first = arena.capacity();
  CHECK(after_first > 0);
  for (int i = 0; i < 10; ++i) round();
  CHECK(arena.capacity() == after_first);
}

TEST_CASE("one huge piece does not stay for ever") {
  Arena arena;
  arena.allocate(100);
  char* huge = arena.allocate(64'000'000);
  huge[63'999'999] = 1;
  CHECK(arena.capacity() >= 64'000'000);
  arena.reset();
  CHECK(arena.capacity() <= 2'097'152);
  CHECK(arena.allocate(10) != nullptr);
}

TEST_CASE("reset gives the same memory again") {
  Arena arena;
  const char* first = arena.allocate(8);
  arena.reset();
  CHECK(arena.allocate(8) == first);
}

TEST_CASE("arrays of values") {
  Arena arena;
  auto* numbers = arena.array<std::uint64_t>(1000);
  for (std::size_t i = 0; i < 1000; ++i) numbers[i] = i;
  CHECK(numbers[999] == 999);
}
