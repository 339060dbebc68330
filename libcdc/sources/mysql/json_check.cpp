#include "libcdc/sources/mysql/json_check.hpp"

#include <cstddef>

namespace cdc::mysql {
namespace {

constexpr int kMostDepth = 128;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Passes over one value after the other. Each function returns false where what it looks for does
/// not stand at the front of the rest.
class Checker {
 public:
  explicit Checker(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  bool document() {
    blanks();
    if (!value(0)) return false;
    blanks();
    return at_ == end_;
  }

 private:
  bool value(int depth) {
    if (at_ == end_) return false;
    switch (*at_) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool object(int depth) {
    if (depth == kMostDepth) return false;
    ++at_;
    blanks();
    if (take('}')) return true;
    do {
      blanks();
      if (at_ == end_ || *at_ != '"' || !string()) return false;
      blanks();
      if (!take(':')) return false;
      blanks();
      if (!value(depth + 1)) return false;
      blanks();
    } while (take(','));
    return take('}');
  }

  bool array(int depth) {
    if (depth == kMostDepth) return false;
    ++at_;
    blanks();
    if (take(']')) return true;
    do {
      blanks();
      if (!value(depth + 1)) return false;
      blanks();
    } while (take(','));
    return take(']');
  }

  bool string() {
    for (++at_; at_ != end_; ++at_) {
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(*at_) < ' ') return false;
      if (*at_ == '\\' && !escape()) return false;
    }
    return false;
  }

  /// Ends on the last byte of the escape.
  bool escape() {
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    if (++at_ == end_) return false;
    if (kEscapes.find(*at_) != std::string_view::npos) return true;
    if (*at_ != 'u') return false;
    for (int i = 0; i < 4; ++i) {
      if (++at_ == end_ || !is_hex_digit(*at_)) return false;
    }
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }

  bool digits() {
    const char* const begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != begin;
  }

  bool word(std::string_view text) {
    const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
    if (!rest.starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }

  const char* at_;
  const char* end_;
};

}  // namespace

bool is_json(std::string_view text) {
  return Checker(text).document();
}

}  // namespace cdc::mysql
