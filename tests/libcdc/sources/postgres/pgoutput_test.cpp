#include "libcdc/sources/postgres/pgoutput.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <set>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/error.hpp"
#include "tests/libcdc/sources/postgres/messages.hpp"

using namespace cdc;
using namespace cdc::postgres;

namespace {

/// Bytes on the heap at their exact size, so that a sanitizer sees a read beyond them.
std::vector<char> exactly(std::string_view bytes) {
  return {bytes.begin(), bytes.end()};
}

/// The message of the protocol error that decoding throws; "" where it does not.
std::string error_of(std::string_view bytes) {
  const std::vector<char> copy = exactly(bytes);
  try {
    PgoutputDecoder().decode({copy.data(), copy.size()});
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::protocol);
    return error.message();
  }
  return "";
}

/// A decoder and the bytes that it borrows.
template <typename T>
struct Decoded {
  explicit Decoded(const std::string& message)
      : bytes(message), value(std::get<T>(decoder.decode(bytes))) {}

  std::string bytes;
  PgoutputDecoder decoder;
  T value;
};

std::string cells(const Tuple& tuple) {
  std::string text;
  for (const Cell& cell : tuple) {
    text += cell.kind;
    if (!cell.bytes.empty()) text += ":" + std::string(cell.bytes);
    text += ' ';
  }
  return text;
}

}  // namespace

TEST_CASE("Begin, captured") {
  const Decoded<Begin> begin(wire::captured("origin")[0]);
  CHECK(begin.value.commit_lsn != 0);
  CHECK(begin.value.xid != 0);
  // The commit time of a transaction that came from elsewhere is the one there.
  CHECK(format_utc(begin.value.commit_time) == "2026-11-20T08:00:00.000000Z");
}

TEST_CASE("Origin and Commit, captured") {
  const auto messages = wire::captured("origin");
  CHECK(Decoded<Origin>(messages[1]).value.name == "node-7");
  const Decoded<Begin> begin(messages[0]);
  const Decoded<Commit> commit(messages[4]);
  CHECK(commit.value.commit_lsn == begin.value.commit_lsn);
  CHECK(commit.value.end_lsn > commit.value.commit_lsn);
}

TEST_CASE("Relation, captured") {
  const Decoded<Relation> by_key(wire::captured("identities")[1]);
  CHECK(by_key.value.schema == "public");
  CHECK(by_key.value.name == "by_key");
  CHECK(by_key.value.identity == 'd');
  REQUIRE(by_key.value.columns.size() == 2);
  CHECK(by_key.value.columns[0].identity);
  CHECK(by_key.value.columns[0].name == "id");
  CHECK(by_key.value.columns[0].type == 23);
  CHECK(by_key.value.columns[0].typmod == -1);
  CHECK_FALSE(by_key.value.columns[1].identity);

  std::string identities;
  for (const std::string& message : wire::captured("identities")) {
    if (message.front() == 'R') identities += Decoded<Relation>(message).value.identity;
  }
  CHECK(identities == "diffn");

  const Decoded<Relation> typed(wire::captured("types")[8]);
  REQUIRE(typed.value.columns.size() == 11);
  CHECK(typed.value.columns[8].typmod == ((10 << 16 | 2) + 4));
  CHECK(typed.value.columns[9].typmod == 3);
}

TEST_CASE("Type, captured") {
  std::string types;
  for (const std::string& message : wire::captured("types")) {
    if (message.front() != 'Y') continue;
    const Decoded<Type> type(message);
    types += std::string(type.value.schema) + "." + std::string(type.value.name) + " ";
  }
  // A domain comes as its base type.
  CHECK(types ==
        "public.mood .numeric ._int4 public.pair public._mood public._price public._pair ");
}

