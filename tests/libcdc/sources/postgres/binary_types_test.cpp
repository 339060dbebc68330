#include "libcdc/sources/postgres/binary_types.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "tests/libcdc/sources/postgres/messages.hpp"
#include "tests/libcdc/sources/postgres/type_cases.hpp"

using namespace cdc;
using namespace cdc::postgres;
using namespace cdc::postgres::type_cases;
using wire::number;

namespace {

struct FakeTypes : TypeCatalog {
  std::optional<CatalogType> type(std::uint32_t oid) override {
    ++questions;
    const auto found = types.find(oid);
    return found == types.end() ? std::nullopt : std::optional(found->second);
  }
  std::string object_name(std::string_view reg_type, std::uint32_t oid) override {
    return object.empty() ? std::string(reg_type) + " " + std::to_string(oid) : object;
  }

  std::map<std::uint32_t, CatalogType> types;
  std::string object;
  int questions = 0;
};

CatalogType type(CatalogType::Kind kind, std::string name, std::uint32_t part = 0) {
  CatalogType made;
  made.kind = kind;
  made.name = std::move(name);
  made.part = part;
  return made;
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

/// Decodes values that lie in memory of exactly their size, where a sanitizer sees a read beyond.
struct Decoder {
  explicit Decoder(ServerForms forms = {150000, "UTF8", true})
      : encoding(forms.encoding), binary(types, forms) {}

  std::optional<Value> decode(std::uint32_t oid, const TypeMapping& mapping,
                              std::string_view bytes) {
    memory.push_back(std::make_unique<char[]>(bytes.size()));
    if (!bytes.empty()) std::memcpy(memory.back().get(), bytes.data(), bytes.size());
    return binary.decode(binary.find(oid), mapping, memory.back().get(), bytes.size(), encoding,
                         arena);
  }
  /// The text of a value; `(malformed)`.
  std::string text(std::uint32_t oid, std::string_view bytes) {
    const auto value = decode(oid, {}, bytes);
    return value ? std::string(value->text()) : "(malformed)";
  }

  FakeTypes types;
  TextEncoding encoding;
  BinaryTypes binary;
  Arena arena;
  std::vector<std::unique_ptr<char[]>> memory;
};

const std::map<std::string, std::uint32_t>& builtin_oids() {
  static const std::map<std::string, std::uint32_t> oids = [] {
    std::map<std::string, std::uint32_t> found;
    for (const auto& row : read_tsv("builtin_types.tsv")) found[row.at(1)] = to_oid(row[0]);
    return found;
  }();
  return oids;
}

std::vector<Case> cases_in_binary() {
  std::vector<Case> cases;
  for (const auto& file : case_files()) {
    for (const Case& each : read_cases(file)) {
      if (each.has_binary) cases.push_back(each);
    }
  }
  return cases;
}

void check_case(const Case& each) {
  INFO(each.place);
  Decoder decoder({150000, each.encoding, true});
  decoder.types.object = unescape_copy(each.copy);
  const auto value =
      decoder.decode(builtin_oids().at(each.sends),
                     builtin_mapping(std::string_view(each.maps)).value(), from_hex(each.binary));
  REQUIRE(value.has_value());
  const std::string flag = each.undecodable ? R"(,"undecodable":["v"])" : "";
  CHECK(line_part(*value) == R"("after":{"v":)" + each.json + "}" + flag);
}

/// A part of a value behind its length.
std::string sized(std::string_view bytes) {
  return number(bytes.size(), 4) + std::string(bytes);
}

std::string array_of(std::uint32_t element, std::initializer_list<std::string_view> parts,
                     std::uint32_t lower = 1) {
  std::string bytes = number(1, 4) + number(0, 4) + number(element, 4);
  bytes += number(parts.size(), 4) + number(lower, 4);
  for (const std::string_view part : parts) bytes += sized(part);
  return bytes;
}

/// What stands against a type; nothing where nothing does.
std::string reason(Decoder& decoder, std::uint32_t oid) {
  const auto obstacle = decoder.binary.obstacle(oid);
  return obstacle ? obstacle->reason : "";
}

constexpr std::uint32_t kInt4 = 23;
constexpr std::uint32_t kText = 25;
constexpr std::uint32_t kFloat8 = 701;
constexpr std::uint32_t kMoney = 790;
constexpr std::uint32_t kAclItem = 1033;
constexpr std::uint32_t kInterval = 1186;
constexpr std::uint32_t kNumeric = 1700;
constexpr std::uint32_t kRecord = 2249;
constexpr std::uint32_t kPgLsn = 3220;
constexpr std::uint32_t kTsQuery = 3615;

}  // namespace

TEST_CASE("every binary case of the data becomes the JSON that its text becomes") {
  const auto cases = cases_in_binary();
  CHECK(cases.size() > 300);
  for (const Case& each : cases) check_case(each);
}

TEST_CASE("a value that is cut off anywhere or has a byte too many is never read") {
  for (const Case& each : cases_in_binary()) {
    Decoder decoder({150000, each.encoding, true});
    const std::string bytes = from_hex(each.binary);
    const std::uint32_t oid = builtin_oids().at(each.sends);
    const auto form = decoder.binary.find(oid).form;
    // Text is whole at every length.
    using Form = BinaryType::Form;
    if (form == Form::text || form == Form::bytea || form == Form::xml ||
        (form == Form::versioned_text)) {
      continue;
    }
    INFO(each.place);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(size);
      CHECK(decoder.text(oid, std::string_view(bytes).substr(0, size)) == "(malformed)");
    }
    CHECK(decoder.text(oid, bytes + '\0') == "(malformed)");
  }
}

