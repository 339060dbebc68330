#include "cli/usage_error.hpp"

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

namespace cdcctl {
namespace {

/// "Could not convert: --retry-max = abc" as "--retry-max does not take 'abc'".
std::string conversion_sentence(const std::string& words) {
  const std::string start = "Could not convert: ";
  const std::size_t equals = words.find(" = ");
  if (words.rfind(start, 0) != 0 || equals == std::string::npos) return words;
  const std::string name = words.substr(start.size(), equals - start.size());
  return name + " does not take '" + words.substr(equals + 3) + "'";
}

std::string mismatch_sentence(const std::string& words) {
  const std::size_t colon = words.find(':');
  if (colon != std::string::npos && words.find("missing", colon) != std::string::npos) {
    return words.substr(0, colon) + " needs a value";
  }
  if (colon != std::string::npos && words.find("At Most", colon) != std::string::npos) {
    return words.substr(0, colon) + " is given more than once";
  }
  return words;
}

}  // namespace

cdc::Error usage_error(const CLI::ParseError& error) {
  std::string words = error.what();
  if (error.get_name() == "ConversionError") words = conversion_sentence(words);
  if (error.get_name() == "ArgumentMismatch") words = mismatch_sentence(words);
  return {cdc::Fault::usage, std::move(words)};
}

}  // namespace cdcctl
