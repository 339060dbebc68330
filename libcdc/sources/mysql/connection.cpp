#include "libcdc/sources/mysql/connection.hpp"

#include <fmt/format.h>
#include <mysql.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/address.hpp"
#include "libcdc/sources/mysql/server_error.hpp"

namespace cdc::mysql {
namespace {

constexpr const char* kSystemStore = "/etc/ssl/certs/ca-certificates.crt";
constexpr unsigned kTlsFailed = 2026;
/// A statement that takes longer counts as a lost connection.
constexpr unsigned kReadTimeoutSeconds = 600;

/// What the library's waits look at; its callback takes no argument of ours.
thread_local const Stop* current_stop = nullptr;

/// While it lives, waits of the library on this thread end when `stop` is requested.
class InterruptibleWaits {
 public:
  explicit InterruptibleWaits(const Stop& stop) : before_(std::exchange(current_stop, &stop)) {}
  ~InterruptibleWaits() { current_stop = before_; }
  InterruptibleWaits(const InterruptibleWaits&) = delete;
  InterruptibleWaits& operator=(const InterruptibleWaits&) = delete;

 private:
  const Stop* before_;
};

/// Called by the library where it would wait: 1 ready, 0 the time is over, -1 give up.
int wait_interruptibly(my_socket socket, my_bool is_read, int timeout) {
  std::array<pollfd, 2> watched = {
      pollfd{static_cast<int>(socket), static_cast<short>(is_read != 0 ? POLLIN : POLLOUT), 0},
      pollfd{current_stop == nullptr ? -1 : current_stop->fd(), POLLIN, 0}};
  int ready = -1;
  do {
    ready = ::poll(watched.data(), watched.size(), timeout);
  } while (ready < 0 && errno == EINTR);
  if (watched[1].revents != 0) return -1;
  return std::min(ready, 1);
}

const char* text_or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

/// The attempts to make one connection.
class Login {
 public:
  Login(const ConnectionSettings& settings, const Log& log)
      : settings_(settings), log_(log), address_(parse_address(settings)) {}

  /// The caller owns what it returns.
  st_mysql* connect();

 private:
  bool attempt(TlsMode mode, const std::string& ca);
  bool attempt_preferred();
  bool attempt_with_defaults();
  void set_options(TlsMode mode, const std::string& ca) const;
  Error failed() const;
  Error refused_login() const;

  struct Close {
    void operator()(st_mysql* connection) const { mysql_close(connection); }
  };

