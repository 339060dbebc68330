#include "libcdc/sources/mysql/gtid_set.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <tuple>

#include "libcdc/base/error.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

const std::string kA = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string kB = "93e38f3c-e4fd-11f1-bb6c-02fc00000001";

std::string canonical(std::string_view text) {
  return GtidSet::parse(text).text();
}

Gtid gtid(const std::string& uuid, std::uint64_t number, std::string_view tag = "") {
  return {*parse_uuid(uuid), tag, number};
}

bool is_malformed(std::string_view bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());
  try {
    GtidSet::decode({exact.data(), exact.size()});
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::protocol);
    return true;
  }
  return false;
}

/// A set of a few servers, tags and small numbers as what it is.
using Naive = std::set<std::tuple<int, std::string, std::uint64_t>>;

struct Pair {
  GtidSet set;
  Naive naive;
};

constexpr std::uint64_t kMost = 40;

Uuid server(int index) {
  Uuid uuid{};
  uuid[15] = static_cast<std::uint8_t>(index);
  return uuid;
}

const std::string& tag(std::size_t index) {
  static const std::string kTags[] = {"", "a", "b_1"};
  return kTags[index];
}

void add_one(Pair& pair, std::mt19937& random) {
  const int index = static_cast<int>(random() % 2);
  const std::string& own = tag(random() % 3);
  const std::uint64_t number = random() % kMost + 1;
  const bool is_new = pair.naive.emplace(index, own, number).second;
  CHECK(pair.set.add({server(index), own, number}) == is_new);
}

void add_range(Pair& pair, std::mt19937& random) {
  const int index = static_cast<int>(random() % 2);
  const std::string& own = tag(random() % 3);
  const std::uint64_t first = random() % kMost + 1;
  const std::uint64_t last = std::min(first + random() % 8, kMost);
  for (std::uint64_t number = first; number <= last; ++number) {
    pair.naive.emplace(index, own, number);
  }
  pair.set.add(server(index), own, first, last);
}

Pair make_pair(std::mt19937& random) {
  Pair pair;
  for (auto left = random() % 20; left != 0; --left) {
    if (random() % 3 == 0) {
      add_range(pair, random);
    } else {
      add_one(pair, random);
    }
  }
  return pair;
}

GtidSet from_naive(const Naive& naive) {
  GtidSet set;
  for (const auto& [index, own, number] : naive) set.add({server(index), own, number});
  return set;
}

void check_same(const GtidSet& set, const Naive& naive) {
  CHECK(set == from_naive(naive));
  CHECK(set.text() == from_naive(naive).text());
  CHECK(set.count() == naive.size());
  CHECK(set.empty() == naive.empty());
  CHECK(GtidSet::parse(set.text()) == set);
  CHECK(GtidSet::decode(set.encode()) == set);
}

}  // namespace

TEST_CASE("a UUID is read with and without dashes in any case") {
  CHECK(uuid_text(*parse_uuid("3E11FA47-71CA-11E1-9E33-C80AA9429562")) == kA);
  CHECK(uuid_text(*parse_uuid("3E11FA4771CA11E19E33C80AA9429562")) == kA);
  for (const char* bad :
       {"", "3e11fa47", "3e11fa47-71ca-11e1-9e33-c80aa942956",
        "3e11fa47-71ca-11e1-9e33-c80aa942956g", "3e11fa47x71ca-11e1-9e33-c80aa9429562",
        "3e11fa4-771ca-11e1-9e33-c80aa9429562"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_uuid(bad));
  }
}

TEST_CASE("a GTID is printed as the server prints it") {
  CHECK(gtid_text(gtid(kA, 23)) == kA + ":23");
  CHECK(gtid_text(gtid(kA, 1, "mytag")) == kA + ":mytag:1");
}

TEST_CASE("a set is read as the server and as people write it") {
  CHECK(canonical("") == "");
  CHECK(canonical(" \n") == "");
  CHECK(canonical(kA + ":1") == kA + ":1");
  CHECK(canonical(kA + ":1-5:7-9") == kA + ":1-5:7-9");
  CHECK(canonical(kA + ":7-9:1-5:6") == kA + ":1-9");
  CHECK(canonical(kA + ":1-5:3-8") == kA + ":1-8");
  CHECK(canonical(" 3E11FA47-71CA-11E1-9E33-C80AA9429562 : 1 - 5 : 7 ,\n" + kB + ":2 , ") ==
        kA + ":1-5:7," + kB + ":2");
  CHECK(canonical(kB + ":2," + kA + ":1," + kB + ":1") == kA + ":1," + kB + ":1-2");
  CHECK(canonical(kA + ":9223372036854775806") == kA + ":9223372036854775806");
}

TEST_CASE("a tag holds for the intervals behind it") {
  CHECK(canonical(kA + ":1-227261:auto:1:mytag:1") == kA + ":1-227261:auto:1:mytag:1");
  CHECK(canonical(kA + ":mytag:1:3:AUTO:1-2," + kA + ":7") == kA + ":7:auto:1-2:mytag:1:3");
  CHECK(canonical(kA + ": my_tag : 5") == kA + ":my_tag:5");
  CHECK(GtidSet::parse(kA + ":t:1").has_tags());
  CHECK_FALSE(GtidSet::parse(kA + ":1").has_tags());
  CHECK(GtidSet::parse(kA + ":t:1").contains(gtid(kA, 1, "t")));
  CHECK_FALSE(GtidSet::parse(kA + ":t:1").contains(gtid(kA, 1)));
}

