#include "libcdc/sources/mysql/values.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/libcdc/sources/mysql/type_cases.hpp"
#include "tests/support/line_part.hpp"

using namespace cdc;
using namespace cdc::mysql;
using namespace cdc::mysql::type_cases;

namespace {

/// Bytes that end where the memory ends, for the sanitizers.
class Exact {
 public:
  explicit Exact(std::string_view bytes)
      : memory_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
    if (size_ > 0) std::memcpy(memory_.get(), bytes.data(), size_);
  }
  std::string_view view() const { return {memory_.get(), size_}; }

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t size_;
};

void check_case(const Case& each) {
  INFO(each.place);
  Arena arena;
  const Exact bytes(each.bytes);
  LittleReader reader(bytes.view());
  const Value value = read_value(each.format, reader, arena);
  CHECK(reader.ok());
  CHECK(reader.remaining() == 0);
  CHECK(line_part(value) == R"("after":{"v":)" + each.json + "}");

  LittleReader skipped(bytes.view());
  skip_value(each.format, skipped);
  CHECK(skipped.ok());
  CHECK(skipped.remaining() == 0);
}

/// No cut value reads as a value.
void check_cuts(const Case& each) {
  INFO(each.place);
  constexpr std::size_t kMost = 64;
  for (std::size_t size = 0; size < each.bytes.size() && size < kMost; ++size) {
    CAPTURE(size);
    Arena arena;
    const Exact bytes(std::string_view(each.bytes).substr(0, size));
    LittleReader reader(bytes.view());
    read_value(each.format, reader, arena);
    CHECK_FALSE(reader.ok());
    LittleReader skipped(bytes.view());
    skip_value(each.format, skipped);
    CHECK_FALSE(skipped.ok());
  }
}

bool fails(const ColumnFormat& format, std::string_view bytes) {
  Arena arena;
  LittleReader reader(bytes);
  read_value(format, reader, arena);
  return !reader.ok();
}

ColumnFormat format_of(ColumnType type, std::uint16_t meta) {
  ColumnFormat format;
  format.type = type;
  format.meta = meta;
  return format;
}

std::string part(const ColumnFormat& format, std::string_view bytes) {
  Arena arena;
  LittleReader reader(bytes);
  const Value value = read_value(format, reader, arena);
  CHECK(reader.ok());
  return line_part(value);
}

}  // namespace

TEST_CASE("every case of the data becomes the JSON that it says") {
  std::size_t count = 0;
  for (const auto& file : case_files()) {
    const auto cases = read_cases(file);
    CHECK_MESSAGE(!cases.empty(), file);
    for (const Case& each : cases) check_case(each);
    count += cases.size();
  }
  CHECK(count > 350);
}

TEST_CASE("a value that is cut off at any byte fails") {
  for (const auto& file : case_files()) {
    for (const Case& each : read_cases(file)) check_cuts(each);
  }
}

TEST_CASE("TYPES.md names every case file and no other") {
  std::ifstream file(kCases / "../../../../libcdc/sources/mysql/TYPES.md");
  REQUIRE(file.good());
  std::set<std::string> named;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| ")) continue;
    const auto end = line.rfind("` |");
    const auto begin = end == std::string::npos ? end : line.rfind('`', end - 1);
    if (begin != std::string::npos) named.insert(line.substr(begin + 1, end - begin - 1));
  }
  std::set<std::string> existing;
  for (const auto& path : case_files()) existing.insert(path.stem().string());
  CHECK(named == existing);
}

TEST_CASE("without their labels enumerations and sets are numbers") {
  CHECK(part(format_of(ColumnType::enumeration, 1), "\x02") == R"("after":{"v":2})");
  CHECK(part(format_of(ColumnType::set, 8), from_hex("0100000000000080")) ==
        R"("after":{"v":9223372036854775809})");
}

TEST_CASE("what no server writes fails") {
  auto enumeration = format_of(ColumnType::enumeration, 1);
  enumeration.labels = read_labels("a,b");
  CHECK(fails(enumeration, "\x03"));
  auto set = format_of(ColumnType::set, 1);
  set.labels = enumeration.labels;
  CHECK(fails(set, "\x04"));
  CHECK(fails(format_of(ColumnType::decimal, 0), "12345678"));
  CHECK(fails(format_of(ColumnType::new_decimal, 66 << 8), std::string(40, '\x80')));
  CHECK(fails(format_of(ColumnType::new_decimal, 4 << 8 | 5), std::string(40, '\x80')));
  CHECK(fails(format_of(ColumnType::datetime2, 7), std::string(40, '\x80')));
  CHECK(fails(format_of(ColumnType::bit, 65), std::string(40, '\x80')));
  CHECK(fails(format_of(ColumnType::blob, 5), std::string(40, '\0')));
  CHECK(fails(format_of(ColumnType::blob, 0), std::string(40, '\0')));
}

TEST_CASE("a text that is not valid keeps its bytes and is named") {
  auto format = format_of(ColumnType::varchar, 10);
  format.charset = find_charset("utf8mb4");
  CHECK(part(format, "\x02\xff\xfe") == R"("after":{"v":"//4="},"undecodable":["v"])");
  format.refinement = Refinement::json;
  CHECK(part(format, "\x02\xff\xfe") == R"("after":{"v":"//4="},"undecodable":["v"])");
}

TEST_CASE("MariaDB's JSON is a string where its text is no JSON") {
  auto format = format_of(ColumnType::blob, 1);
  format.charset = find_charset("utf8mb4");
  format.refinement = Refinement::json;
  CHECK(part(format, "\x03[1\n") == R"("after":{"v":"[1\n"})");
  CHECK(part(format, "\x04[1\n]") == R"("after":{"v":[1]})");
}

TEST_CASE("MariaDB's vector is an array where the catalog says so") {
  auto format = format_of(ColumnType::varchar, 8);
  format.refinement = Refinement::vector;
  CHECK(part(format, from_hex("080000803f0000c0bf")) == R"("after":{"v":[1,-1.5]})");
  CHECK(part(format, from_hex("03000080")) == R"("after":{"v":"AACA"})");
}

TEST_CASE("numbers that JSON does not have are words") {
  CHECK(part(format_of(ColumnType::real, 0), from_hex("0000c07f")) == R"("after":{"v":"NaN"})");
  CHECK(part(format_of(ColumnType::double_real, 0), from_hex("000000000000f0ff")) ==
        R"("after":{"v":"-Infinity"})");
}
