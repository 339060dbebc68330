#include "commands/validators.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "libcdc/base/clock.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/units.hpp"

namespace cdcctl {
namespace {

[[noreturn]] void reject(const std::string& names, const std::string& value,
                         const std::string& form) {
  const std::string longest = names.substr(names.rfind(',') + 1);
  const std::string prefix = longest.front() == '-' ? longest + ": " : "";
  throw CLI::ValidationError(prefix + "'" + value + "' is not " + form);
}

// `parse` gives an optional; nothing means that the text is not of that form.
template <typename Target, typename Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& names, Target& target, Parse parse,
                        const std::string& value_name, const std::string& form,
                        const std::string& help) {
  const auto take = [&target, parse, names, form](const std::string& text) {
    const auto value = parse(text);
    if (!value) reject(names, text, form);
    target = *value;
  };
  return app.add_option_function<std::string>(names, take, help)->type_name(value_name);
}

template <typename Target>
CLI::Option* add_duration_to(CLI::App& app, const std::string& names, Target& target,
                             const std::string& help) {
  return add_parsed(app, names, target, cdc::parse_duration, "DURATION",
                    "a duration such as 500ms, 10s, 5m or 2h, at most 24d", help);
}

template <typename Target>
CLI::Option* add_size_to(CLI::App& app, const std::string& names, Target& target,
                         const std::string& help) {
  return add_parsed(app, names, target, cdc::parse_size, "SIZE",
                    "a size such as 4096, 64KiB or 10MB", help);
}

// The shortest exact notation, for the default that help shows; zero stands for no size at all.
std::string exact_size(std::uint64_t bytes) {
  if (bytes == 0) return "";
  static const std::pair<unsigned, const char*> kUnits[] = {{30, "GiB"}, {20, "MiB"}, {10, "KiB"}};
  for (const auto& [shift, unit] : kUnits) {
    const std::uint64_t count = bytes >> shift;
    if (count > 0 && (count << shift) == bytes) return std::to_string(count) + unit;
  }
  return std::to_string(bytes);
}

std::optional<std::uint64_t> parse_count(const std::string& text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return count;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

}  // namespace

CLI::Option* add_count(CLI::App& app, const std::string& names,
                       std::optional<std::uint64_t>& target, const std::string& help) {
  return add_parsed(app, names, target, parse_count, "N", "a number from 0 to 18446744073709551615",
                    help);
}

CLI::Option* add_duration(CLI::App& app, const std::string& names,
                          std::chrono::milliseconds& target, const std::string& help) {
  return add_duration_to(app, names, target, help)->default_str(cdc::format_duration(target));
}

CLI::Option* add_duration(CLI::App& app, const std::string& names,
                          std::optional<std::chrono::milliseconds>& target,
                          const std::string& help) {
  return add_duration_to(app, names, target, help);
}

CLI::Option* add_size(CLI::App& app, const std::string& names, std::uint64_t& target,
                      const std::string& help) {
  return add_size_to(app, names, target, help)->default_str(exact_size(target));
}

CLI::Option* add_size(CLI::App& app, const std::string& names, std::optional<std::uint64_t>& target,
                      const std::string& help) {
  return add_size_to(app, names, target, help);
}

CLI::Option* add_time(CLI::App& app, const std::string& names, std::optional<std::int64_t>& target,
                      const std::string& help) {
  return add_parsed(app, names, target, cdc::parse_rfc3339, "TIME",
                    "a time such as 2026-11-20T08:00:00Z", help);
}

CLI::Option* add_checked(CLI::App& app, const std::string& names, std::string& target,
                         std::function<void(const std::string&)> check, const std::string& help) {
  const auto take = [&target, check = std::move(check), names](const std::string& text) {
    try {
      check(text);
    } catch (const cdc::Error& error) {
      throw cdc::Error(error.fault(), names + ": " + error.message()).with_hint(error.hint());
    }
    target = text;
  };
  return app.add_option_function<std::string>(names, take, help)->default_str(target);
}

CLI::Option* add_list(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                      const std::string& value_name, const std::string& help) {
  return app.add_option(names, target, help)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name(value_name);
}

CLI::Option* add_each(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                      const std::string& value_name, const std::string& help) {
  return app.add_option(names, target, help)->allow_extra_args(false)->type_name(value_name);
}

CLI::Option* add_file(CLI::App& app, const std::string& names, std::string& target,
                      const std::string& help) {
  return app.add_option(names, target, help)->type_name("FILE");
}

CLI::Option* add_directory(CLI::App& app, const std::string& names, std::string& target,
                           const std::string& help) {
  return app.add_option(names, target, help)->type_name("DIR");
}

CLI::Option* add_word(CLI::App& app, const std::string& names, std::vector<std::string> words,
                      std::function<void(std::size_t)> take, std::optional<std::size_t> initial,
                      const std::string& help) {
  const std::string form = "one of " + joined(words, ", ");
  const std::string value_name = joined(words, "|");
  const std::string default_word = initial ? words.at(*initial) : "";
  const auto find = [words = std::move(words), take = std::move(take), names,
                     form](const std::string& text) {
    const auto found = std::find(words.begin(), words.end(), text);
    if (found == words.end()) reject(names, text, form);
    take(static_cast<std::size_t>(found - words.begin()));
  };
  return app.add_option_function<std::string>(names, find, help)
      ->type_name(value_name)
      ->default_str(default_word);
}

}  // namespace cdcctl