TEST_CASE("every built-in type of the catalog has a binary form or is known to have none") {
  // Of none of them can a value be written.
  const std::set<std::string> without_values = {"pg_ndistinct", "pg_dependencies", "pg_mcv_list",
                                                "pg_brin_bloom_summary",
                                                "pg_brin_minmax_multi_summary"};
  Decoder decoder;
  for (const auto& row : read_tsv("builtin_types.tsv")) {
    INFO(row.at(1));
    const BinaryType& type = decoder.binary.find(to_oid(row[0]));
    const bool is_row_of_catalog =
        row[1].starts_with("pg_") && !row[1].starts_with("pg_lsn") &&
        builtin_mapping(std::string_view(row[1]))->mapping == Mapping::text &&
        type.form == BinaryType::Form::unknown;
    CHECK((type.form != BinaryType::Form::unknown || without_values.contains(row[1]) ||
           is_row_of_catalog));
    if (row[2] != "0") CHECK(type.form == BinaryType::Form::array);
    if (row[2] == "0") CHECK(type.delimiter == row[3].front());
  }
}

TEST_CASE("malformed values are told from good ones") {
  Decoder decoder;
  CHECK(decoder.text(16, "\2") == "(malformed)");
  CHECK(decoder.text(3802, "\2{}") == "(malformed)");
  CHECK(decoder.text(3802, "") == "(malformed)");
  CHECK(decoder.text(1083, number(86400000001, 8)) == "(malformed)");
  CHECK(decoder.text(1083, number(0xFFFFFFFFFFFFFFFF, 8)) == "(malformed)");
  CHECK(decoder.text(1266, number(0, 8) + number(57600, 4)) == "(malformed)");
  // numeric: a digit beyond 9999, an unknown sign, a scale beyond what the server stores
  CHECK(decoder.text(kNumeric, from_hex("00010000000000002710")) == "(malformed)");
  CHECK(decoder.text(kNumeric, from_hex("00010000100000000001")) == "(malformed)");
  CHECK(decoder.text(kNumeric, from_hex("00010000000040000001")) == "(malformed)");
  // bits, points, positions, transactions: more of them than bytes
  CHECK(decoder.text(1560, number(0xFFFFFFFF, 4) + "\1") == "(malformed)");
  CHECK(decoder.text(604, number(0xFFFFFFFF, 4)) == "(malformed)");
  CHECK(decoder.text(3614, number(0xFFFFFFFF, 4)) == "(malformed)");
  CHECK(decoder.text(5038, number(0xFFFFFFFF, 4) + number(1, 8) + number(2, 8)) == "(malformed)");
  // inet: an unknown family, bits beyond the address, a length of another family
  CHECK(decoder.text(869, from_hex("0420000401020304")) == "(malformed)");
  CHECK(decoder.text(869, from_hex("0221000401020304")) == "(malformed)");
  CHECK(decoder.text(869, from_hex("0320000401020304")) == "(malformed)");
}

