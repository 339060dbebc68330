#include "libcdc/base/text_buffer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using cdc::TextBuffer;

TEST_CASE("texts of every short length are copied, and nothing beside them") {
  const std::string source = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (std::size_t count = 0; count <= source.size(); ++count) {
    CAPTURE(count);
    std::string target(source.size() + 2, '.');
    cdc::copy_text(target.data() + 1, source.data(), count);
    CHECK(target == "." + source.substr(0, count) + std::string(source.size() + 1 - count, '.'));
  }
}

TEST_CASE("a buffer grows and keeps what it has") {
  TextBuffer buffer("begin");
  std::string expected = "begin";
  for (int i = 0; i < 1000; ++i) {
    buffer += std::to_string(i);
    buffer += ' ';
    buffer.append(3, '-');
    expected += std::to_string(i) + " ---";
  }
  CHECK(buffer.view() == expected);
  CHECK(buffer.size() == expected.size());
}

TEST_CASE("what is written into the room counts once the end is told") {
  TextBuffer buffer("a");
  char* to = buffer.room(2);
  to[0] = 'b';
  CHECK(buffer.view() == "a");
  buffer.end_at(to + 1);
  CHECK(buffer.view() == "ab");
}

TEST_CASE("the front is dropped, and clear keeps the memory") {
  TextBuffer buffer("abcdef");
  buffer.drop_front(2);
  CHECK(buffer.view() == "cdef");
  buffer.drop_front(4);
  CHECK(buffer.empty());
  const std::size_t capacity = buffer.capacity();
  buffer.clear();
  CHECK(buffer.capacity() == capacity);
  CHECK(TextBuffer().view().empty());
}
