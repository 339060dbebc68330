#include "libcdc/state/checkpoint.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/libcdc/base/thrown.hpp"

using cdc::Checkpoint;
using cdc::Fault;
using cdc::parse_checkpoint;
using cdc::test::thrown_by;
using nlohmann::json;

namespace {

// sha256sum of
// {"checkpoint_format_version":N,"source_type":"postgres","committed_event_count":1234,
// "offset":{"lsn":23285664,"slot_name":"orders"}} on one line.
constexpr std::string_view kChecksum2 =
    "f6298c0b99bd22dd7416b75832f92d1b14e273c61faf9a98777dd5ee8b00c6e4";
constexpr std::string_view kChecksum1 =
    "3e7e84a93e980ceddc4fbf210b4814af785fdf4d1a9ff4c366be9a80b65ad580";

Checkpoint orders() {
  Checkpoint checkpoint;
  checkpoint.source_type = "postgres";
  checkpoint.committed_event_count = 1234;
  checkpoint.offset = {{"slot_name", "orders"}, {"lsn", 23285664}};
  checkpoint.server = {{"system_identifier", "7423"}, {"database", "shop"}, {"timeline", 1}};
  checkpoint.updated_at = "2026-11-20T08:00:00Z";
  return checkpoint;
}

/// The same file as JSON, to be changed by a test; without a checksum.
json file() {
  return {{"checkpoint_format_version", 2},
          {"source_type", "postgres"},
          {"committed_event_count", 1234},
          {"offset", {{"lsn", 23285664}, {"slot_name", "orders"}}}};
}

json without(const char* member) {
  json members = file();
  members.erase(member);
  return members;
}

json with(const char* member, const json& value) {
  json members = file();
  members[member] = value;
  return members;
}

Checkpoint parse(const json& members) {
  return parse_checkpoint(members.dump(), "/d/c.json");
}

/// The message of the state error that this text leads to.
std::string text_refusal(std::string_view text) {
  const cdc::Error error = thrown_by([&] { parse_checkpoint(text, "/d/c.json"); });
  CHECK(error.fault() == Fault::state);
  CHECK_FALSE(error.hint().empty());
  constexpr std::string_view kStart = "checkpoint file '/d/c.json' ";
  CHECK(error.message().starts_with(kStart));
  return error.message().substr(std::min(kStart.size(), error.message().size()));
}

std::string refusal(const json& members) {
  return text_refusal(members.dump());
}

}  // namespace

TEST_CASE("the file's text has the documented members in the documented order") {
  CHECK(cdc::to_json_text(orders()) == R"({
  "checkpoint_format_version": 2,
  "source_type": "postgres",
  "committed_event_count": 1234,
  "offset": {
    "lsn": 23285664,
    "slot_name": "orders"
  },
  "content_checksum": ")" + std::string(kChecksum2) +
                                           R"(",
  "server": {
    "database": "shop",
    "system_identifier": "7423",
    "timeline": 1
  },
  "updated_at": "2026-11-20T08:00:00Z"
}
)");
}

TEST_CASE("what is written is read back whole") {
  Checkpoint written = orders();
  written.output = {{"path", "/var/out.ndjson"}, {"size", 4096}};
  written.offset["in_transaction"] = {{"position", "0/1A2B3C8"}, {"ordinal", 2}};
  written.offset["lsn"] = UINT64_MAX;
  written.committed_event_count = UINT64_MAX;
  const Checkpoint read = parse_checkpoint(cdc::to_json_text(written), "c");
  CHECK(read.source_type == written.source_type);
  CHECK(read.committed_event_count == UINT64_MAX);
  CHECK(read.offset == written.offset);
  CHECK(read.offset["lsn"].get<std::uint64_t>() == UINT64_MAX);
  CHECK(read.server == written.server);
  CHECK(read.output == written.output);
  CHECK(read.updated_at == written.updated_at);
}

TEST_CASE("the checksum covers the four core members and nothing else") {
  Checkpoint checkpoint = orders();
  CHECK(cdc::content_checksum(checkpoint, 2) == kChecksum2);
  CHECK(cdc::content_checksum(checkpoint, 1) == kChecksum1);
  checkpoint.server = json::object();
  checkpoint.updated_at = "later";
  CHECK(cdc::content_checksum(checkpoint, 2) == kChecksum2);
  checkpoint.offset["lsn"] = 23285665;
  CHECK(cdc::content_checksum(checkpoint, 2) != kChecksum2);
}

TEST_CASE("the seed's files are read: version 2 without a checksum, version 1 with one") {
  const Checkpoint second = parse(file());
  CHECK(second.offset["slot_name"] == "orders");
  CHECK(second.server.empty());
  CHECK(second.updated_at.empty());
  json later = with("checkpoint_format_version", 1);
  later["content_checksum"] = kChecksum1;
  CHECK(parse(later).committed_event_count == 1234);
}

TEST_CASE("version 1 without a checksum is refused") {
  CHECK(refusal(with("checkpoint_format_version", 1)) ==
        "has format version 1 but no member 'content_checksum'");
}

TEST_CASE("unknown members are tolerated, in any order") {
  json members = with("zebra", {1, 2, 3});
  members["content_checksum"] = kChecksum2;
  CHECK(parse(members).source_type == "postgres");
  const auto reversed =
      parse_checkpoint(R"({"offset":{"slot_name":"s","lsn":1},"committed_event_count":2,)"
                       R"("source_type":"postgres","checkpoint_format_version":2})",
                       "c");
  CHECK(reversed.offset["lsn"] == 1);
}

