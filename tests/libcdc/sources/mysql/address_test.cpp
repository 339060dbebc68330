#include "libcdc/sources/mysql/address.hpp"

#include <doctest/doctest.h>

#include <string>

#include "libcdc/base/error.hpp"
#include "tests/libcdc/base/thrown.hpp"

using namespace cdc;
using namespace cdc::mysql;

namespace {

Address parse(const std::string& conninfo) {
  ConnectionSettings settings;
  settings.conninfo = conninfo;
  return parse_address(settings);
}

}  // namespace

TEST_CASE("a URI names everything") {
  const Address address = parse("mysql://app:se%3Acret@db1:3307/shop");
  CHECK(address.user == "app");
  CHECK(address.password == "se:cret");
  CHECK(address.host == "db1");
  CHECK(address.port == 3307);
  CHECK(address.database == "shop");
  CHECK(address.socket.empty());
  CHECK_FALSE(address.local);
  CHECK(address.describe() == "host 'db1', port 3307");
}

TEST_CASE("what a URI leaves out is left to the library") {
  CHECK(parse("mariadb://db1").host == "db1");
  CHECK(parse("mysql://db1").port == 0);
  CHECK(parse("mysql://db1").describe() == "host 'db1', port 3306");
  CHECK(parse("mysql://app@/shop").host.empty());
  CHECK(parse("").describe() == "the default socket");
  CHECK(parse("mysql://localhost").describe() == "the default socket");
  CHECK(parse("mysql://localhost:3306").describe() == "host 'localhost', port 3306");
}

TEST_CASE("sockets, IPv6 and names that need encoding") {
  CHECK(parse("mysql://root@/shop?socket=/run/my%20sql.sock").socket == "/run/my sql.sock");
  CHECK(parse("mysql://root@/shop?socket=/run/s").describe() == "socket '/run/s'");
  CHECK(parse("mysql://root@%2Frun%2Fs/shop").socket == "/run/s");
  const Address six = parse("mysql://root@[2001:db8::1]:3310/shop");
  CHECK(six.host == "2001:db8::1");
  CHECK(six.port == 3310);
  CHECK(parse("mysql://a%40b@h").user == "a@b");
  CHECK(parse("mysql://u@h/d%C3%A4").database == "d\xC3\xA4");
}

TEST_CASE("what needs no TLS is this machine only") {
  for (const char* local : {"", "mysql://localhost", "mysql://127.0.0.1", "mysql://127.9.9.9:1",
                            "mysql://[::1]", "mysql://u@/?socket=/s"}) {
    CAPTURE(local);
    CHECK(parse(local).local);
  }
  for (const char* far : {"mysql://db1", "mysql://10.0.0.1", "mysql://[2001:db8::1]"}) {
    CAPTURE(far);
    CHECK_FALSE(parse(far).local);
  }
}

TEST_CASE("single settings stand above the URI") {
  ConnectionSettings settings;
  settings.conninfo = "mysql://app@db1:3307/shop";
  settings.host = "/run/mysqld/mysqld.sock";
  settings.user = "root";
  settings.database = "other";
  const Address address = parse_address(settings);
  CHECK(address.socket == "/run/mysqld/mysqld.sock");
  CHECK(address.host.empty());
  CHECK(address.user == "root");
  CHECK(address.database == "other");
  CHECK(address.local);
  settings.port = "70000";
  CHECK(test::thrown_by([&] { parse_address(settings); }).fault() == Fault::usage);
}

TEST_CASE("a bad URI is a usage error that does not repeat it") {
  for (const char* bad :
       {"db1", "postgresql://app:geheim@db1", "mysql:/app:geheim@db1", "mysql://app:geheim@db1:x",
        "mysql://app:geheim@db1:0", "mysql://app:geheim@db1:65536", "mysql://app:geheim@[::1",
        "mysql://app:geheim%@db1", "mysql://app:geheim%2@db1", "mysql://app:geheim%zz@db1",
        "mysql://app:geheim@db1/shop?ssl=1"}) {
    CAPTURE(bad);
    const Error error = test::thrown_by([&] { parse(bad); });
    CHECK(error.fault() == Fault::usage);
    CHECK_FALSE(error.hint().empty());
    CHECK(error.message().find("geheim") == std::string::npos);
    CHECK(error.hint().find("geheim") == std::string::npos);
  }
}