TEST_CASE("what is not a set is a usage error") {
  const std::string long_tag(33, 't');
  for (const std::string& bad : {kA,
                                 kA + ":",
                                 kA + ":0",
                                 kA + ":5-3",
                                 kA + ":1-",
                                 kA + ":-1",
                                 kA + ":1-2-3",
                                 kA + ":tag",
                                 kA + ":tag:",
                                 kA + ":1:tag",
                                 kA + ":1x",
                                 kA + ":+1",
                                 kA + ":9223372036854775807",
                                 kA + ":99999999999999999999",
                                 kA + ":" + long_tag + ":1",
                                 kA + ":t-g:1",
                                 kA + " 1",
                                 std::string("x:1"),
                                 std::string("0-10-8"),
                                 kA + ":1;" + kB + ":1"}) {
    CAPTURE(bad);
    try {
      GtidSet::parse(bad);
      FAIL_CHECK("was read");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
      CHECK(error.hint() != "");
    }
  }
}

TEST_CASE("the text grows with the last interval") {
  GtidSet set = GtidSet::parse(kA + ":1-5:t:1," + kB + ":7");
  for (std::uint64_t number = 6; number <= 1200; ++number) {
    CHECK(set.add(gtid(kA, number)));
    CHECK(set.text() == kA + ":1-" + std::to_string(number) + ":t:1," + kB + ":7");
  }
  CHECK(set.add(gtid(kB, 8)));
  CHECK(set.add(gtid(kA, 2, "t")));
  CHECK(set.text() == kA + ":1-1200:t:1-2," + kB + ":7-8");
  CHECK(set.add(gtid(kB, 9)));
  CHECK(set.add(gtid(kB, 10)));
  CHECK(set.add(gtid(kA, 1201)));
  CHECK(set.text() == kA + ":1-1201:t:1-2," + kB + ":7-10");
  CHECK_FALSE(set.add(gtid(kA, 1201)));
  CHECK(set.add(gtid(kA, 1300)));
  CHECK(set.text() == kA + ":1-1201:1300:t:1-2," + kB + ":7-10");
  const GtidSet copy = set;
  CHECK(set.add(gtid(kA, 1301)));
  CHECK(copy.text() == kA + ":1-1201:1300:t:1-2," + kB + ":7-10");
  CHECK(set.text() == kA + ":1-1201:1300-1301:t:1-2," + kB + ":7-10");
}

TEST_CASE("the binary form is refused where it is malformed") {
  for (const std::string& text : {kA + ":1-5:7," + kB + ":1", kA + ":1-5:tag:7:u:1," + kB + ":1"}) {
    const std::string bytes = GtidSet::parse(text).encode();
    CHECK(GtidSet::decode(bytes).text() == text);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK(is_malformed(std::string_view(bytes).substr(0, size)));
    }
    CHECK(is_malformed(bytes + "x"));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ 0x80);
      is_malformed(changed);
    }
  }
  CHECK(GtidSet().encode() == std::string(8, '\0'));
  CHECK(GtidSet::decode(std::string(8, '\0')).empty());
}

TEST_CASE("a number out of range is an internal error") {
  GtidSet set;
  CHECK_THROWS_AS(set.add(gtid(kA, 0)), Error);
  CHECK_THROWS_AS(set.add(gtid(kA, GtidSet::kLastNumber + 1)), Error);
  CHECK_THROWS_AS(set.add(*parse_uuid(kA), "", 5, 4), Error);
  CHECK(set.empty());
  CHECK(set.add(gtid(kA, GtidSet::kLastNumber)));
  CHECK(set.add(gtid(kA, GtidSet::kLastNumber - 1)));
  CHECK(set.count() == 2);
}

TEST_CASE("the algebra is that of a plain set of numbers") {
  std::mt19937 random(4);
  for (int round = 0; round < 1500; ++round) {
    CAPTURE(round);
    Pair a = make_pair(random);
    const Pair b = make_pair(random);
    check_same(a.set, a.naive);

    Naive both;
    Naive rest;
    Naive all = b.naive;
    for (const auto& element : a.naive) {
      (b.naive.count(element) != 0 ? both : rest).insert(element);
      all.insert(element);
    }
    check_same(a.set.united_with(b.set), all);
    check_same(a.set.intersected_with(b.set), both);
    check_same(a.set.minus(b.set), rest);
    CHECK(a.set.is_subset_of(b.set) == rest.empty());
    CHECK((a.set == b.set) == (a.naive == b.naive));
    CHECK(a.set.minus(b.set).is_subset_of(a.set));
    for (const auto& [index, own, number] : b.naive) {
      CHECK(a.set.contains({server(index), own, number}) ==
            (a.naive.count({index, own, number}) != 0));
    }
    add_one(a, random);
    check_same(a.set, a.naive);
    a.set.remove(b.set);
    CHECK(a.set.intersected_with(b.set).empty());
  }
}
