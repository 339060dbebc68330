#include "commands/conninfo_secrets.hpp"

#include <algorithm>
#include <utility>

namespace cdcctl {
namespace {

enum class Notation { user_info, query, keyword };

/// A password, the whole stretch to cut when it is taken out, and how it is written.
struct Place {
  TextRange password;
  TextRange whole;
  Notation notation = Notation::keyword;
  bool is_server_password = true;
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The authority ends at the first slash, question mark or number sign, and its user information at
// the last @ in it. A password with such a character should be percent-encoded, but people paste
// them raw: where the authority has no @, and what follows its colon is no port, the last @ before
// the query counts.
std::optional<Place> in_user_info(std::string_view text, std::size_t authority) {
  const std::size_t colon = text.find(':', authority);
  if (colon == std::string_view::npos) return {};
  const std::size_t end = std::min(text.find_first_of("/?#", authority), text.size());
  std::size_t at = text.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < authority) {
    const bool is_port = text.find_first_not_of("0123456789", colon + 1) == end;
    if (is_port) return {};
    at = text.substr(0, text.find('?', authority)).rfind('@');
  }
  if (at == std::string_view::npos || at < colon) return {};
  return Place{{colon + 1, at - colon - 1}, {colon, at - colon}, Notation::user_info, true};
}

std::vector<Place> in_uri(std::string_view text, std::size_t authority) {
  std::vector<Place> places;
  if (const auto place = in_user_info(text, authority)) places.push_back(*place);
  const std::size_t after =
      places.empty() ? authority : places[0].password.begin + places[0].password.size;
  std::size_t begin = text.find('?', after);
  while (begin != std::string_view::npos && begin < text.size()) {
    const std::size_t end = std::min(text.find('&', begin + 1), text.size());
    const std::size_t equals = text.find('=', begin);
    if (equals < end) {
      const auto key = text.substr(begin + 1, equals - begin - 1);
      const TextRange value{equals + 1, end - equals - 1};
      if (key == "password" || key == "sslpassword") {
        places.push_back({value, {begin + 1, end - begin - 1}, Notation::query, key[0] == 'p'});
      }
    }
    begin = end < text.size() ? end : std::string_view::npos;
  }
  return places;
}

std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  for (; at < text.size() && text[at] != '\''; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at, text.size());
}

std::size_t end_of_bare(std::string_view text, std::size_t at) {
  for (; at < text.size() && !is_blank(text[at]); ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at, text.size());
}

std::vector<Place> in_keywords(std::string_view text) {
  std::vector<Place> places;
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size() && is_blank(text[at])) ++at;
  };
  for (skip_blanks(); at < text.size(); skip_blanks()) {
    const std::size_t begin = at;
    while (at < text.size() && text[at] != '=' && !is_blank(text[at])) ++at;
    const auto key = text.substr(begin, at - begin);
    skip_blanks();
    if (at >= text.size() || text[at] != '=') return places;
    ++at;
    skip_blanks();
    const bool quoted = at < text.size() && text[at] == '\'';
    if (quoted) ++at;
    const std::size_t value = at;
    at = quoted ? end_of_quoted(text, at) : end_of_bare(text, at);
    const std::size_t size = at - value;
    if (quoted && at < text.size()) ++at;
    if (key == "password" || key == "sslpassword") {
      places.push_back({{value, size}, {begin, at - begin}, Notation::keyword, key[0] == 'p'});
    }
  }
  return places;
}

std::vector<Place> find_places(std::string_view text) {
  const std::size_t scheme = text.find("://");
  const std::size_t odd = text.find_first_of("= '\"");
  if (scheme != std::string_view::npos && scheme < odd) return in_uri(text, scheme + 3);
  return in_keywords(text);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (text[i] == '%' && high >= 0 && low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string without_backslashes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

// Takes the blank or the & beside it along; a leading ? stays for what follows.
void cut(std::string& text, const Place& place) {
  std::size_t begin = place.whole.begin;
  std::size_t end = begin + place.whole.size;
  if (place.notation == Notation::query) {
    if (end < text.size()) {
      ++end;
    } else {
      --begin;
    }
  } else if (place.notation == Notation::keyword) {
    if (begin > 0) {
      --begin;
    } else if (end < text.size()) {
      ++end;
    }
  }
  text.erase(begin, end - begin);
}

void hide(std::string& text, TextRange range) {
  text.replace(range.begin, range.size, "***");
}

}  // namespace

std::vector<TextRange> find_passwords(std::string_view text) {
  std::vector<TextRange> ranges;
  for (const auto& place : find_places(text)) {
    if (place.password.size > 0) ranges.push_back(place.password);
  }
  return ranges;
}

std::string redact(std::string_view text) {
  std::string safe(text);
  const auto ranges = find_passwords(text);
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    hide(safe, *range);
  }
  return safe;
}

std::string redact_sentence(std::string_view text) {
  std::string safe(text);
  for (std::size_t at = 0; (at = safe.find("://", at)) != std::string::npos;) {
    at += 3;
    if (const auto place = in_user_info(safe, at)) hide(safe, place->password);
  }
  for (std::size_t at = 0; (at = safe.find("password", at)) != std::string::npos; ++at) {
    const auto places = in_keywords(std::string_view(safe).substr(at));
    if (places.empty() || places.front().password.size == 0) continue;
    TextRange range = places.front().password;
    range.begin += at;
    // The sentence's own quote behind the connection string.
    if (safe[range.begin + range.size - 1] == '\'') --range.size;
    hide(safe, range);
  }
  return safe;
}

std::optional<cdc::Secret> take_password(std::string& conninfo) {
  std::optional<cdc::Secret> taken;
  const auto places = find_places(conninfo);
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    if (!place->is_server_password) continue;
    const auto written =
        std::string_view(conninfo).substr(place->password.begin, place->password.size);
    if (!taken && !written.empty()) {
      taken.emplace(place->notation == Notation::keyword ? without_backslashes(written)
                                                         : percent_decoded(written));
    }
    cut(conninfo, *place);
  }
  return taken;
}

}  // namespace cdcctl
