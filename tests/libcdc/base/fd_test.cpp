#include "libcdc/base/fd.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <utility>

using cdc::Fd;

namespace {

Fd open_null() {
  return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}
bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

}  // namespace

TEST_CASE("a descriptor is closed with its owner") {
  int number = -1;
  {
    const Fd fd = open_null();
    REQUIRE(fd);
    number = fd.get();
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("a move hands the descriptor over and closes what was there") {
  Fd first = open_null();
  Fd second = open_null();
  const int first_number = first.get();
  const int second_number = second.get();
  second = std::move(first);
  CHECK(second.get() == first_number);
  CHECK_FALSE(is_open(second_number));
  Fd third(std::move(second));
  CHECK_FALSE(static_cast<bool>(second));
  CHECK(third.get() == first_number);
}

TEST_CASE("a released descriptor stays open") {
  Fd fd = open_null();
  const int number = fd.release();
  CHECK_FALSE(static_cast<bool>(fd));
  CHECK(is_open(number));
  ::close(number);
}