TEST_CASE("a malformed tree of a text search query is refused") {
  Decoder decoder;
  const std::string word = std::string("\1\0\0a\0", 5);
  CHECK(decoder.text(kTsQuery, number(1, 4) + word) == "'a'");
  CHECK(decoder.text(kTsQuery, number(2, 4) + word + word) == "(malformed)");
  CHECK(decoder.text(kTsQuery, number(1, 4) + "\2\1") == "(malformed)");
  CHECK(decoder.text(kTsQuery, number(2, 4) + "\2\2" + word) == "(malformed)");
  CHECK(decoder.text(kTsQuery, number(2, 4) + "\2\5" + word) == "(malformed)");
  CHECK(decoder.text(kTsQuery, number(1, 4) + "\3\1") == "(malformed)");
}

TEST_CASE("a query nested deeper than a stack is read") {
  constexpr std::size_t kDepth = 100000;
  std::string bytes = number(kDepth + 1, 4);
  for (std::size_t i = 0; i < kDepth; ++i) bytes += "\2\1";
  bytes += std::string("\1\0\0a\0", 5);
  Decoder decoder;
  CHECK(decoder.text(kTsQuery, bytes) == std::string(kDepth, '!') + "'a'");
}

TEST_CASE("arrays that are no boxes of their elements are refused") {
  Decoder decoder;
  constexpr std::uint32_t kArray = 1007;
  CHECK(decoder.text(kArray, array_of(kInt4, {number(7, 4)}, 0)) == "[0:0]={7}");
  CHECK(decoder.text(kArray, array_of(kInt4, {number(7, 3)})) == "(malformed)");
  CHECK(decoder.text(kArray, array_of(kInt4, {number(7, 5)})) == "(malformed)");
  const std::string header = number(0, 4) + number(kInt4, 4);
  CHECK(decoder.text(kArray, number(0, 4) + header) == "{}");
  CHECK(decoder.text(kArray, number(7, 4) + header) == "(malformed)");
  CHECK(decoder.text(kArray, number(0, 4) + number(2, 4) + number(kInt4, 4)) == "(malformed)");
  const std::string huge = number(0x7FFFFFFF, 4) + number(1, 4);
  CHECK(decoder.text(kArray, number(1, 4) + header + huge) == "(malformed)");
  CHECK(decoder.text(kArray, number(2, 4) + header + huge + huge) == "(malformed)");
  // A length of -2.
  const std::string one = number(1, 4) + header + number(1, 4) + number(1, 4);
  CHECK(decoder.text(kArray, one + number(0xFFFFFFFF, 4)) == "{NULL}");
  CHECK(decoder.text(kArray, one + number(0xFFFFFFFE, 4)) == "(malformed)");
}

TEST_CASE("a value that nests without end is refused, not followed") {
  std::string bytes = number(0, 4);
  for (int i = 0; i < 10000; ++i) bytes = number(1, 4) + number(kRecord, 4) + sized(bytes);
  Decoder decoder;
  CHECK(decoder.text(kRecord, bytes) == "(malformed)");
}