TEST_CASE("a checksum that does not fit is refused, for every core member") {
  json good = file();
  good["content_checksum"] = kChecksum2;
  CHECK(parse(good).source_type == "postgres");
  const auto refused_with = [&](const char* member, const json& value) {
    json members = good;
    members[member] = value;
    CAPTURE(member);
    CHECK(refusal(members) ==
          "does not fit its content_checksum: it is damaged or was edited by hand");
  };
  refused_with("source_type", "mysql");
  refused_with("committed_event_count", 1235);
  refused_with("offset", {{"lsn", 23285665}, {"slot_name", "orders"}});
  refused_with("content_checksum", "");
  refused_with("content_checksum", std::string(kChecksum2.substr(1)));
}

TEST_CASE("other versions are refused by name") {
  CHECK(refusal(with("checkpoint_format_version", 3)) ==
        "has format version 3; this program reads versions 1 and 2");
  CHECK(refusal(with("checkpoint_format_version", 0)) ==
        "has format version 0; this program reads versions 1 and 2");
  CHECK(refusal(with("checkpoint_format_version", 4294967298)) ==
        "has format version 4294967298; this program reads versions 1 and 2");
}

TEST_CASE("a missing member is named") {
  for (const char* member :
       {"checkpoint_format_version", "source_type", "committed_event_count", "offset"}) {
    CHECK(refusal(without(member)) == "has no member '" + std::string(member) + "'");
  }
}

TEST_CASE("a member of the wrong type is named") {
  CHECK(refusal(with("checkpoint_format_version", "2")) ==
        "has a member 'checkpoint_format_version' that is not a whole number");
  CHECK(refusal(with("checkpoint_format_version", 2.0)) ==
        "has a member 'checkpoint_format_version' that is not a whole number");
  CHECK(refusal(with("source_type", 1)) == "has a member 'source_type' that is not a string");
  CHECK(refusal(with("committed_event_count", -1)) ==
        "has a member 'committed_event_count' that is not a whole number");
  CHECK(refusal(with("offset", json::array())) == "has a member 'offset' that is not an object");
  CHECK(refusal(with("offset", nullptr)) == "has a member 'offset' that is not an object");
  CHECK(refusal(with("server", "x")) == "has a member 'server' that is not an object");
  CHECK(refusal(with("output", 1)) == "has a member 'output' that is not an object");
  CHECK(refusal(with("updated_at", 1)) == "has a member 'updated_at' that is not a string");
  CHECK(refusal(with("content_checksum", 1)) ==
        "has a member 'content_checksum' that is not a string");
}

TEST_CASE("an offset may be the bare string of an older writer") {
  CHECK(parse(with("offset", "0x0000002A000001F00003")).offset == "0x0000002A000001F00003");
}

TEST_CASE("numbers beyond 64 bits are refused, not rounded") {
  CHECK(text_refusal(R"({"checkpoint_format_version":2,"source_type":"postgres",)"
                     R"("committed_event_count":18446744073709551616,"offset":{}})") ==
        "has a member 'committed_event_count' that is not a whole number");
  CHECK(text_refusal(R"({"committed_event_count":1e999})") ==
        "is damaged: it holds a number that is out of range");
}

TEST_CASE("every torn file is a state error") {
  const std::string whole = cdc::to_json_text(orders());
  CHECK(text_refusal(std::string_view()) == "is empty");
  // The last two characters are the closing brace and the line end.
  for (std::size_t size = 1; size < whole.size() - 1; ++size) {
    REQUIRE(text_refusal(std::string_view(whole).substr(0, size)) == "is damaged or torn");
  }
}

TEST_CASE("garbage is a state error that does not quote it") {
  const std::string binary("\x00\xFF\x13secret\x80", 10);
  const cdc::Error error = thrown_by([&] { parse_checkpoint(binary, "c"); });
  CHECK(error.fault() == Fault::state);
  CHECK(error.detail() == "not JSON at byte 1 of 10");
  CHECK(text_refusal(std::string(4096, '\0')) == "is damaged or torn");
  CHECK(text_refusal("null") == "is not a JSON object");
  CHECK(text_refusal("[]") == "is not a JSON object");
  CHECK(text_refusal("\"text\"") == "is not a JSON object");
  CHECK(text_refusal("{} {}") == "is damaged or torn");
  CHECK(text_refusal("{\"source_type\":\"\xFF\"}") == "is damaged or torn");
}

TEST_CASE("deep nesting and huge files are refused before they cost anything") {
  CHECK(text_refusal(std::string(1'000'000, '[')) == "is nested too deeply to be a checkpoint");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(text_refusal(objects) == "is nested too deeply to be a checkpoint");
  CHECK(text_refusal(std::string(5'000'000, ' ')) == "is too large to be a checkpoint");
}

TEST_CASE("of a member that is there twice the last one counts, and the checksum judges") {
  const std::string text = R"({"checkpoint_format_version":2,"source_type":"postgres",)"
                           R"("committed_event_count":1234,"offset":{"lsn":1,"slot_name":"x"},)"
                           R"("offset":{"lsn":23285664,"slot_name":"orders"},)"
                           R"("content_checksum":")" +
                           std::string(kChecksum2) + "\"}";
  CHECK(parse_checkpoint(text, "c").offset["lsn"] == 23285664);
}

TEST_CASE("a name that is not UTF-8 cannot be written") {
  Checkpoint checkpoint = orders();
  checkpoint.output = {{"path", "/var/\xFF.ndjson"}};
  const cdc::Error error = thrown_by([&] { cdc::to_json_text(checkpoint); });
  CHECK(error.fault() == Fault::output);
  CHECK(error.message() ==
        "the checkpoint of the postgres source holds a name that is not valid "
        "UTF-8");
}
