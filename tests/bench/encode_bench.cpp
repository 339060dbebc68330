// How fast rows in memory become NDJSON in memory: `encode_bench [ROWS]`. A program, not a test.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "libcdc/change/batch.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"
#include "tests/libcdc/sinks/ndjson/count_allocations.hpp"

namespace {

constexpr std::size_t kRowsInBatch = 500;
constexpr std::size_t kRowsInTransaction = 1000;

/// The narrow row: id, customer, status, total.
std::shared_ptr<const cdc::Table> narrow_table() {
  cdc::Table table;
  table.version = cdc::next_table_version();
  table.database = "shop";
  table.schema = "public";
  table.name = "orders";
  table.columns = {{"id", "bigint", false, true, true},
                   {"customer", "integer", false, false, true},
                   {"status", "text", false, false, true},
                   {"total", "numeric(10,2)", true, false, true}};
  table.key = {0};
  return std::make_shared<const cdc::Table>(std::move(table));
}

const cdc::Value* narrow_row(cdc::Arena& arena, std::uint64_t id) {
  using cdc::ValueKind;
  auto* row = arena.array<cdc::Value>(4);
  row[0] = {ValueKind::number, arena.copy(std::to_string(1'000'000 + id))};
  row[1] = {ValueKind::number, arena.copy(std::to_string(id % 9973))};
  row[2] = {ValueKind::text, "in preparation"};
  row[3] = {ValueKind::decimal, "1234.50"};
  return row;
}

void fill(cdc::Batch& batch, const cdc::TableRef& table) {
  auto* transaction = new (batch.arena().allocate(sizeof(cdc::Transaction)))
      cdc::Transaction{"0/1A2B3C8", "731", "", 1'795'161'600'123'456};
  batch.keep(table);
  for (std::uint64_t i = 1; i <= kRowsInBatch; ++i) {
    cdc::Change change;
    change.op = cdc::Op::insert;
    change.table = table.get();
    change.transaction = transaction;
    change.ordinal = i % kRowsInTransaction;
    change.after = change.key = narrow_row(batch.arena(), i);
    batch.add(change);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const cdc::TableRef table = narrow_table();
  cdc::Batch batch;
  fill(batch, table);
  const auto encoder = cdc::ndjson::make_encoder({.source = "shop-pg"});
  std::string out;
  encoder->encode(batch, out);

  std::uint64_t bytes = 0;
  std::uint64_t done = 0;
  const std::uint64_t allocations_before = cdc::test::allocations;
  // Processor time: other programs on the machine do not count.
  const std::clock_t start = std::clock();
  for (; done < rows; done += kRowsInBatch) {
    out.clear();
    encoder->encode(batch, out);
    bytes += out.size();
  }
  const double spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const auto count = static_cast<double>(done);
  std::printf(
      "encode: %.2f million rows/s, %.0f ns a row, %.0f bytes a row, %.4f allocations a row\n",
      count / spent / 1e6, spent / count * 1e9, static_cast<double>(bytes) / count,
      static_cast<double>(cdc::test::allocations - allocations_before) / count);
  return 0;
}
