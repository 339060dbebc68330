#include "libcdc/change/batch.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <vector>

using cdc::Batch;
using cdc::Boundary;
using cdc::Change;
using cdc::Table;

namespace {

void add_changes(Batch& batch, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t ordinal = first; ordinal <= last; ++ordinal) {
    Change change;
    change.ordinal = ordinal;
    batch.add(change);
  }
}

std::vector<std::uint64_t> ordinals(const Batch& batch) {
  std::vector<std::uint64_t> found;
  for (const Change& change : batch.changes()) found.push_back(change.ordinal);
  return found;
}

/// Two transactions: changes 1 to 3 up to "A", 4 and 5 up to "B".
void fill(Batch& batch) {
  add_changes(batch, 1, 3);
  batch.mark("A", 10);
  add_changes(batch, 4, 5);
  batch.mark("B", 20);
}

}  // namespace

TEST_CASE("a boundary stands behind the changes that it covers") {
  Batch batch;
  CHECK(batch.empty());
  fill(batch);
  CHECK_FALSE(batch.empty());
  REQUIRE(batch.boundaries().size() == 2);
  CHECK(batch.boundaries()[0].changes == 3);
  CHECK(batch.boundaries()[0].resume == "A");
  CHECK(batch.boundaries()[1].changes == 5);
  CHECK(batch.boundaries()[1].commit_time == 20);
}

TEST_CASE("a boundary at the same place replaces the last one") {
  Batch batch;
  batch.mark("A", 10);
  batch.mark("B", 0);
  REQUIRE(batch.boundaries().size() == 1);
  CHECK(batch.boundaries()[0].resume == "B");
  CHECK_FALSE(batch.empty());
}

TEST_CASE("truncating keeps the first changes and the boundaries among them") {
  Batch batch;
  fill(batch);
  batch.truncate(5);
  CHECK(ordinals(batch) == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
  CHECK(batch.boundaries().size() == 2);
  batch.truncate(4);
  CHECK(ordinals(batch) == std::vector<std::uint64_t>{1, 2, 3, 4});
  REQUIRE(batch.boundaries().size() == 1);
  CHECK(batch.boundaries()[0].changes == 3);
  CHECK(batch.boundaries()[0].resume == "A");
}

TEST_CASE("truncating on a boundary keeps it") {
  Batch batch;
  fill(batch);
  batch.truncate(3);
  CHECK(ordinals(batch) == std::vector<std::uint64_t>{1, 2, 3});
  REQUIRE(batch.boundaries().size() == 1);
  CHECK(batch.boundaries()[0].changes == 3);
}

TEST_CASE("a batch keeps the tables of its rows alive until it is reset") {
  Batch batch;
  auto first = std::make_shared<const Table>();
  auto second = std::make_shared<const Table>();
  const std::weak_ptr<const Table> watch(first);
  batch.keep(first);
  batch.keep(second);
  batch.keep(first);
  CHECK(first.use_count() == 2);
  first.reset();
  CHECK_FALSE(watch.expired());
  batch.reset();
  CHECK(watch.expired());
}

TEST_CASE("reset empties a batch and its arena") {
  Batch batch;
  fill(batch);
  const char* memory = batch.arena().allocate(16);
  batch.reset();
  CHECK(batch.empty());
  CHECK(batch.arena().allocate(16) == memory);
}
