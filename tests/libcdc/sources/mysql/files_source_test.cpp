#include "libcdc/sources/mysql/files_source.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "libcdc/base/error.hpp"
#include "tests/libcdc/base/temporary_directory.hpp"
#include "tests/libcdc/base/thrown.hpp"
#include "tests/libcdc/sources/mysql/captured.hpp"
#include "tests/libcdc/sources/mysql/replayed.hpp"

using namespace cdc;
using namespace cdc::mysql;
using test::TemporaryDirectory;
using test::thrown_by;

namespace {

std::string magic() {
  return "\xfe"
         "bin";
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Copies of captured files with the names that a server gives.
std::vector<std::string> copies(const TemporaryDirectory& directory,
                                const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    paths.push_back(directory / ("log." + std::to_string(paths.size() + 1)));
    std::filesystem::copy_file(wire::binlog_path(name), paths.back());
  }
  return paths;
}

/// Reads files to their end.
struct Reading {
  explicit Reading(std::vector<std::string> files, Flavor flavor = Flavor::mysql)
      : log([this](const LogRecord& record) { said.push_back(record.message); }) {
    request.log = &log;
    request.stop = &stop;
    request.selection.ops = OpSet().with(Op::insert).with(Op::update).with(Op::remove);
    options.flavor = flavor;
    options.files = std::move(files);
    options.on_mismatch = SchemaMismatch::warn;
  }

  void read(const std::string& from = "") {
    FilesSource source(request, options);
    source.start({from, std::nullopt});
    Batch batch;
    Next next;
    do {
      batch.reset();
      next = source.poll(batch);
      for (const Change& change : batch.changes()) {
        positions.emplace_back(change.transaction->position);
      }
      for (const Boundary& boundary : batch.boundaries()) last = boundary.resume;
    } while (next.kind != Next::Kind::end);
    CHECK(source.bytes_behind() == 0);
    CHECK(source.wait_fd() == -1);
    batch.reset();
    CHECK(source.poll(batch).kind == Next::Kind::end);
  }

  std::vector<std::string> said;
  std::vector<std::string> positions;  ///< of every change
  std::string last;                    ///< resume position
  Log log;
  Stop stop;
  SourceRequest request;
  MysqlOptions options;
};

}  // namespace

TEST_CASE("files are read one after the other, over their rotations") {
  for (const char* flavor : {"mysql", "mariadb"}) {
    CAPTURE(flavor);
    const std::string name = std::string(flavor) + "/rotation";
    const TemporaryDirectory directory;
    Reading reading(copies(directory, {name, name + ".2", name + ".3"}),
                    name.starts_with("mysql") ? Flavor::mysql : Flavor::mariadb);
    reading.read();
    CHECK(reading.said.empty());
    REQUIRE_FALSE(reading.positions.empty());
    // A second look from the place of the last transaction shows that one alone.
    Reading rest(reading.options.files, reading.options.flavor);
    rest.read(reading.positions.back());
    REQUIRE_FALSE(rest.positions.empty());
    CHECK(rest.positions.front() == reading.positions.back());
    Reading none(reading.options.files, reading.options.flavor);
    none.read(reading.last);
    CHECK(none.positions.empty());
  }
}

TEST_CASE("a file that is left out is told") {
  const TemporaryDirectory directory;
  auto files = copies(directory, {"mysql/rotation", "mysql/rotation.2", "mysql/rotation.3"});
  files.erase(files.begin() + 1);
  Reading reading(files);
  reading.read();
  REQUIRE(reading.said.size() == 1);
  CHECK(reading.said.front().find("log.3 does not come behind ") == 0);
}

