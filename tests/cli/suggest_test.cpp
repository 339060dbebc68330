#include "cli/suggest.hpp"

#include <doctest/doctest.h>

namespace cdcctl {

TEST_CASE("edit distance counts insertions, deletions, changes and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("slot", "slot") == 0);
  CHECK(edit_distance("slt", "slot") == 1);
  CHECK(edit_distance("slott", "slot") == 1);
  CHECK(edit_distance("slat", "slot") == 1);
  CHECK(edit_distance("solt", "slot") == 1);
  CHECK(edit_distance("", "abc") == 3);
}

TEST_CASE("the nearest candidate is suggested, or none") {
  const std::vector<std::string> flags = {"--slot", "--tables", "--checkpoint", "--until"};
  CHECK(nearest("--solt", flags) == "--slot");
  CHECK(nearest("--check", flags) == "--checkpoint");
  CHECK(nearest("--tabels", flags) == "--tables");
  CHECK_FALSE(nearest("--frobnicate", flags));
  CHECK_FALSE(nearest("x", {"ab"}));
  CHECK_FALSE(nearest("x", {}));
}

}  // namespace cdcctl
