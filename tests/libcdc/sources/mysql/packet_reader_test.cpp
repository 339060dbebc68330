#include "libcdc/sources/mysql/packet_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "libcdc/base/error.hpp"

namespace {

using cdc::mysql::PacketReader;

std::string packet(std::uint8_t sequence, const std::string& payload) {
  std::string bytes;
  for (const int shift : {0, 8, 16}) bytes += static_cast<char>(payload.size() >> shift & 0xFFU);
  return bytes + static_cast<char>(sequence) + payload;
}

/// Gives `bytes` in pieces of `piece`, with nothing at hand after each.
PacketReader::Receive pieces_of(const std::string& bytes, std::size_t piece) {
  return [bytes, piece, at = std::size_t{0}, dry = false](char* out, std::size_t size) mutable {
    dry = !dry;
    if (!dry) return std::size_t{0};
    const std::size_t count = std::min({piece, size, bytes.size() - at});
    std::copy_n(bytes.data() + at, count, out);
    at += count;
    return count;
  };
}

std::vector<std::string> read_all(PacketReader& reader, std::size_t count) {
  std::vector<std::string> payloads;
  for (int i = 0; i < 1'000'000 && payloads.size() < count; ++i) {
    if (const auto payload = reader.next()) payloads.emplace_back(*payload);
  }
  return payloads;
}

}  // namespace

TEST_CASE("packets come whole, however the bytes were cut") {
  const std::string bytes = packet(1, "one") + packet(2, "") + packet(3, std::string(300, 'x'));
  for (const std::size_t piece : {1, 2, 3, 5, 7, 1000}) {
    PacketReader reader(pieces_of(bytes, piece));
    CHECK(read_all(reader, 3) == std::vector<std::string>{"one", "", std::string(300, 'x')});
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("a payload of 16 MiB and more is joined from its packets") {
  const std::string full(0xFFFFFF, 'a');
  const std::string bytes =
      packet(1, full) + packet(2, full) + packet(3, "end") + packet(4, full) + packet(5, "");
  PacketReader reader(pieces_of(bytes, 100'000));
  const auto payloads = read_all(reader, 2);
  REQUIRE(payloads.size() == 2);
  CHECK((payloads[0] == full + full + "end"));
  CHECK((payloads[1] == full));
}

TEST_CASE("a payload larger than the buffer comes whole") {
  const std::string large(700'000, 'b');
  PacketReader reader(pieces_of(packet(1, "a") + packet(2, large) + packet(3, "c"), 4096));
  CHECK((read_all(reader, 3) == std::vector<std::string>{"a", large, "c"}));
}

TEST_CASE("sequence numbers wrap, and a gap is an error") {
  std::string bytes;
  for (int i = 1; i < 300; ++i) bytes += packet(static_cast<std::uint8_t>(i), "p");
  PacketReader reader(pieces_of(bytes, 64));
  CHECK(read_all(reader, 299).size() == 299);

  PacketReader gap(pieces_of(packet(1, "a") + packet(3, "c"), 64));
  CHECK(read_all(gap, 1).size() == 1);
  CHECK_THROWS_AS(read_all(gap, 1), cdc::Error);
}
