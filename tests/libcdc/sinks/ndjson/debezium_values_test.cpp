#include "libcdc/sinks/ndjson/debezium_values.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/libcdc/sinks/ndjson/rows.hpp"

namespace cdc::ndjson {
namespace {

using namespace cdc::test;
using Decimal = DebeziumOptions::Decimal;
using Time = DebeziumOptions::Time;

/// What is expected here was computed by hand from Debezium's documentation of its data types.
std::string write(const Value& value, const Column& column, DebeziumOptions options = {}) {
  EncoderOptions all;
  all.debezium = options;
  TextBuffer out;
  DebeziumValues(all).append(value, column, out);
  return std::string(out.view());
}

Column of(Meaning meaning, std::int32_t length = -1, std::int32_t scale = 0) {
  Column column;
  column.meaning = meaning;
  column.length = length;
  column.scale = scale;
  return column;
}

std::string fixed(std::string_view digits, std::int32_t scale) {
  return write(decimal(digits), of(Meaning::decimal, 38, scale));
}

std::string variable(std::string_view digits) {
  return write(decimal(digits), of(Meaning::decimal));
}

TEST_CASE("precise decimals are base64 of the unscaled two's complement") {
  CHECK(fixed("123.45", 2) == R"("MDk=")");
  CHECK(fixed("-1.00", 2) == R"("nA==")");
  CHECK(fixed("0.00", 2) == R"("AA==")");
  CHECK(fixed("127", 0) == R"("fw==")");
  CHECK(fixed("128", 0) == R"("AIA=")");
  CHECK(fixed("-128", 0) == R"("gA==")");
  CHECK(fixed("-129", 0) == R"("/38=")");
  CHECK(fixed("255", 0) == R"("AP8=")");
  CHECK(fixed("-1", 0) == R"("/w==")");
  CHECK(fixed("12345678901234567890", 0) == R"("AKtUqYzrHwrS")");
  CHECK(fixed("-12345678901234567890", 0) == R"("/1SrVnMU4PUu")");
  CHECK(fixed("1000000000000000000000000000000", 0) == R"("DJ8snNBGdO3qQAAAAA==")");
  CHECK(fixed("12300", -2) == R"("ew==")");
}

TEST_CASE("without a scale the scale stands beside the value, as small as can be") {
  CHECK(variable("3.14159") == R"({"scale":5,"value":"BMsv"})");
  CHECK(variable("123.4500") == R"({"scale":2,"value":"MDk="})");
  CHECK(variable("0.00") == R"({"scale":0,"value":"AA=="})");
  CHECK(variable("-128") == R"({"scale":0,"value":"gA=="})");
}

TEST_CASE("decimals as doubles and as strings") {
  const Column column = of(Meaning::decimal, 10, 2);
  CHECK(write(decimal("9.90"), column, {.decimal = Decimal::double_number}) == "9.9");
  CHECK(write(decimal("-100"), column, {.decimal = Decimal::double_number}) == "-100");
  CHECK(write(decimal("9.90"), column, {.decimal = Decimal::string}) == R"("9.90")");
}

TEST_CASE("a decimal that is no number is its text in every mode") {
  for (const Decimal mode : {Decimal::precise, Decimal::double_number, Decimal::string}) {
    for (const std::string_view special : {"NaN", "Infinity", "-Infinity"}) {
      CHECK(write(text(special), of(Meaning::decimal), {.decimal = mode}) ==
            '"' + std::string(special) + '"');
    }
  }
}

TEST_CASE("a date is the number of days since 1970") {
  CHECK(write(text("2018-06-20"), of(Meaning::date)) == "17702");
  CHECK(write(text("1969-12-31"), of(Meaning::date)) == "-1");
  CHECK(write(text("10000-01-01"), of(Meaning::date)) == "2932897");
  CHECK(write(text("0044-03-15 BC"), of(Meaning::date)) == "-735160");
  CHECK(write(text("2018-06-20"), of(Meaning::date), {.time = Time::isostring}) ==
        R"("2018-06-20Z")");
  CHECK(write(text("infinity"), of(Meaning::date)) == R"("infinity")");
}

std::string time(std::string_view value, std::int32_t digits, Time mode) {
  return write(text(value), of(Meaning::time, digits), {.time = mode});
}

TEST_CASE("a time is a number since midnight in the unit of its mode") {
  CHECK(time("08:00:00.123456", -1, Time::adaptive) == "28800123456");
  CHECK(time("08:00:00.123", 3, Time::adaptive) == "28800123");
  CHECK(time("08:00:00.123", 3, Time::adaptive_time_microseconds) == "28800123000");
  CHECK(time("08:00:00.123456", -1, Time::connect) == "28800123");
  CHECK(time("08:00:00.123456", -1, Time::microseconds) == "28800123456");
  CHECK(time("08:00:00.123456", -1, Time::nanoseconds) == "28800123456000");
  CHECK(time("08:00:00.123456", -1, Time::isostring) == R"("08:00:00.123456Z")");
  CHECK(time("24:00:00", -1, Time::adaptive) == "86400000000");
}

std::string timestamp(std::string_view value, std::int32_t digits, Time mode) {
  return write(text(value), of(Meaning::timestamp, digits), {.time = mode});
}

TEST_CASE("a timestamp is a number since 1970 in the unit of its mode") {
  constexpr std::string_view kText = "2018-06-20T15:13:16.945104";
  CHECK(timestamp(kText, -1, Time::adaptive) == "1529507596945104");
  CHECK(timestamp("2018-06-20T15:13:16.945", 3, Time::adaptive) == "1529507596945");
  CHECK(timestamp("2018-06-20T15:13:16.945", 3, Time::adaptive_time_microseconds) ==
        "1529507596945");
  CHECK(timestamp(kText, 6, Time::connect) == "1529507596945");
  CHECK(timestamp("2018-06-20T15:13:16.945", 3, Time::microseconds) == "1529507596945000");
  CHECK(timestamp(kText, -1, Time::nanoseconds) == "1529507596945104000");
  CHECK(timestamp(kText, -1, Time::isostring) == R"("2018-06-20T15:13:16.945104Z")");
  CHECK(timestamp("1969-12-31T23:59:59.9999", -1, Time::connect) == "-1");
}

TEST_CASE("timestamps beyond four digits and infinite ones") {
  CHECK(timestamp("0044-03-15 12:00:00 BC", -1, Time::adaptive) == "-63517780800000000");
  CHECK(timestamp("294276-12-31 23:59:59.999999", -1, Time::adaptive) ==
        R"("294276-12-31 23:59:59.999999")");
  CHECK(timestamp("2400-01-01T00:00:00", -1, Time::nanoseconds) == R"("2400-01-01T00:00:00")");
  CHECK(timestamp("infinity", -1, Time::adaptive) == "9223372036825200000");
  CHECK(timestamp("-infinity", -1, Time::adaptive) == "-9223372036832400000");
  CHECK(timestamp("infinity", -1, Time::connect) == "9223372036825200");
  CHECK(timestamp("infinity", -1, Time::nanoseconds) == "9223372036854775807");
  CHECK(timestamp("infinity", -1, Time::isostring) == R"("infinity")");
}

TEST_CASE("times with a zone are given in UTC") {
  const Column zoned = of(Meaning::time_with_zone);
  CHECK(write(text("13:30:00.5+05:30"), zoned) == R"("08:00:00.5Z")");
  CHECK(write(text("01:00:00+02"), zoned) == R"("23:00:00Z")");
  CHECK(write(text("23:00:00-01:30:15"), zoned) == R"("00:30:15Z")");
  CHECK(write(text("2026-11-20T08:00:00.123456Z"), of(Meaning::timestamp_with_zone)) ==
        R"("2026-11-20T08:00:00.123456Z")");
  CHECK(write(text("infinity"), of(Meaning::timestamp_with_zone)) == R"("infinity")");
}

TEST_CASE("an interval is microseconds, with months of 365.25 / 12 days") {
  const Column interval = of(Meaning::interval);
  CHECK(write(text("P1Y2M3DT4H5M6.78S"), interval) == "37091106780000");
  CHECK(write(text("PT0S"), interval) == "0");
  CHECK(write(text("PT-0.5S"), interval) == "-500000");
  CHECK(write(text("P-1DT1H"), interval) == "-82800000000");
  CHECK(write(text("P178000000Y"), interval) == R"("P178000000Y")");
  CHECK(write(text("infinity"), interval) == R"("infinity")");
}

TEST_CASE("bits are a boolean, or bytes with the lowest first") {
  CHECK(write(text("1"), of(Meaning::bits, 1)) == "true");
  CHECK(write(text("0"), of(Meaning::bits, 1)) == "false");
  CHECK(write(text("1011"), of(Meaning::bits, 4)) == R"("Cw==")");
  CHECK(write(text("100000001"), of(Meaning::bits, 9)) == R"("AQE=")");
  CHECK(write(text("1"), of(Meaning::bits)) == R"("AQ==")");
}

TEST_CASE("points, hstore and JSON") {
  CHECK(write(text("(1.5,-2)"), of(Meaning::point)) == R"({"x":1.5,"y":-2})");
  CHECK(write(text("(NaN,1e+20)"), of(Meaning::point)) == R"({"x":"NaN","y":1e+20})");
  CHECK(write(text(R"("a"=>"1\"", "b"=>NULL)"), of(Meaning::hstore)) ==
        R"("{\"a\":\"1\\\"\",\"b\":null}")");
  CHECK(write(json(R"({"a": 1})"), Column()) == R"("{\"a\": 1}")");
}

TEST_CASE("elements of an array are written as what they mean") {
  const Value elements[] = {decimal("1.5"), null(), decimal("2")};
  CHECK(write(Value(elements, 3), of(Meaning::decimal, 10, 1)) == R"(["Dw==",null,"FA=="])");
}

TEST_CASE("what the server did not send is the connector's placeholder") {
  Column column;
  CHECK(write(unchanged(), column) == R"("__debezium_unavailable_value")");
  column.type = "bytea";
  CHECK(write(unchanged(), column) == R"("X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==")");
  column.type = "text[]";
  CHECK(write(unchanged(), column) == R"(["__debezium_unavailable_value"])");
}

TEST_CASE("a text that has not the form of its type stays text") {
  for (const Meaning meaning :
       {Meaning::date, Meaning::time, Meaning::timestamp, Meaning::time_with_zone,
        Meaning::interval, Meaning::bits, Meaning::point, Meaning::hstore}) {
    CHECK(write(text("hello"), of(meaning)) == R"("hello")");
  }
}

}  // namespace
}  // namespace cdc::ndjson
