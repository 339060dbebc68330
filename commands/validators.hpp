#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace cdcctl {

/// Options whose text is checked while it is parsed; a bad one ends with exit 2 and a sentence that
/// names the option and the form. `names` is CLI11's: "--connect-timeout" or "-w,--watch".

/// A whole number from 0 on; the text must hold nothing else.
CLI::Option* add_count(CLI::App& app, const std::string& names,
                       std::optional<std::uint64_t>& target, const std::string& help);

/// `500ms 10s 5m 2h`. The value before the call is the default that help shows.
CLI::Option* add_duration(CLI::App& app, const std::string& names,
                          std::chrono::milliseconds& target, const std::string& help);
CLI::Option* add_duration(CLI::App& app, const std::string& names,
                          std::optional<std::chrono::milliseconds>& target,
                          const std::string& help);

/// `64KiB 10MB` as bytes.
CLI::Option* add_size(CLI::App& app, const std::string& names, std::uint64_t& target,
                      const std::string& help);
CLI::Option* add_size(CLI::App& app, const std::string& names, std::optional<std::uint64_t>& target,
                      const std::string& help);

/// RFC 3339 as microseconds since 1970 UTC.
CLI::Option* add_time(CLI::App& app, const std::string& names, std::optional<std::int64_t>& target,
                      const std::string& help);

/// Text that `check` accepts; it throws cdc::Error with Fault::usage otherwise (positions: give it
/// SourceType::parse_position).
CLI::Option* add_checked(CLI::App& app, const std::string& names, std::string& target,
                         std::function<void(const std::string&)> check, const std::string& help);

/// A comma-separated list; the flag may be repeated. A plain vector option of CLI11 would swallow
/// the arguments after it.
CLI::Option* add_list(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                      const std::string& value_name, const std::string& help);

/// A flag that may be repeated, one value each; commas belong to the value.
CLI::Option* add_each(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                      const std::string& value_name, const std::string& help);

/// A path; completion offers files, or directories only.
CLI::Option* add_file(CLI::App& app, const std::string& names, std::string& target,
                      const std::string& help);
CLI::Option* add_directory(CLI::App& app, const std::string& names, std::string& target,
                           const std::string& help);

/// One of some words; completion and help list them. `initial` is the index of the default that
/// help shows, or none.
CLI::Option* add_word(CLI::App& app, const std::string& names, std::vector<std::string> words,
                      std::function<void(std::size_t)> take, std::optional<std::size_t> initial,
                      const std::string& help);

/// add_word for an enum; the value before the call is the default. `T` is an enum or an optional of
/// one.
template <typename Target, typename Value>
CLI::Option* add_choice(CLI::App& app, const std::string& names, Target& target,
                        const std::vector<std::pair<std::string, Value>>& choices,
                        const std::string& help) {
  std::vector<std::string> words;
  std::vector<Value> values;
  std::optional<std::size_t> initial;
  for (const auto& [word, value] : choices) {
    if (target == value) initial = words.size();
    words.push_back(word);
    values.push_back(value);
  }
  const auto take = [&target, values](std::size_t index) { target = values[index]; };
  return add_word(app, names, std::move(words), take, initial, help);
}

}  // namespace cdcctl
