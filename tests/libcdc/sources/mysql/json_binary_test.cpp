#include "libcdc/sources/mysql/json_binary.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>
#include <string_view>

#include "tests/libcdc/sources/mysql/json_encoder.hpp"

using namespace cdc;
using namespace cdc::mysql;
using namespace cdc::mysql::json_encoder;
using namespace std::literals;

namespace {

std::string text_of(std::string_view document) {
  Arena arena;
  const Value value = read_json(document, arena);
  if (value.kind() == ValueKind::undecodable) return "undecodable";
  return value.kind() == ValueKind::json ? std::string(value.text()) : "malformed";
}

class RandomDocuments {
 public:
  explicit RandomDocuments(unsigned seed) : random_(seed) {}

  Encoded next(int depth = 0) {
    switch (random_() % (depth < 5 ? 9 : 5)) {
      case 0:
        return literal(static_cast<std::uint8_t>(random_() % 3));
      case 1:
        return integer(static_cast<std::int16_t>(random_()));
      case 2:
        return integer(static_cast<std::int64_t>(random_()) << (random_() % 33));
      case 3:
        return string(std::string(random_() % (random_() % 20 == 0 ? 20'000 : 200), 'x'));
      case 4:
        return real(-0.5, "-0.5");
      default:
        return container(members(depth), random_() % 2 == 0,
                         random_() % 8 == 0 ? Size::large : Size::fit);
    }
  }

 private:
  Members members(int depth) {
    Members made;
    std::set<std::string> keys;
    for (auto n = random_() % 6; n > 0; --n) {
      const std::string key(random_() % 9, static_cast<char>('a' + random_() % 26));
      if (keys.insert(key).second) made.emplace_back(key, next(depth + 1));
    }
    return made;
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("a document becomes the text that it was made with") {
  RandomDocuments documents(20261120);
  for (int i = 0; i < 3000; ++i) {
    const Encoded made = documents.next();
    CHECK(text_of(document(made)) == made.text);
  }
}

TEST_CASE("a document that is cut off at any byte is malformed") {
  const Encoded made =
      container({{"a", integer(70'000)},
                 {"bb", container({{"", string("text")}, {"", real(1.5, "1.5")}}, false)},
                 {"c", container({{"x", integer(5'000'000'000)}}, true, Size::large)}},
                true);
  const std::string whole = document(made);
  REQUIRE(text_of(whole) == made.text);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    CHECK(text_of(std::string_view(whole).substr(0, size)) == "malformed");
  }
}

TEST_CASE("no bytes are the JSON null") {
  CHECK(text_of("") == "null");
}

TEST_CASE("a double that looks like an integer has a point") {
  CHECK(text_of(document(real(2, ""))) == "2.0");
  CHECK(text_of(document(real(-0.0, ""))) == "-0.0");
  CHECK(text_of(document(real(1e20, ""))) == "1e20");
}

TEST_CASE("opaque values") {
  CHECK(text_of(document(opaque(246, "\x03\x02\x81\x32"s, ""))) == "1.50");
  CHECK(text_of(document(opaque(246, "\x03\x04\x81\x32"s, ""))) == "malformed");
  CHECK(text_of(document(opaque(246, "\x03\x02\x81"s, ""))) == "malformed");
  CHECK(text_of(document(opaque(16, "\x05"s, ""))) == R"("base64:type16:BQ==")");
  CHECK(text_of(document(opaque(12, "short"s, ""))) == "malformed");
  CHECK(text_of(document(opaque(12, std::string(8, '\xff'), ""))) == "malformed");
}

TEST_CASE("a text that is not UTF-8 leaves the document undecodable") {
  CHECK(text_of(document(string("\xff"))) == "undecodable");
  CHECK(text_of(document(container({{"\xff", literal(0)}}, true))) == "undecodable");
}

TEST_CASE("characters that JSON does not allow are escaped") {
  CHECK(text_of(document(string("\"\\\n\x01"))) == R"("\"\\\n\u0001")");
}

TEST_CASE("containers nest as deep as the server allows, and not without end") {
  Encoded made = literal(1);
  for (int depth = 0; depth < 100; ++depth) made = container({{"", made}}, false);
  CHECK(text_of(document(made)) == made.text);
  for (int depth = 0; depth < 100; ++depth) made = container({{"", made}}, false);
  CHECK(text_of(document(made)) == "malformed");
}

TEST_CASE("parts that share their bytes are malformed, or few bytes would be a text without end") {
  // Arrays of two, each of whose cells is the same next array.
  std::string body;
  constexpr int kDepth = 40;
  constexpr std::size_t kArray = 4 + 2 * 3;
  for (int depth = 0; depth < kDepth; ++depth) {
    body += number(2, 2) + number((kDepth - depth) * kArray + 2, 2);
    for (int cell = 0; cell < 2; ++cell) body += '\x02' + number(kArray, 2);
  }
  body += number(0, 2) + number(4, 2);
  CHECK(text_of('\x02' + body) == "malformed");
}

TEST_CASE("numbers that are no numbers are malformed") {
  CHECK(text_of("\x04\x03") == "malformed");
  CHECK(text_of("\x0d\x00\x00"s) == "malformed");
  CHECK(text_of('\x0b' + number(0x7FF0000000000000, 8)) == "malformed");
  CHECK(text_of("\x0c\xff\xff\xff\xff\xff\xff") == "malformed");
}
