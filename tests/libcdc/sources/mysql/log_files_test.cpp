#include "libcdc/sources/mysql/log_files.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cdc;
using namespace cdc::mysql;

namespace {

const std::vector<LogFile> kFiles = {
    {"b.000008", 100}, {"b.000009", 200}, {"b.000010", 300}, {"b.000011", 400}};

/// No file is to be read.
const ConnectionSettings kSettings;
const cdc::Log kLog;
const Stop kStop;
const LogHeads kHeads(kSettings, kLog, kStop);

std::optional<LogNeed> need(const std::string& position, const std::string& begun = "") {
  ResumePoint point{position, std::nullopt};
  if (!begun.empty()) point.in_transaction = ChangePosition{begun, 3};
  return find_need(kFiles, point, false, kHeads);
}

}  // namespace

TEST_CASE("the last file that fits is found without asking for all") {
  for (std::size_t fitting = 0; fitting <= kFiles.size(); ++fitting) {
    CAPTURE(fitting);
    int asked = 0;
    const auto fits = [&](const std::string& file) {
      ++asked;
      return fitting != 0 && file <= kFiles[fitting - 1].name;
    };
    const auto found = find_last(kFiles, fits);
    CHECK(found == (fitting == 0 ? std::nullopt : std::optional(fitting - 1)));
    CHECK(asked <= 3);
  }
  CHECK(find_last({}, [](const std::string&) { return true; }) == std::nullopt);
}

TEST_CASE("a place needs its file and all behind it") {
  const auto found = need("b.000009:150");
  REQUIRE(found);
  CHECK(found->file == 1);
  CHECK(found->exact);
  CHECK(bytes_from(kFiles, *found) == 50 + 300 + 400);
  CHECK(bytes_from(kFiles, *need("b.000011:400")) == 0);
  CHECK(bytes_from(kFiles, *need("b.000008:4")) == 996);
}

TEST_CASE("a transaction that was begun is needed from its own beginning") {
  CHECK(need("b.000010:4", "b.000009:150")->file == 1);
  CHECK(need("b.000009:150", "b.000010:4")->file == 1);
  CHECK(need("b.000009:150", "b.000009:90")->offset == 90);
  CHECK_FALSE(need("b.000010:4", "b.000007:150"));
}

TEST_CASE("what is gone, or was never there, is not needed but missed") {
  CHECK_FALSE(need("b.000007:4"));
  CHECK_FALSE(need("c.000009:4"));
  CHECK_FALSE(need("b.000009:201"));
}