TEST_CASE("values of user types are read by what the catalog says") {
  Decoder decoder;
  using Kind = CatalogType::Kind;
  decoder.types.types = {{20001, type(Kind::enumeration, "mood")},
                         {20002, type(Kind::array, "mood[]", 20001)},
                         {20003, type(Kind::domain, "positive", kInt4)},
                         {20004, type(Kind::domain, "small", 20003)},
                         {20005, type(Kind::range, "words", kText)},
                         {20006, type(Kind::multirange, "words_multirange", 20005)},
                         {20007, type(Kind::composite, "part")},
                         {20008, type(Kind::domain, "numbers", 1007)}};
  decoder.types.types[20009] = type(Kind::base, "citext");
  decoder.types.types[20009].like = kText;
  decoder.types.types[20010] = type(Kind::base, "semicolons");
  decoder.types.types[20010].like = kText;
  decoder.types.types[20010].delimiter = ';';
  CHECK(decoder.text(20001, "sad") == "sad");
  CHECK(decoder.text(20002, array_of(20001, {"sad", "so \"so\"", "", "null"})) ==
        R"({sad,"so \"so\"","","null"})");
  CHECK(decoder.text(20004, number(7, 4)) == "7");
  CHECK(decoder.text(20002, array_of(20004, {number(7, 4)})) == "{7}");
  const std::string bounds = "\2" + sized("a b") + sized("");
  CHECK(decoder.text(20005, bounds) == R"(["a b",""))");
  CHECK(decoder.text(20006, number(2, 4) + sized(bounds) + sized("\1")) == R"({["a b",""),empty})");
  CHECK(decoder.text(20007, number(3, 4) + number(20001, 4) + sized("a,b") + number(kInt4, 4) +
                                number(0xFFFFFFFF, 4) + number(17, 4) + sized("\xAB")) ==
        R"(("a,b",,"\\xab"))");
  CHECK(decoder.text(20008, array_of(kInt4, {number(1, 4)})) == "{1}");
  CHECK(decoder.text(20002, array_of(20008, {array_of(kInt4, {number(1, 4), number(2, 4)})})) ==
        R"({"{1,2}"})");
  CHECK(decoder.text(20009, "Text") == "Text");
  CHECK(decoder.text(20002, array_of(20010, {"a,b", "c;d"})) == R"({a,b;"c;d"})");
  CHECK(decoder.types.questions == 10);
  CHECK(decoder.text(20007, number(1, 4) + number(30000, 4) + sized("?")) == "(malformed)");
}

TEST_CASE("what cannot be transferred in binary is named with its reason") {
  Decoder decoder;
  using Kind = CatalogType::Kind;
  decoder.types.types = {{20001, type(Kind::base, "hstore")},
                         {20002, type(Kind::array, "hstore[]", 20001)},
                         {20003, type(Kind::domain, "tags", 20001)},
                         {20004, type(Kind::composite, "row")},
                         {20005, type(Kind::range, "oddrange", 20001)},
                         {20006, type(Kind::domain, "acl", kAclItem)},
                         {20007, type(Kind::array, "acl[]", 20006)},
                         {20008, type(Kind::other, "pseudo")},
                         {20009, type(Kind::base, "isbn")}};
  decoder.types.types[20004].fields = {kInt4, 20002};
  decoder.types.types[20009].sends = false;
  const std::string hstore = "the binary form of hstore is not known";
  const std::string acl = "the server has no binary form of aclitem";
  for (const std::uint32_t oid : {20001U, 20002U, 20003U, 20004U, 20005U}) {
    CHECK(reason(decoder, oid) == hstore);
  }
  CHECK(reason(decoder, kInt4).empty());
  CHECK(reason(decoder, 1007).empty());
  // What has no binary form comes as text, but cannot be sent inside of anything.
  CHECK(reason(decoder, kAclItem).empty());
  CHECK(reason(decoder, 1034) == acl);
  CHECK(reason(decoder, 20006).empty());
  CHECK(reason(decoder, 20007) == "the server has no binary form of acl");
  CHECK(reason(decoder, 20009).empty());
  CHECK(reason(decoder, 20008) == "the binary form of pseudo is not known");
  CHECK(reason(decoder, 30000) == "type 30000 is not in the catalog");
  CHECK(decoder.binary.obstacle(20001)->kind == Obstacle::Kind::unreadable);
  CHECK(decoder.binary.obstacle(20007)->kind == Obstacle::Kind::unsendable);
  // The worse one counts, wherever it stands.
  decoder.types.types[20010] = type(Kind::composite, "both");
  decoder.types.types[20010].fields = {20001, kAclItem};
  CHECK(reason(decoder, 20010) == acl);
  const Error error = not_transferable("tags", "public.t", *decoder.binary.obstacle(20001));
  CHECK(error.fault() == Fault::refused);
  CHECK(error.message() ==
        "column 'tags' of table public.t cannot be transferred in binary: " + hstore);
}