TEST_CASE("rows under every replica identity, captured") {
  const auto messages = wire::captured("identities");
  std::vector<std::string> rows;
  for (const std::string& message : messages) {
    if (message.front() == 'I') rows.push_back("I " + cells(Decoded<Insert>(message).value.after));
    if (message.front() == 'U') {
      const Decoded<Update> update(message);
      rows.push_back("U " + cells(update.value.old) + "-> " + cells(update.value.after));
      CHECK((update.value.old_image == OldImage::none) == update.value.old.empty());
    }
    if (message.front() == 'D') {
      const Decoded<Delete> deletion(message);
      rows.push_back(std::string("D ") + static_cast<char>(deletion.value.old_image) + " " +
                     cells(deletion.value.old));
    }
  }
  CHECK(rows == std::vector<std::string>{"I t:1 t:one ", "I t:2 n ", "U -> t:1 t:uno ",
                                         "U t:1 n -> t:10 t:uno ", "D K t:10 n ", "I t:1 t:x n ",
                                         "U -> t:1 t:x t:5 ", "U n t:x n -> t:1 t:y t:5 ",
                                         "D K n t:y n ", "I n t:1 ", "U n t:1 -> t:one t:1 ",
                                         "U t:one t:1 -> t:one t:2 ", "D O t:one t:2 ", "I t:a ",
                                         "U t:a -> t:b ", "D O t:b ", "I t:1 t:only inserts "});
}

TEST_CASE("values that did not change are told from null, captured") {
  const auto messages = wire::captured("toast");
  const Decoded<Update> small(messages[3]);
  CHECK(small.value.old_image == OldImage::none);
  CHECK(cells(small.value.after) == "t:1 u t:b ");
  const Decoded<Update> with_row(messages[7]);
  CHECK(with_row.value.old_image == OldImage::full);
  CHECK(with_row.value.old[1].bytes == std::string(2100, 'y'));
  CHECK(cells(with_row.value.after) == "t:1 u t:b ");
  // A key that is stored outside the row is sent although it did not change.
  const Decoded<Update> key(messages[10]);
  CHECK(key.value.old_image == OldImage::key);
  CHECK(key.value.old[0].bytes == std::string(2100, 'z'));
  CHECK(cells(key.value.after) == "u t:b ");
}

TEST_CASE("Truncate, captured") {
  const auto messages = wire::captured("truncate");
  const Decoded<Truncate> one(messages[2]);
  CHECK(one.value.oids.size() == 1);
  CHECK_FALSE(one.value.cascade);
  CHECK_FALSE(one.value.restart_identity);
  const Decoded<Truncate> three(messages[10]);
  CHECK(three.value.oids.size() == 3);
  CHECK(three.value.cascade);
  CHECK(three.value.restart_identity);
}

TEST_CASE("Message, captured") {
  const auto messages = wire::captured("messages");
  const Decoded<LogicalMessage> alone(messages[0]);
  CHECK_FALSE(alone.value.transactional);
  CHECK(alone.value.prefix == "now");
  CHECK(alone.value.content == "at once");
  // The server names the end of the record, where this commit record begins.
  CHECK(alone.value.lsn == Decoded<Begin>(messages[1]).value.commit_lsn);
  const Decoded<LogicalMessage> inside(messages[8]);
  CHECK(inside.value.transactional);
  CHECK(inside.value.content == std::string_view("\0\xFF", 2));
}

TEST_CASE("the captured messages are of every type") {
  std::set<char> types;
  for (const char* name : wire::kCaptured) {
    for (const std::string& message : wire::captured(name)) types.insert(message.front());
  }
  CHECK(types == std::set<char>{'B', 'C', 'O', 'R', 'Y', 'I', 'U', 'D', 'T', 'M'});
}

TEST_CASE(
    "invariant 6: a message that is cut at any byte, or goes on, is an error with its place") {
  for (const char* name : wire::kCaptured) {
    CAPTURE(name);
    for (const std::string& message : wire::captured(name)) {
      REQUIRE(error_of(message).empty());
      std::size_t silent = 0;
      for (std::size_t size = 0; size < message.size(); ++size) {
        if (error_of(message.substr(0, size)).find(" at byte ") == std::string::npos) ++silent;
      }
      CHECK(silent == 0);
      CHECK(error_of(message + '\0').find("at byte " + std::to_string(message.size())) !=
            std::string::npos);
    }
  }
}

namespace {

/// The message of the protocol error of a message that stands inside or around a block.
std::string in_progress_error_of(std::string_view bytes, bool in_block) {
  const std::vector<char> copy = exactly(bytes);
  const std::string_view message(copy.data(), copy.size());
  try {
    if (message.empty() || is_control(message.front())) {
      decode_control(message);
    } else if (in_block) {
      const BlockMessage parts = split_block_message(message);
      std::string ordinary(1, parts.type);
      ordinary += parts.body;
      PgoutputDecoder().decode(ordinary);
    } else {
      PgoutputDecoder().decode(message);
    }
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::protocol);
    return error.message();
  }
  return "";
}

