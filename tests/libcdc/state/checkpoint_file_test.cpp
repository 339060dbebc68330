#include "libcdc/state/checkpoint_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "libcdc/base/file.hpp"
#include "tests/libcdc/base/temporary_directory.hpp"
#include "tests/libcdc/base/thrown.hpp"

using cdc::Checkpoint;
using cdc::CheckpointFile;
using cdc::Fault;
using cdc::test::TemporaryDirectory;
using cdc::test::thrown_by;

namespace {

Checkpoint checkpoint_at(std::uint64_t lsn, const std::string& source_type = "postgres") {
  Checkpoint checkpoint;
  checkpoint.source_type = source_type;
  checkpoint.offset = {{"lsn", lsn}, {"slot_name", "orders"}};
  return checkpoint;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

std::size_t files_in(const std::string& directory) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    count += entry.exists() ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("where nothing is remembered there is nothing") {
  const TemporaryDirectory directory;
  const CheckpointFile file(directory.path(), "postgres");
  CHECK(file.path() == directory / "checkpoint_postgres.json");
  CHECK_FALSE(file.load().has_value());
  CHECK_FALSE(file.keep_copy("bak").has_value());
}

TEST_CASE("what is saved is loaded, the file is private and alone") {
  const TemporaryDirectory directory;
  const CheckpointFile file(directory.path(), "postgres");
  file.save(checkpoint_at(1));
  file.save(checkpoint_at(2));
  REQUIRE(file.load().has_value());
  CHECK(file.load()->offset["lsn"] == 2);
  CHECK(mode_of(file.path()) == 0600);
  CHECK(files_in(directory.path()) == 1);
}

TEST_CASE("wider permissions are refused, with the chmod") {
  const TemporaryDirectory directory;
  const CheckpointFile file(directory.path(), "postgres");
  file.save(checkpoint_at(1));
  for (const mode_t mode : {0644U, 0640U, 0601U, 0620U, 0700U}) {
    REQUIRE(::chmod(file.path().c_str(), mode) == 0);
    const cdc::Error error = thrown_by([&] { file.load(); });
    CHECK(error.fault() == Fault::state);
    CHECK(error.message().find(file.path()) != std::string::npos);
    CHECK(error.hint().find("chmod 600 '" + file.path() + "'") != std::string::npos);
  }
  REQUIRE(::chmod(file.path().c_str(), 0644) == 0);
  CHECK(thrown_by([&] { file.load(); }).message() ==
        "checkpoint file '" + file.path() +
            "' has permissions 0644, wider than 0600: others could have changed it");
  REQUIRE(::chmod(file.path().c_str(), 0400) == 0);
  CHECK(file.load().has_value());
}

TEST_CASE("another source's checkpoint in the directory is refused") {
  const TemporaryDirectory directory;
  CheckpointFile(directory.path(), "mysql").save(checkpoint_at(1, "mysql"));
  const CheckpointFile file(directory.path(), "postgres");
  const cdc::Error other = thrown_by([&] { file.load(); });
  CHECK(other.fault() == Fault::state);
  CHECK(other.message() == "directory '" + directory.path() +
                               "' holds the checkpoint of a mysql source, not of postgres");
  file.save(checkpoint_at(1));
  const cdc::Error mixed = thrown_by([&] { file.load(); });
  CHECK(mixed.fault() == Fault::state);
  CHECK(mixed.message() == "mixed checkpoint source families found in directory '" +
                               directory.path() + "': mysql, postgres");
  CHECK(mixed.hint() == "use a dedicated checkpoint directory per source family");
}

TEST_CASE("a file whose content is of another source is refused") {
  const TemporaryDirectory directory;
  const CheckpointFile file(directory.path(), "postgres");
  file.save(checkpoint_at(1, "mysql"));
  CHECK(thrown_by([&] { file.load(); }).fault() == Fault::state);
}

TEST_CASE("a damaged file is a state error that names it") {
  const TemporaryDirectory directory;
  const CheckpointFile file(directory.path(), "postgres");
  cdc::write_file_atomic(file.path(), "", 0600);
  CHECK(thrown_by([&] { file.load(); }).message() ==
        "checkpoint file '" + file.path() + "' is empty");
}

TEST_CASE("a copy keeps the bytes, and never replaces an earlier copy") {
  const TemporaryDirectory directory;
  const CheckpointFile file(directory.path(), "postgres");
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    const std::string content = "not even JSON " + std::to_string(i);
    cdc::write_file_atomic(file.path(), content, 0644);
    const auto name = file.keep_copy("corrupt");
    REQUIRE(name.has_value());
    CHECK(name->starts_with(file.path() + ".corrupt.20"));
    CHECK(cdc::read_file(*name) == content);
    CHECK(mode_of(*name) == 0600);
    names.push_back(*name);
  }
  CHECK(names[0] != names[1]);
  CHECK(cdc::read_file(names[0]) == "not even JSON 0");
  CHECK(files_in(directory.path()) == 4);
}

TEST_CASE("snapshots, copies and leases are not checkpoints of a source") {
  const TemporaryDirectory directory;
  for (const char* name :
       {"checkpoint_postgres.json", "checkpoint_mysql.json", "checkpoint_postgres_snapshot.json",
        "checkpoint_postgres.json.bak.20261120T080000Z", "checkpoint_.json",
        "checkpoint_x.json.tmp", ".rustcdc_checkpoint.owner", "other.json"}) {
    cdc::write_file_atomic(directory / name, "", 0600);
  }
  CHECK(cdc::checkpoint_types(directory.path()) == std::vector<std::string>{"mysql", "postgres"});
}

TEST_CASE("a directory that cannot be read is a state error") {
  const TemporaryDirectory directory;
  const cdc::Error error = thrown_by([&] { cdc::checkpoint_types(directory / "none"); });
  CHECK(error.fault() == Fault::state);
  CHECK(error.message() == "cannot read the checkpoint directory '" + (directory / "none") +
                               "': No such file or directory");
}

TEST_CASE("the directory is made private, once") {
  const TemporaryDirectory directory;
  cdc::make_checkpoint_directory(directory / "state");
  CHECK(mode_of(directory / "state") == 0700);
  cdc::make_checkpoint_directory(directory / "state");
  cdc::make_checkpoint_directory((directory / "other") + "/");
  cdc::write_file_atomic(directory / "file", "", 0600);
  CHECK(thrown_by([&] { cdc::make_checkpoint_directory(directory / "file"); }).fault() ==
        Fault::usage);
  CHECK(thrown_by([&] { cdc::make_checkpoint_directory(directory / "no/parent"); }).fault() ==
        Fault::output);
}
