#include "libcdc/sources/mysql/address.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "libcdc/base/error.hpp"

namespace cdc::mysql {
namespace {

constexpr unsigned kDefaultPort = 3306;

Error bad(const std::string& what) {
  return Error(Fault::usage, "the connection string cannot be parsed: " + what)
      .with_hint(
          "write mysql://user@host:3306/database or mysql://user@/database?socket=/path; special "
          "characters are percent-encoded");
}

std::optional<unsigned> parse_number(std::string_view text, int base = 10) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const auto byte = parse_number(text.substr(i + 1, 2), 16);
    if (!byte || i + 2 >= text.size()) throw bad("a percent sign needs two hexadecimal digits");
    decoded += static_cast<char>(*byte);
    i += 2;
  }
  return decoded;
}

unsigned parse_port(std::string_view text) {
  const auto port = parse_number(text);
  if (!port || *port == 0 || *port > 65535) throw bad("the port is not a number below 65536");
  return *port;
}

/// Splits `text` at the first `mark`; the second part is empty where there is none.
std::pair<std::string_view, std::string_view> split(std::string_view text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

void parse_user(std::string_view text, Address& address) {
  const auto [user, password] = split(text, ':');
  address.user = decode_percent(user);
  address.password = decode_percent(password);
}

void parse_host(std::string_view text, Address& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) throw bad("an IPv6 address needs its closing bracket");
    address.host = text.substr(1, end - 1);
    if (text.size() > end + 1) port = text.substr(end + 2);
  } else {
    const auto parts = split(text, ':');
    address.host = decode_percent(parts.first);
    port = parts.second;
  }
  if (!port.empty()) address.port = parse_port(port);
}

void parse_parameters(std::string_view text, Address& address) {
  while (!text.empty()) {
    const auto [parameter, rest] = split(text, '&');
    const auto [name, value] = split(parameter, '=');
    if (name != "socket") throw bad(fmt::format("the parameter '{}' is not known", name));
    address.socket = decode_percent(value);
    text = rest;
  }
}

void parse_uri(std::string_view uri, Address& address) {
  const std::size_t scheme = uri.find("://");
  const std::string_view name = uri.substr(0, scheme == std::string_view::npos ? 0 : scheme);
  if (name != "mysql" && name != "mariadb") throw bad("it does not begin with mysql://");
  const auto [head, parameters] = split(uri.substr(scheme + 3), '?');
  const auto [authority, database] = split(head, '/');
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) parse_user(authority.substr(0, at), address);
  parse_host(at == std::string_view::npos ? authority : authority.substr(at + 1), address);
  address.database = decode_percent(database);
  parse_parameters(parameters, address);
}

bool is_local(const Address& address) {
  return !address.socket.empty() || address.host.empty() || address.host == "localhost" ||
         address.host == "::1" || address.host.starts_with("127.");
}

}  // namespace

std::string Address::describe() const {
  if (!socket.empty()) return fmt::format("socket '{}'", socket);
  if (host.empty() || (host == "localhost" && port == 0)) return "the default socket";
  return fmt::format("host '{}', port {}", host, port == 0 ? kDefaultPort : port);
}

Address parse_address(const ConnectionSettings& settings) {
  Address address;
  if (!settings.conninfo.empty()) parse_uri(settings.conninfo, address);
  if (!settings.host.empty()) address.host = settings.host;
  if (!settings.port.empty()) address.port = parse_port(settings.port);
  if (!settings.user.empty()) address.user = settings.user;
  if (!settings.database.empty()) address.database = settings.database;
  if (address.host.starts_with('/')) address.socket = std::exchange(address.host, {});
  address.local = is_local(address);
  return address;
}

}  // namespace cdc::mysql
