#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/sources/mysql/charset.hpp"
#include "libcdc/sources/mysql/column_format.hpp"

/// The cases of tests/data/mysql/types.
namespace cdc::mysql::type_cases {

inline const std::filesystem::path kCases = std::filesystem::path(CDC_TEST_DATA) / "mysql/types";

/// One value of tests/data/mysql/types/*.case; README.md there explains the words.
struct Case {
  std::string place;  ///< file and line, for messages
  ColumnFormat format;
  std::string bytes;
  std::string json;
};

inline std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

/// Bytes in hex; `78*700` are 700 of one.
inline std::string read_bytes(const std::string& text) {
  std::string bytes;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto star = word.find('*');
    if (star == std::string::npos) {
      bytes += from_hex(word);
    } else {
      bytes.append(std::stoul(word.substr(star + 1)), from_hex(word.substr(0, star)).front());
    }
  }
  return bytes;
}

/// A text in which `<x*700>` stands for 700 of one character.
inline std::string expand(const std::string& text) {
  std::string expanded;
  for (std::size_t i = 0; i < text.size();) {
    const auto star = text.find('*', i);
    const auto end = text.find('>', i);
    if (text[i] != '<' || star == std::string::npos || end == std::string::npos) {
      expanded += text[i++];
      continue;
    }
    const std::string character = text.substr(i + 1, star - i - 1);
    for (auto n = std::stoul(text.substr(star + 1)); n > 0; --n) expanded += character;
    i = end + 1;
  }
  return expanded;
}

inline ColumnType type_named(const std::string& name) {
  static const std::map<std::string, ColumnType> kNames{
      {"tiny", ColumnType::tiny},
      {"small", ColumnType::small},
      {"medium", ColumnType::medium},
      {"integer", ColumnType::integer},
      {"big", ColumnType::big},
      {"real", ColumnType::real},
      {"double_real", ColumnType::double_real},
      {"new_decimal", ColumnType::new_decimal},
      {"date", ColumnType::date},
      {"year", ColumnType::year},
      {"timestamp", ColumnType::timestamp},
      {"timestamp2", ColumnType::timestamp2},
      {"datetime", ColumnType::datetime},
      {"datetime2", ColumnType::datetime2},
      {"time", ColumnType::time},
      {"time2", ColumnType::time2},
      {"bit", ColumnType::bit},
      {"enumeration", ColumnType::enumeration},
      {"set", ColumnType::set},
      {"varchar", ColumnType::varchar},
      {"string", ColumnType::string},
      {"blob", ColumnType::blob},
      {"compressed_varchar", ColumnType::compressed_varchar},
      {"compressed_blob", ColumnType::compressed_blob},
      {"json", ColumnType::json},
      {"geometry", ColumnType::geometry},
      {"vector", ColumnType::vector},
  };
  return kNames.at(name);
}

inline std::optional<Refinement> refinement_named(const std::string& name) {
  static const std::map<std::string, Refinement> kNames{{"json", Refinement::json},
                                                        {"uuid", Refinement::uuid},
                                                        {"inet4", Refinement::inet4},
                                                        {"inet6", Refinement::inet6},
                                                        {"vector", Refinement::vector}};
  const auto found = kNames.find(name);
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

inline ColumnFormat read_format(const std::string& text) {
  std::istringstream words(text);
  std::string type;
  ColumnFormat format;
  words >> type >> format.meta;
  format.type = type_named(type);
  for (std::string word; words >> word;) {
    if (word == "unsigned") {
      format.is_unsigned = true;
    } else if (const auto refinement = refinement_named(word)) {
      format.refinement = *refinement;
    } else {
      format.charset = find_charset(word);
    }
  }
  return format;
}

inline std::shared_ptr<const std::vector<std::string>> read_labels(const std::string& text) {
  auto labels = std::make_shared<std::vector<std::string>>();
  std::istringstream in(text);
  for (std::string label; std::getline(in, label, ',');) labels->push_back(label);
  return labels;
}

inline std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  Case next;
  std::ifstream file(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string word = line.substr(0, line.find(' '));
    const std::string rest = word.size() < line.size() ? line.substr(word.size() + 1) : "";
    if (word == "format") next.format = read_format(rest);
    if (word == "labels") next.format.labels = read_labels(rest);
    if (word == "bytes") next.bytes = read_bytes(rest);
    if (word != "json") continue;
    next.place = path.filename().string() + ":" + std::to_string(number);
    next.json = expand(rest);
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

}  // namespace cdc::mysql::type_cases