  const ConnectionSettings& settings_;
  const Log& log_;
  const Address address_;
  std::unique_ptr<st_mysql, Close> connection_;
  ServerError failure_;
};

st_mysql* Login::connect() {
  if (attempt_with_defaults()) return connection_.release();
  throw failed();
}

bool Login::attempt_preferred() {
  return attempt(TlsMode::require, "") ||
         (failure_.number == kTlsFailed && attempt(TlsMode::disable, ""));
}

// Who says nothing of TLS gets it verified by the system's store, or at least encrypted.
bool Login::attempt_with_defaults() {
  const std::string& ca = settings_.tls_ca;
  if (settings_.tls == TlsMode::prefer) return attempt_preferred();
  if (settings_.tls) return attempt(*settings_.tls, ca);
  if (!ca.empty()) return attempt(TlsMode::verify_full, ca);
  if (address_.local) return attempt(TlsMode::disable, "");
  if (std::filesystem::exists(kSystemStore) && attempt(TlsMode::verify_full, kSystemStore)) {
    return true;
  }
  if (failure_.number != 0 && failure_.number != kTlsFailed) return false;
  if (!attempt(TlsMode::require, "")) return false;
  log_.warning(fmt::format("the certificate of {} is not verified", address_.describe()),
               "give its CA with --tls-ca, or say --tls require to silence this");
  return true;
}

void Login::set_options(TlsMode mode, const std::string& ca) const {
  st_mysql* connection = connection_.get();
  const auto seconds = static_cast<unsigned>(std::max<std::int64_t>(
      1, std::chrono::ceil<std::chrono::seconds>(settings_.connect_timeout).count()));
  mysql_options(connection, MYSQL_READ_DEFAULT_GROUP, "client");
  mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  // Else `localhost` is the default socket, whatever the port.
  const unsigned tcp = MYSQL_PROTOCOL_TCP;
  if (address_.port != 0 && address_.socket.empty()) {
    mysql_options(connection, MYSQL_OPT_PROTOCOL, &tcp);
  }
  mysql_options(connection, MYSQL_OPT_READ_TIMEOUT, &kReadTimeoutSeconds);
  mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  // A server may ask for any file of ours by LOAD DATA LOCAL.
  const unsigned no_files = 0;
  mysql_options(connection, MYSQL_OPT_LOCAL_INFILE, &no_files);
  mysql_optionsv(connection, MARIADB_OPT_IO_WAIT, wait_interruptibly);

  const my_bool enforce = mode == TlsMode::disable ? 0 : 1;
  const my_bool verify = mode == TlsMode::verify_full ? 1 : 0;
  mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &enforce);
  mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
  const bool verifies = mode == TlsMode::verify_ca || mode == TlsMode::verify_full;
  if (verifies) mysql_options(connection, MYSQL_OPT_SSL_CA, ca.empty() ? kSystemStore : ca.c_str());
  if (!settings_.tls_cert.empty()) {
    mysql_options(connection, MYSQL_OPT_SSL_CERT, settings_.tls_cert.c_str());
  }
  if (!settings_.tls_key.empty()) {
    mysql_options(connection, MYSQL_OPT_SSL_KEY, settings_.tls_key.c_str());
  }
}

bool Login::attempt(TlsMode mode, const std::string& ca) {
  connection_.reset(mysql_init(nullptr));
  if (!connection_) throw Error(Fault::internal, "out of memory while connecting");
  set_options(mode, ca);
  const Secret given = settings_.password.read();
  const std::string& password = given.empty() ? address_.password : given.reveal();
  if (mysql_real_connect(connection_.get(), text_or_null(address_.host),
                         text_or_null(address_.user), text_or_null(password),
                         text_or_null(address_.database), address_.port,
                         text_or_null(address_.socket), 0) != nullptr) {
    return true;
  }
  failure_ = server_error(connection_.get());
  if (current_stop != nullptr && current_stop->requested()) throw Interrupted();
  return false;
}

Error Login::refused_login() const {
  const std::string user =
      address_.user.empty() ? "the default user" : fmt::format("user '{}'", address_.user);
  std::string origin = settings_.password.describe();
  if (settings_.password.kind == PasswordOrigin::Kind::none) {
    origin = address_.password.empty() ? "from the client's option files, if any (~/.my.cnf)"
                                       : "in the connection string";
  }
  const bool plain = !settings_.tls || *settings_.tls == TlsMode::disable;
  return to_error(failure_, fmt::format("{} refuses {}", address_.describe(), user))
      .with_hint(fmt::format("the password came {}; check it, the user's name and the host that it "
                             "may connect from{}",
                             origin, plain ? "; a user with REQUIRE SSL needs --tls require" : ""));
}

Error Login::failed() const {
  if (failure_.number == 1045 || failure_.number == 1698) return refused_login();
  const Error error = to_error(failure_, "cannot connect to " + address_.describe());
  if (error.fault() != Fault::unavailable || !error.hint().empty()) return error;
  return error.with_hint(
      "check that the server runs and listens there, and that a firewall lets this machine in");
}

/// Text and times as they are in the log, and no limit of a default's making.
void set_session(Connection& connection) {
  connection.run(
      "SET SESSION time_zone = '+00:00', sql_mode = '', net_write_timeout = 3600, "
      "wait_timeout = 86400, lock_wait_timeout = 3600",
      "cannot set up the session");
}

}  // namespace

std::string_view name(Flavor flavor) {
  return flavor == Flavor::mysql ? "mysql" : "mariadb";
}

void Result::Free::operator()(st_mysql_res* result) const {
  mysql_free_result(result);
}

Result::Result(st_mysql_res* result) : result_(result) {
  if (result == nullptr) return;
  const unsigned columns = mysql_num_fields(result);
  while (const MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    auto& values = rows_.emplace_back(columns);
    for (unsigned i = 0; i < columns; ++i) {
      if (row[i] != nullptr) values[i] = std::string_view(row[i], lengths[i]);
    }
  }
}

std::string_view Result::text(std::size_t row, std::size_t column) const {
  return rows_[row][column].value_or(std::string_view());
}

std::uint64_t Result::number(std::size_t row, std::size_t column) const {
  const std::string_view digits = text(row, column);
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

void Connection::Close::operator()(st_mysql* connection) const {
  mysql_close(connection);
}

Connection::Connection(const ConnectionSettings& settings, const Log& log, const Stop& stop)
    : stop_(stop) {
  {
    const InterruptibleWaits waits(stop);
    connection_.reset(Login(settings, log).connect());
  }
  if (version_text().find("MariaDB") != std::string::npos) flavor_ = Flavor::mariadb;
  set_session(*this);
}

Result Connection::run(const std::string& sql, const std::string& doing) {
  const InterruptibleWaits waits(stop_);
  const bool failed = mysql_real_query(get(), sql.data(), sql.size()) != 0;
  Result result(failed ? nullptr : mysql_store_result(get()));
  if (mysql_errno(get()) == 0) return result;
  if (stop_.requested()) throw Interrupted();
  throw to_error(server_error(get()), doing);
}

std::string Connection::value(const std::string& sql, const std::string& doing) {
  const Result result = run(sql, doing);
  return result.rows() == 0 ? std::string() : result.string(0, 0);
}

std::uint64_t Connection::server_version() const {
  return mysql_get_server_version(get());
}

std::string Connection::version_text() const {
  return mysql_get_server_info(get());
}

std::uint64_t Connection::id() const {
  return mysql_thread_id(get());
}

std::string quote_identifier(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) {
    if (c == '`') quoted += c;
    quoted += c;
  }
  return quoted + '`';
}

std::string quote_literal(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    // Our sessions have an empty sql_mode, in which a backslash escapes.
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + '\'';
}

}  // namespace cdc::mysql
