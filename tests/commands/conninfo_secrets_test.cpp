#include "commands/conninfo_secrets.hpp"

#include <doctest/doctest.h>

namespace cdcctl {
namespace {

/// What remains of a connection string, and the password that was in it ("-" for none).
std::pair<std::string, std::string> taken(std::string conninfo) {
  const auto password = take_password(conninfo);
  return {conninfo, password ? password->reveal() : "-"};
}

using Taken = std::pair<std::string, std::string>;

}  // namespace

TEST_CASE("a URI gives its password, decoded") {
  CHECK(taken("postgresql://u:pw@h/db") == Taken("postgresql://u@h/db", "pw"));
  CHECK(taken("postgresql://u:p%40%2fw@h:5432") == Taken("postgresql://u@h:5432", "p@/w"));
  CHECK(taken("postgresql://u:a@b@h/db") == Taken("postgresql://u@h/db", "a@b"));
  CHECK(taken("postgresql://u:a/b?c@h/db?x=1") == Taken("postgresql://u:a/b?c@h/db?x=1", "-"));
  CHECK(taken("postgresql://u:a/b@h/db") == Taken("postgresql://u@h/db", "a/b"));
  CHECK(taken("mysql://u:100%@h") == Taken("mysql://u@h", "100%"));
  CHECK(taken("postgresql://u:@h/db") == Taken("postgresql://u@h/db", "-"));
}

TEST_CASE("a URI without a password stays as it is") {
  for (const std::string uri :
       {"postgresql://u@h:5432/db", "postgresql://h:5432/db?application_name=a@b",
        "postgresql:///db?host=/tmp", "postgresql://h1:1,h2:2/db",
        "postgresql://u@[::1]:5432/db"}) {
    CHECK(taken(uri) == Taken(uri, "-"));
  }
}

TEST_CASE("the query of a URI may hold it") {
  CHECK(taken("postgresql://h/db?password=pw") == Taken("postgresql://h/db", "pw"));
  CHECK(taken("postgresql://h/db?password=pw&sslmode=require") ==
        Taken("postgresql://h/db?sslmode=require", "pw"));
  CHECK(taken("postgresql://h/db?user=u&password=p%20w&port=1") ==
        Taken("postgresql://h/db?user=u&port=1", "p w"));
  CHECK(taken("postgresql://u:one@h/db?password=two") == Taken("postgresql://u@h/db", "two"));
}

TEST_CASE("a conninfo gives its password, unquoted") {
  CHECK(taken("host=h password=pw user=u") == Taken("host=h user=u", "pw"));
  CHECK(taken("password=pw") == Taken("", "pw"));
  CHECK(taken("password=pw host=h") == Taken("host=h", "pw"));
  CHECK(taken("host=h password='p \\' w'") == Taken("host=h", "p ' w"));
  CHECK(taken("host = h  password = pw") == Taken("host = h ", "pw"));
  CHECK(taken("host=h options='-c x=password=no'") ==
        Taken("host=h options='-c x=password=no'", "-"));
  CHECK(taken("host=h password='unclosed") == Taken("host=h", "unclosed"));
}

TEST_CASE("redact hides every password, that of the key as well") {
  CHECK(redact("postgresql://u:pw@h/db?password=x") == "postgresql://u:***@h/db?password=***");
  CHECK(redact("host=h password='p w' sslpassword=k") == "host=h password='***' sslpassword=***");
  CHECK(redact("--slot: 'x' is not one") == "--slot: 'x' is not one");
  CHECK(redact("") == "");
}

TEST_CASE("a sentence loses the passwords of the connection strings in it") {
  CHECK(redact_sentence("--stats: 'postgresql://u:s3cret@h/db' is not a duration such as 1s") ==
        "--stats: 'postgresql://u:***@h/db' is not a duration such as 1s");
  CHECK(redact_sentence("'host=h password=s3cret' is not a size") ==
        "'host=h password=***' is not a size");
  CHECK(redact_sentence("'postgres://h/db?sslpassword=s3cret' names no slot") ==
        "'postgres://h/db?sslpassword=***' names no slot");
  const char* const plain = "write postgresql://user@host:5432/database or 'host=... user=...'";
  CHECK(redact_sentence(plain) == plain);
}

}  // namespace cdcctl
