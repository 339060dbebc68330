#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/change/value.hpp"
#include "tests/support/line_part.hpp"

/// The cases of tests/data/postgres/types, and what a line says of a value.
namespace cdc::postgres::type_cases {

inline const std::filesystem::path kCases = std::filesystem::path(CDC_TEST_DATA) / "postgres/types";

/// One value of tests/data/postgres/types/*.case; README.md there explains the words.
struct Case {
  std::string place;  ///< file and line, for messages
  std::string encoding = "UTF8";
  std::string maps;
  std::string sends;  ///< the built-in type whose binary form it has
  std::string copy;
  std::string binary;  ///< hex digits; only with `has_binary`
  bool has_binary = false;
  std::string json;
  bool undecodable = false;
};

inline std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  Case next;
  std::ifstream file(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string word = line.substr(0, line.find(' '));
    const std::string rest = word.size() < line.size() ? line.substr(word.size() + 1) : "";
    if (word == "database") next.encoding = rest;
    if (word == "maps") next.maps = next.sends = rest;
    if (word == "sends") next.sends = rest;
    if (word == "sql") next.has_binary = false;
    if (word == "binary") {
      next.binary = rest;
      next.has_binary = true;
    }
    if (word == "copy") next.copy = rest;
    if (word == "undecodable") cases.back().undecodable = true;
    if (word != "json") continue;
    next.place = path.filename().string() + ":" + std::to_string(number);
    next.json = rest;
    cases.push_back(next);
  }
  return cases;
}

inline std::vector<std::filesystem::path> case_files() {
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kCases)) {
    if (entry.path().extension() == ".case") files.insert(entry.path());
  }
  return {files.begin(), files.end()};
}

inline std::string unescape_copy(const std::string& text) {
  static const std::map<char, char> kEscapes{{'b', '\b'}, {'f', '\f'}, {'n', '\n'},
                                             {'r', '\r'}, {'t', '\t'}, {'v', '\v'}};
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    const char escape = text.at(++i);
    if (escape == 'x') {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      plain += kEscapes.contains(escape) ? kEscapes.at(escape) : escape;
    }
  }
  return plain;
}

inline std::vector<std::vector<std::string>> read_tsv(const char* name) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream file(kCases / name);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    auto& row = rows.emplace_back();
    for (std::string field; std::getline(fields, field, '\t');) row.push_back(field);
  }
  return rows;
}

inline std::uint32_t to_oid(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text));
}

}  // namespace cdc::postgres::type_cases