TEST_CASE("a catalog that names a type as part of itself does not lead in circles") {
  Decoder decoder;
  decoder.types.types = {{20001, type(CatalogType::Kind::domain, "self", 20001)},
                         {20002, type(CatalogType::Kind::range, "own", 20002)}};
  CHECK_FALSE(reason(decoder, 20001).empty());
  CHECK_FALSE(reason(decoder, 20002).empty());
  CHECK(decoder.text(20001, "x") == "(malformed)");
  std::string bytes = "\1";
  for (int i = 0; i < 1000; ++i) bytes = "\x12" + sized(bytes);
  CHECK(decoder.text(20002, bytes) == "(malformed)");
}

TEST_CASE("money is read only where the server writes it in the usual form") {
  Decoder usual;
  CHECK(reason(usual, kMoney).empty());
  CHECK(usual.text(kMoney, number(123456789, 8)) == "$1,234,567.89");
  CHECK(usual.text(kMoney, from_hex("8000000000000000")) == "-$92,233,720,368,547,758.08");
  CHECK(usual.text(kMoney, from_hex("ffffffffffffffff")) == "-$0.01");
  Decoder unusual({150000, "UTF8", false});
  CHECK(reason(unusual, kMoney) ==
        "the text of money depends on lc_monetary, and only the server knows it");
  CHECK_FALSE(reason(unusual, 791).empty());
}

TEST_CASE("the forms of other server versions are theirs") {
  const std::string infinity = from_hex("7fffffffffffffff7fffffff7fffffff");
  Decoder old({140000, "UTF8", true});
  Decoder usual;
  Decoder with_infinity({170000, "UTF8", true});
  Decoder newest({190000, "UTF8", true});
  CHECK(usual.text(kInterval, infinity) == "P178956970Y7M2147483647DT2562047788H54.775807S");
  CHECK(with_infinity.text(kInterval, infinity) == "infinity");
  CHECK(with_infinity.text(kInterval, from_hex("80000000000000008000000080000000")) == "-infinity");
  CHECK(with_infinity.text(kInterval, from_hex("7fffffffffffffff7fffffff7ffffffe")).size() > 10);
  CHECK(usual.text(kPgLsn, number(0x1600000001, 8)) == "16/1");
  CHECK(newest.text(kPgLsn, number(0x1600000001, 8)) == "16/00000001");
  CHECK(usual.text(18, "\xC3") == "\\303");
  CHECK(old.decode(18, {}, "\xC3")->kind() == ValueKind::undecodable);
  CHECK(usual.text(18, std::string(1, '\0')).empty());
}

TEST_CASE("floats of the most negative and of no value") {
  Decoder decoder;
  CHECK(decoder.text(kFloat8, from_hex("ffefffffffffffff")) == "-1.7976931348623157e+308");
  CHECK(decoder.text(kFloat8, from_hex("7ff8000000000001")) == "NaN");
  CHECK(decoder.text(kFloat8, from_hex("fff8000000000000")) == "NaN");
  CHECK(decoder.text(kFloat8, from_hex("8000000000000001")) == "-5e-324");
}

TEST_CASE("bytes that are not valid in their encoding come out as they are, inside of types too") {
  Decoder decoder;
  const auto text = decoder.decode(kText, {}, "a\xff");
  REQUIRE(text.has_value());
  CHECK(text->kind() == ValueKind::undecodable);
  CHECK(text->text() == "a\xff");
  const auto record = decoder.decode(kRecord, {}, number(1, 4) + number(kText, 4) + sized("a\xff"));
  REQUIRE(record.has_value());
  CHECK(record->kind() == ValueKind::undecodable);
  CHECK(record->text() == "(a\xff)");
}
