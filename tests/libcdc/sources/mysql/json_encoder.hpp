#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Writes JSON documents in MySQL's binary form, after its description in json_binary.hpp.
namespace cdc::mysql::json_encoder {

/// One value: its type, its bytes, and the text that the server would print.
struct Encoded {
  std::uint8_t type = 0;
  std::string body;
  std::string text;
};

using Members = std::vector<std::pair<std::string, Encoded>>;

inline std::string number(std::uint64_t value, std::size_t width) {
  std::string bytes;
  for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

inline std::string length(std::size_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7U) bytes += static_cast<char>(0x80U | (value & 0x7FU));
  return bytes + static_cast<char>(value);
}

inline Encoded literal(std::uint8_t which) {
  constexpr const char* kTexts[] = {"null", "true", "false"};
  return {4, number(which, 1), kTexts[which]};
}

/// In the smallest type that holds it.
inline Encoded integer(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  const std::string text = std::to_string(value);
  if (value == static_cast<std::int16_t>(value)) return {5, number(bits, 2), text};
  if (value == static_cast<std::int32_t>(value)) return {7, number(bits, 4), text};
  return {9, number(bits, 8), text};
}

/// `text` must need no escapes.
inline Encoded string(const std::string& text) {
  return {12, length(text.size()) + text, '"' + text + '"'};
}

inline Encoded real(double value, std::string text) {
  return {11, number(std::bit_cast<std::uint64_t>(value), 8), std::move(text)};
}

inline Encoded opaque(std::uint8_t type, const std::string& data, std::string text) {
  return {15, number(type, 1) + length(data.size()) + data, std::move(text)};
}

enum class Size : std::uint8_t { fit, large };

class Container {
 public:
  Container(const Members& members, bool object, bool large)
      : members_(members), object_(object), width_(large ? 4 : 2) {}

  std::string bytes() const {
    std::string keys;
    std::string values;
    std::string data;
    const std::size_t entries = (object_ ? width_ + 2 : 0) + 1 + width_;
    const std::size_t start = 2 * width_ + members_.size() * entries;
    for (const auto& [key, value] : members_) {
      if (!object_) continue;
      keys += number(start + data.size(), width_) + number(key.size(), 2);
      data += key;
    }
    for (const auto& [key, value] : members_) {
      values += static_cast<char>(value.type);
      if (is_inlined(value.type)) {
        values += value.body + std::string(width_ - value.body.size(), '\0');
      } else {
        values += number(start + data.size(), width_);
        data += value.body;
      }
    }
    return number(members_.size(), width_) + number(start + data.size(), width_) + keys + values +
           data;
  }

 private:
  bool is_inlined(std::uint8_t type) const {
    return (type >= 4 && type <= 6) || (width_ == 4 && (type == 7 || type == 8));
  }

  const Members& members_;
  bool object_;
  std::size_t width_;
};

/// Keys of an object are brought into the server's order, and must differ.
inline Encoded container(Members members, bool object, Size size = Size::fit) {
  if (object) {
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
      return a.first.size() != b.first.size() ? a.first.size() < b.first.size() : a.first < b.first;
    });
  }
  const std::string small = Container(members, object, false).bytes();
  const bool large = size == Size::large || small.size() > 0xFFFF;
  Encoded made;
  made.type = static_cast<std::uint8_t>((object ? 0 : 2) + (large ? 1 : 0));
  made.body = large ? Container(members, object, true).bytes() : small;
  for (const auto& [key, value] : members) {
    made.text += made.text.empty() ? "" : ", ";
    made.text += (object ? '"' + key + "\": " : "") + value.text;
  }
  made.text = (object ? "{" : "[") + made.text + (object ? "}" : "]");
  return made;
}

inline std::string document(const Encoded& value) {
  return static_cast<char>(value.type) + value.body;
}

}  // namespace cdc::mysql::json_encoder