/// Where parallel mode's abort may end too, and be a whole one.
bool is_plain_abort(std::string_view message, std::size_t size) {
  return message.front() == 'A' && size == 9;
}

}  // namespace

TEST_CASE("control messages, captured") {
  std::string abort_sizes;
  std::set<char> types;
  for (const char* name : wire::kCapturedInProgress) {
    for (const std::string& message : wire::captured(name)) {
      types.insert(message.front());
      if (message.front() == 'A') abort_sizes += std::to_string(message.size()) + " ";
    }
  }
  CHECK(types == std::set<char>{'S', 'E', 'c', 'A', 'b', 'P', 'p', 'K', 'r', 'B', 'C', 'R', 'Y',
                                'I', 'U', 'D', 'T', 'M'});
  // Only parallel mode says where and when.
  CHECK(abort_sizes == "25 25 25 9 9 9 9 ");

  const auto prepared = wire::captured("prepared");
  const auto begin = std::get<BeginPrepare>(decode_control(prepared[0]));
  const auto end = std::get<Prepare>(decode_control(prepared[5]));
  CHECK(begin.gid == "pay-1");
  CHECK(begin.xid == end.xid);
  CHECK(begin.prepare_lsn == end.prepare_lsn);
  CHECK(begin.end_lsn == end.end_lsn);
  CHECK(begin.prepare_time == end.prepare_time);
  CHECK(begin.end_lsn > begin.prepare_lsn);
  const auto rollback = std::get<RollbackPrepared>(decode_control(prepared[13]));
  CHECK(rollback.gid == "pay-2");
  CHECK(rollback.end_lsn > rollback.prepare_end_lsn);
  const auto commit = std::get<CommitPrepared>(decode_control(prepared[14]));
  CHECK(commit.gid == "pay-1");
  CHECK(commit.xid == begin.xid);
  CHECK(commit.commit_lsn >= rollback.end_lsn);
  CHECK(commit.end_lsn > commit.commit_lsn);

  const auto streamed = wire::captured("streamed");
  const auto start = std::get<StreamStart>(decode_control(streamed[0]));
  CHECK(start.first);
  CHECK(split_block_message(streamed[1]).xid == start.xid);
  CHECK(split_block_message(streamed[3]).xid > start.xid);
}

TEST_CASE("invariant 6: cut anywhere, a message of protocols 2 to 4 is an error with its place") {
  for (const char* name : wire::kCapturedInProgress) {
    CAPTURE(name);
    bool in_block = false;
    for (const std::string& message : wire::captured(name)) {
      if (message.front() == 'S') in_block = true;
      if (message.front() == 'E') in_block = false;
      REQUIRE(in_progress_error_of(message, in_block).empty());
      std::size_t silent = 0;
      for (std::size_t size = 0; size < message.size(); ++size) {
        const std::string error = in_progress_error_of(message.substr(0, size), in_block);
        if (error.find(" at byte ") == std::string::npos && !is_plain_abort(message, size)) {
          ++silent;
        }
      }
      CHECK(silent == 0);
      CHECK(in_progress_error_of(message + '\0', in_block).find(" at byte ") != std::string::npos);
    }
  }
}

TEST_CASE("inside a block stand only rows and what they need") {
  for (const char type : std::string_view("BCbPpKrSEcAx")) {
    CHECK_THROWS_AS(split_block_message(std::string(1, type) + "1234rest"), Error);
  }
  CHECK_THROWS_AS(split_block_message(""), Error);
  CHECK_THROWS_AS(split_block_message("I123"), Error);
  // An origin has no xid.
  CHECK(split_block_message("Oabc").xid == 0);
  CHECK(split_block_message("Oabc").body == "abc");
}

TEST_CASE("invariant 5: an error of decoding holds no value") {
  const std::string row = wire::insert(16384, {"very secret", "another"});
  for (std::size_t size = 1; size < row.size(); ++size) {
    const std::string message = error_of(row.substr(0, size));
    CHECK(message.find("secret") == std::string::npos);
    CHECK(message.starts_with("cannot decode a pgoutput message of type 'I' ("));
  }
}

