// How fast pgoutput messages in memory become NDJSON in memory: `codec_bench [ROWS]`. A program,
// not a test: it prints processor time, because other programs on the machine must not count.

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/change/batch.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"
#include "libcdc/sources/postgres/change_builder.hpp"
#include "tests/libcdc/sinks/ndjson/count_allocations.hpp"

namespace {

constexpr std::size_t kRowsInTransaction = 1000;
constexpr std::uint32_t kTable = 16385;

class NoCatalog : public cdc::postgres::Catalog {
 public:
  std::optional<cdc::postgres::CatalogTable> table(std::uint32_t) override { return std::nullopt; }
  std::optional<cdc::postgres::ArrayType> array(std::uint32_t) override { return std::nullopt; }
};

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xFFU);
  }
}

void put_column(std::string& out, bool key, std::string_view name, std::uint32_t type,
                std::uint32_t typmod) {
  put(out, key ? 1 : 0, 1);
  out.append(name).push_back('\0');
  put(out, type, 4);
  put(out, typmod, 4);
}

/// The narrow row: id, customer, status, total.
std::string relation() {
  constexpr std::uint32_t kNone = 0xFFFFFFFF;
  std::string out = "R";
  put(out, kTable, 4);
  out.append("public").push_back('\0');
  out.append("orders").push_back('\0');
  out += 'd';
  put(out, 4, 2);
  put_column(out, true, "id", 20, kNone);
  put_column(out, false, "customer", 23, kNone);
  put_column(out, false, "status", 25, kNone);
  put_column(out, false, "total", 1700, 10U << 16 | (2 + 4));
  return out;
}

std::string insert(std::uint64_t id) {
  std::string out = "I";
  put(out, kTable, 4);
  out += 'N';
  put(out, 4, 2);
  for (const std::string& text : {std::to_string(1'000'000 + id), std::to_string(id % 9973),
                                  std::string("in preparation"), std::string("1234.50")}) {
    out += 't';
    put(out, text.size(), 4);
    out += text;
  }
  return out;
}

/// What the server sends for one transaction of many inserts.
std::vector<std::string> transaction() {
  std::string begin = "B";
  put(begin, 0x1A2B3C8, 8);
  put(begin, 848'476'800'123'456, 8);
  put(begin, 731, 4);
  std::string commit("C\0", 2);
  put(commit, 0x1A2B3C8, 8);
  put(commit, 0x1A2B3F8, 8);
  put(commit, 848'476'800'123'456, 8);
  std::vector<std::string> messages = {begin};
  for (std::uint64_t i = 1; i <= kRowsInTransaction; ++i) messages.push_back(insert(i));
  messages.push_back(commit);
  return messages;
}

void decode(cdc::postgres::ChangeBuilder& builder, const std::string& message, cdc::Batch& batch) {
  char* copy = batch.arena().allocate(message.size());
  std::memcpy(copy, message.data(), message.size());
  builder.add(copy, message.size(), batch);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  cdc::Selection selection;
  selection.ops = cdc::OpSet().with(cdc::Op::insert);
  NoCatalog catalog;
  const cdc::postgres::TextEncoding encoding("UTF8");
  cdc::postgres::ChangeBuilder builder(selection, catalog);
  builder.restart({}, "shop", encoding);
  const auto encoder = cdc::ndjson::make_encoder({.source = "shop-pg"});
  const std::vector<std::string> messages = transaction();
  cdc::Batch batch;
  cdc::TextBuffer out;

  double decoding = 0;
  double encoding_time = 0;
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;
  std::uint64_t done = 0;
  decode(builder, relation(), batch);
  for (int round = 0; done < rows; ++round) {
    batch.reset();
    out.clear();
    // The first rounds find out how much memory a batch needs.
    if (round == 2) {
      done = bytes = 0;
      decoding = encoding_time = 0;
      allocations = cdc::test::allocations;
    }
    const std::clock_t begin = std::clock();
    for (const std::string& message : messages) decode(builder, message, batch);
    builder.leave_batch();
    const std::clock_t middle = std::clock();
    encoder->encode(batch, out);
    const std::clock_t end = std::clock();
    decoding += static_cast<double>(middle - begin) / CLOCKS_PER_SEC;
    encoding_time += static_cast<double>(end - middle) / CLOCKS_PER_SEC;
    bytes += out.size();
    done += kRowsInTransaction;
  }
  const auto count = static_cast<double>(done);
  fmt::print(
      "decode and encode: {:.1f} million rows/s ({:.0f} ns a row to decode, {:.0f} ns to encode, "
      "{:.0f} bytes a row, {:.4f} allocations a row)\n",
      count / (decoding + encoding_time) / 1e6, decoding / count * 1e9, encoding_time / count * 1e9,
      static_cast<double>(bytes) / count,
      static_cast<double>(cdc::test::allocations - allocations) / count);
  return 0;
}
