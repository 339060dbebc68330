#include "cli/config_file.hpp"

#include <algorithm>

#include "libcdc/base/error.hpp"

namespace cdcctl {
namespace {

std::string trimmed(std::string_view text) {
  constexpr const char* kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1));
}

std::string without_quotes(const std::string& text) {
  const bool quoted = text.size() > 1 && text.front() == text.back() &&
                      (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

class ConfigParser {
 public:
  ConfigParser(std::string_view text, const std::string& name, const Environment& environment)
      : text_(text), name_(name), environment_(environment) {}

  std::vector<ConfigEntry> parse() {
    std::vector<ConfigEntry> entries;
    std::string section;
    for (skip_to_content(); !at_end(); skip_to_content()) {
      if (peek() == '[') {
        section = read_section();
      } else {
        entries.push_back(read_entry(section));
      }
      expect_line_end();
    }
    return entries;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\n' : text_[at_]; }
  char next() {
    const char c = peek();
    if (c == '\n') ++line_;
    ++at_;
    return c;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw cdc::Error(cdc::Fault::usage, name_ + ":" + std::to_string(line_) + ": " + what);
  }

  void skip_blanks() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\r')) next();
  }

  void skip_comment() {
    if (peek() != '#' && peek() != ';') return;
    while (peek() != '\n') next();
  }

  // Over blanks, comments and line ends.
  void skip_to_content() {
    for (;;) {
      skip_blanks();
      skip_comment();
      if (at_end() || peek() != '\n') return;
      next();
    }
  }

  void expect_line_end() {
    skip_blanks();
    skip_comment();
    if (peek() != '\n') fail("nothing may follow the value on its line; quote text with blanks");
  }

  std::string read_until(char stop) {
    const std::size_t begin = at_;
    while (!at_end() && peek() != stop && peek() != '\n') next();
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string read_section() {
    next();
    std::string section = trimmed(read_until(']'));
    if (at_end() || next() != ']') fail("the section has no closing ]");
    if (section.empty() || section.front() == '[')
      fail("a section is [command] or [group.command]");
    std::replace(section.begin(), section.end(), '.', ' ');
    return section;
  }

  ConfigEntry read_entry(const std::string& section) {
    ConfigEntry entry;
    entry.section = section;
    entry.line = line_;
    const std::size_t begin = at_;
    while (peek() != '=' && peek() != '\n' && peek() != '#') next();
    entry.key = without_quotes(trimmed(text_.substr(begin, at_ - begin)));
    if (entry.key.empty()) fail("there is no name before =");
    std::replace(entry.key.begin(), entry.key.end(), '_', '-');
    if (peek() != '=') {
      entry.values = {"true"};
      return entry;
    }
    next();
    skip_blanks();
    entry.values = peek() == '[' ? read_array() : std::vector<std::string>{read_value("")};
    return entry;
  }

  std::vector<std::string> read_array() {
    std::vector<std::string> values;
    next();
    for (skip_to_content(); peek() != ']'; skip_to_content()) {
      if (at_end()) fail("the array has no closing ]");
      values.push_back(read_value(",]"));
      skip_to_content();
      if (peek() == ',') {
        next();
      } else if (peek() != ']') {
        fail("values of an array are separated by commas");
      }
    }
    next();
    return values;
  }

  // `ends` are the characters that end bare text beside the line's end and a comment.
  std::string read_value(std::string_view ends) {
    if (peek() == '"') return expanded(read_quoted());
    if (peek() == '\'') return read_literal();
    const std::size_t begin = at_;
    while (peek() != '\n' && ends.find(peek()) == std::string_view::npos && !at_comment()) next();
    return expanded(trimmed(text_.substr(begin, at_ - begin)));
  }

  bool at_comment() const {
    return peek() == '#' && at_ > 0 && (text_[at_ - 1] == ' ' || text_[at_ - 1] == '\t');
  }

  std::string read_quoted() {
    std::string value;
    next();
    while (peek() != '"') {
      if (peek() == '\n') fail("the text has no closing \"");
      char c = next();
      if (c == '\\') {
        c = next();
        if (c == 'n') c = '\n';
        if (c == 't') c = '\t';
      }
      value += c;
    }
    next();
    return value;
  }

  std::string read_literal() {
    next();
    std::string value = read_until('\'');
    if (at_end() || next() != '\'') fail("the text has no closing '");
    return value;
  }

  std::string expanded(const std::string& value) const {
    std::string result;
    std::size_t at = 0;
    for (std::size_t begin = value.find("${"); begin != std::string::npos;
         begin = value.find("${", at)) {
      const std::size_t end = value.find('}', begin);
      if (end == std::string::npos) fail("${ has no closing }");
      result += value.substr(at, begin - at) + variable(value.substr(begin + 2, end - begin - 2));
      at = end + 1;
    }
    return result + value.substr(at);
  }

  std::string variable(const std::string& expression) const {
    const std::size_t colon = expression.find(":-");
    const std::string variable_name = expression.substr(0, colon);
    const auto value = environment_(variable_name);
    if (colon != std::string::npos) {
      return value && !value->empty() ? *value : expression.substr(colon + 2);
    }
    if (!value) fail("the environment variable " + variable_name + " is not set");
    return *value;
  }

  std::string_view text_;
  const std::string& name_;
  const Environment& environment_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<ConfigEntry> parse_config(std::string_view text, const std::string& name,
                                      const Environment& environment) {
  return ConfigParser(text, name, environment).parse();
}

std::string config_quoted(std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return quoted + '"';
}

}  // namespace cdcctl