TEST_CASE("invariant 6: a type that is not known is an error") {
  for (int type = 0; type < 256; ++type) {
    if (std::string_view("BCORYIUDTM").find(static_cast<char>(type)) != std::string_view::npos) {
      continue;
    }
    const std::string message = error_of(std::string(1, static_cast<char>(type)) + "rest");
    CHECK(message.starts_with("pgoutput sent a message of unknown type '"));
  }
  CHECK(error_of("S").find("'S' (1 bytes)") != std::string::npos);
  CHECK(error_of(std::string(1, '\x07')).find("'\\x07'") != std::string::npos);
  CHECK(error_of("") == "pgoutput sent an empty message at byte 0");
}

TEST_CASE("counts and lengths beyond the end cost no memory and are errors") {
  using wire::number;
  using wire::text;
  const std::string huge = number(0xFFFFFFFF, 4);
  // A tuple of 65535 cells, a cell of 4 GB, a relation of 65535 columns, 2^32 - 1 tables.
  CHECK_FALSE(error_of("I" + number(1, 4) + "N" + number(0xFFFF, 2) + "n").empty());
  CHECK_FALSE(error_of("I" + number(1, 4) + "N" + number(1, 2) + "t" + huge + "x").empty());
  CHECK_FALSE(error_of("I" + number(1, 4) + "N" + number(1, 2) + "b" + huge + "x").empty());
  CHECK_FALSE(
      error_of("R" + number(1, 4) + text("s") + text("t") + "d" + number(0xFFFF, 2) + "x").empty());
  CHECK_FALSE(error_of("T" + huge + number(0, 1) + number(1, 4)).empty());
  CHECK_FALSE(error_of("M" + number(0, 1) + number(1, 8) + text("p") + huge + "x").empty());
  // Counts that say less than there is.
  CHECK_FALSE(error_of("I" + number(1, 4) + "N" + number(1, 2) + "nn").empty());
  CHECK_FALSE(error_of("T" + number(1, 4) + number(0, 1) + number(1, 4) + number(2, 4)).empty());
}

TEST_CASE("markers that are none are errors") {
  using wire::number;
  CHECK_FALSE(error_of("I" + number(1, 4) + "K" + number(0, 2)).empty());
  CHECK_FALSE(error_of("U" + number(1, 4) + "X" + number(0, 2) + "N" + number(0, 2)).empty());
  CHECK_FALSE(error_of("U" + number(1, 4) + "K" + number(0, 2) + "K" + number(0, 2)).empty());
  CHECK_FALSE(error_of("D" + number(1, 4) + "N" + number(0, 2)).empty());
  CHECK_FALSE(error_of("I" + number(1, 4) + "N" + number(1, 2) + "x").empty());
}

TEST_CASE("an empty row and an empty text are what they are") {
  CHECK(Decoded<Insert>(wire::insert(1, {})).value.after.empty());
  const Decoded<Insert> one(wire::insert(1, {""}));
  CHECK(one.value.after[0].kind == 't');
  CHECK(one.value.after[0].bytes.empty());
}

TEST_CASE("a decoder keeps nothing of the message before") {
  PgoutputDecoder decoder;
  const std::string wide = wire::update(1, 'O', {"a", "b", "c"}, {"d", "e", "f"});
  const std::string narrow = wire::update(2, {"g"});
  decoder.decode(wide);
  CHECK_THROWS_AS(decoder.decode(wide.substr(0, wide.size() - 1)), Error);
  const auto update = std::get<Update>(decoder.decode(narrow));
  CHECK(update.old_image == OldImage::none);
  CHECK(update.old.empty());
  CHECK(cells(update.after) == "t:g ");
}

TEST_CASE("times count from 2000, and no value overflows") {
  CHECK(from_postgres_time(0) == kPostgresEpoch);
  CHECK(format_utc(from_postgres_time(0)) == "2000-01-01T00:00:00.000000Z");
  CHECK(from_postgres_time(static_cast<std::uint64_t>(-kPostgresEpoch)) == 0);
  CHECK(from_postgres_time(std::numeric_limits<std::int64_t>::max()) < 0);
}
