// How fast values of MySQL's row events become text: `mysql_values_bench [ROWS]`. A program, not a
// test: it prints processor time, because other programs on the machine must not count.

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/sources/mysql/charset.hpp"
#include "libcdc/sources/mysql/values.hpp"

namespace {

using cdc::mysql::ColumnFormat;
using cdc::mysql::ColumnType;

constexpr std::size_t kRowsInBatch = 1000;

struct Column {
  std::string_view name;
  ColumnFormat format;
  std::string bytes;
};

ColumnFormat format(ColumnType type, std::uint16_t meta = 0) {
  ColumnFormat made;
  made.type = type;
  made.meta = meta;
  return made;
}

std::vector<Column> columns() {
  using namespace std::literals;
  ColumnFormat text = format(ColumnType::varchar, 200);
  text.charset = cdc::mysql::find_charset("utf8mb4");
  ColumnFormat latin1 = text;
  latin1.charset = cdc::mysql::find_charset("latin1");
  return {
      {"bigint", format(ColumnType::big), "\x15\xcd\x5b\x07\0\0\0\0"s},
      {"int", format(ColumnType::integer), "\xd2\x04\0\0"s},
      {"varchar", text, "\x0ein preparation"s},
      {"decimal(10,2)", format(ColumnType::new_decimal, 10 << 8 | 2), "\x80\0\x04\xd2\x32"s},
      {"datetime(6)", format(ColumnType::datetime2, 6), "\x99\xb9\x28\x80\x00\x01\xe2\x40"s},
      {"timestamp(6)", format(ColumnType::timestamp2, 6), "\x69\x1e\xd0\x80\x01\xe2\x40"s},
      {"double", format(ColumnType::double_real), "\x9a\x99\x99\x99\x99\x4a\x93\x40"s},
      {"varchar latin1", latin1, "\x0ein pr\xe9paration"s},
      {"json", format(ColumnType::json, 4),
       "\x24\0\0\0\0\x02\0\x23\0\x12\0\x01\0\x13\0\x04\0\x0c\x17\0\x05\x07\0\x61name\x0bin preparat"s},
  };
}

double seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Nanoseconds a value.
double measure(const Column& column, std::size_t rows) {
  std::string batch;
  for (std::size_t i = 0; i < kRowsInBatch; ++i) batch += column.bytes;
  cdc::Arena arena;
  std::size_t size = 0;
  const double start = seconds();
  for (std::size_t done = 0; done < rows; done += kRowsInBatch) {
    cdc::mysql::LittleReader reader(batch);
    for (std::size_t i = 0; i < kRowsInBatch; ++i) {
      size += cdc::mysql::read_value(column.format, reader, arena).size();
    }
    if (!reader.ok()) std::abort();
    arena.reset();
  }
  if (size == 0) std::abort();
  return (seconds() - start) / static_cast<double>(rows) * 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  for (const Column& column : columns()) {
    fmt::print("{:16} {:6.1f} ns\n", column.name, measure(column, rows));
  }
  return 0;
}