TEST_CASE("a file that ends too early is cut off, unless its server has not closed it") {
  const TemporaryDirectory directory;
  const auto files = copies(directory, {"mysql/integers"});
  const auto size = std::filesystem::file_size(files.front());
  for (const std::uintmax_t cut : {1U, 18U, 19U, 30U}) {
    CAPTURE(cut);
    std::filesystem::copy_file(wire::binlog_path("mysql/integers"), files.front(),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(files.front(), size - cut);
    const Error error = thrown_by([&] { Reading(files).read(); });
    CHECK(error.fault() == Fault::protocol);
    CHECK(error.message().find("log.1:") != std::string::npos);
    // The in-use flag is in the first event's header, and no part of its checksum.
    std::fstream file(files.front(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4 + 17);
    file.put(1);
    file.close();
    Reading live(files);
    live.read();
    REQUIRE(live.said.size() == 1);
    CHECK(live.said.front().find("still written") != std::string::npos);
  }
}

TEST_CASE("a damaged event is named with its place") {
  const TemporaryDirectory directory;
  const auto files = copies(directory, {"mysql/integers"});
  std::fstream file(files.front(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(700);
  const char byte = static_cast<char>(file.get() ^ 0x40);
  file.seekp(700);
  file.put(byte);
  file.close();
  const Error error = thrown_by([&] { Reading(files).read(); });
  CHECK(error.fault() == Fault::protocol);
  CHECK(error.message().find("log.1:") != std::string::npos);
}

TEST_CASE("what stands before the damage is shown") {
  const TemporaryDirectory directory;
  const auto files = copies(directory, {"mysql/integers"});
  Reading whole(files);
  whole.read();
  // The last event is a ROTATE: only a name is in it.
  std::filesystem::resize_file(files.front(), std::filesystem::file_size(files.front()) - 1);
  Reading cut(files);
  CHECK(thrown_by([&] { cut.read(); }).fault() == Fault::protocol);
  CHECK(cut.positions == whole.positions);
}

TEST_CASE("an event's own length is not believed") {
  const TemporaryDirectory directory;
  for (const std::uint32_t size : {0U, 5U, 18U, 0xFFFFFFFFU}) {
    CAPTURE(size);
    std::string event = wire::event(EventType::rand, "12345678");
    event.replace(9, 4, wire::number(size, 4));
    write(directory / "log.1", magic() + wire::captured("mysql_no_checksum").front() + event);
    CHECK(thrown_by([&] { Reading({directory / "log.1"}).read(); }).fault() == Fault::protocol);
  }
}

TEST_CASE("encrypted files are refused in words") {
  const TemporaryDirectory directory;
  write(directory / "log.1",
        "\xfd"
        "bin...");
  const Error whole = thrown_by([&] { Reading({directory / "log.1"}).read(); });
  CHECK(whole.fault() == Fault::refused);
  CHECK(whole.message().find("encrypted") != std::string::npos);
  write(directory / "log.1",
        magic() + wire::captured("mariadb_no_checksum").front() +
            wire::event(EventType::mariadb_start_encryption, std::string(17, '\1')) +
            "bytes that nobody can read");
  const Error inner = thrown_by([&] { Reading({directory / "log.1"}, Flavor::mariadb).read(); });
  CHECK(inner.fault() == Fault::refused);
  CHECK(inner.message().find("encrypted") != std::string::npos);
  CHECK_FALSE(inner.hint().empty());
}

TEST_CASE("what is no binlog, or one of the other flavour, is said before anything is shown") {
  const TemporaryDirectory directory;
  CHECK(thrown_by([&] { Reading({directory / "log.1"}).read(); }).fault() == Fault::usage);
  write(directory / "log.1", "");
  CHECK(thrown_by([&] { Reading({directory / "log.1"}).read(); }).fault() == Fault::usage);
  write(directory / "log.1", "SQLite format 3");
  CHECK(thrown_by([&] { Reading({directory / "log.1"}).read(); }).fault() == Fault::usage);
  write(directory / "log.1", magic());
  CHECK(thrown_by([&] { Reading({directory / "log.1"}).read(); }).fault() == Fault::protocol);
  const auto files = copies(directory, {});
  std::filesystem::copy_file(wire::binlog_path("mariadb/integers"), directory / "log.2");
  const Error other = thrown_by([&] { Reading({directory / "log.2"}).read(); });
  CHECK(other.fault() == Fault::refused);
  CHECK(other.hint().find("tail mariadb") != std::string::npos);
}

TEST_CASE("a set of GTIDs is passed over, and must reach up to the files") {
  const TemporaryDirectory directory;
  const auto files = copies(directory, {"mysql/rotation", "mysql/rotation.2"});
  Reading all(files);
  all.read();
  const std::size_t blank = all.last.find(' ');
  REQUIRE(blank != std::string::npos);
  Reading none(files);
  none.read(all.last.substr(blank + 1));
  CHECK(none.positions.empty());
  const std::string other = "22222222-2222-2222-2222-222222222222:1-5";
  Reading everything(files);
  everything.read(other);
  CHECK(everything.positions == all.positions);
  const Error late = thrown_by([&] { Reading({files[1]}).read(other); });
  CHECK(late.fault() == Fault::state);
  CHECK(late.message().find("begin too late") != std::string::npos);
}

TEST_CASE("a place must be one of the files, and an event's") {
  const TemporaryDirectory directory;
  const auto files = copies(directory, {"mysql/integers"});
  for (const char* place : {"log.2:4", "log.1:5", "log.1:99999999"}) {
    CAPTURE(place);
    const Error error = thrown_by([&] { Reading(files).read(place); });
    CHECK(error.fault() == Fault::state);
    CHECK_FALSE(error.hint().empty());
  }
}
