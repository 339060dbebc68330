// The way past MariaDB Connector/C: the library logs in and sends commands, and we read its socket,
// or its TLS session, ourselves. The structures that this looks into are public, and not promised
// to stay as they are.

#include <mysql.h>
// The next two need what stands above them.
using uchar = unsigned char;
#include <ma_tls.h>

#include <ma_pvio.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <mariadb_com.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/packet_channel.hpp"
#include "libcdc/sources/mysql/packet_reader.hpp"
#include "libcdc/sources/mysql/server_error.hpp"

namespace cdc::mysql {
namespace {

constexpr char kEnd = '\xFE';
constexpr std::size_t kLongestEnd = 9;

Error gone(const std::string& words) {
  return Error(Fault::unavailable, "the connection to the server is gone").with_detail(words);
}

/// Another version of the library may lay these structures out differently.
void check_library() {
  const auto series = [](std::string_view version) {
    return version.substr(0, version.rfind('.'));
  };
  if (series(mysql_get_client_info()) == series(MARIADB_PACKAGE_VERSION)) return;
  throw Error(Fault::internal,
              fmt::format("cdcctl was built for MariaDB Connector/C {}, and runs with {}",
                          MARIADB_PACKAGE_VERSION, mysql_get_client_info()))
      .with_hint("build cdcctl with the library that it runs with");
}

SSL* find_tls(st_mysql* connection) {
  if (mysql_get_ssl_cipher(connection) == nullptr) return nullptr;
  const char* library = nullptr;
  mariadb_get_infov(connection, MARIADB_TLS_LIBRARY, &library);
  const auto* tls = static_cast<const st_ma_pvio_tls*>(connection->net.pvio->ctls);
  if (library == nullptr || std::string_view(library).find("OpenSSL") == std::string_view::npos ||
      tls == nullptr) {
    throw Error(Fault::refused, "the client library does not use OpenSSL for TLS")
        .with_hint("install Debian's libmariadb3, or connect with --tls disable through a tunnel");
  }
  return static_cast<SSL*>(tls->ssl);
}

}  // namespace

struct PacketChannel::Transport {
  explicit Transport(st_mysql* connection)
      : fd(static_cast<int>(mysql_get_socket(connection))), tls(find_tls(connection)) {}

  /// Packets are counted anew with each command.
  void expect_answer() {
    packets.emplace([this](char* buffer, std::size_t size) { return receive(buffer, size); });
  }

  std::size_t receive(char* buffer, std::size_t size) const {
    return tls == nullptr ? receive_plain(buffer, size) : receive_tls(buffer, size);
  }

  std::size_t receive_plain(char* buffer, std::size_t size) const {
    while (true) {
      const ssize_t count = ::recv(fd, buffer, size, MSG_DONTWAIT);
      if (count > 0) return static_cast<std::size_t>(count);
      if (count == 0) throw gone("the server closed it");
      if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
      if (errno != EINTR) throw gone(std::strerror(errno));
    }
  }

  std::size_t receive_tls(char* buffer, std::size_t size) const {
    std::size_t received = 0;
    // A record has 16 KiB at most: several fit.
    while (received < size) {
      std::size_t count = 0;
      ERR_clear_error();
      if (SSL_read_ex(tls, buffer + received, size - received, &count) == 1) {
        received += count;
        continue;
      }
      const int error = SSL_get_error(tls, 0);
      if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE || received != 0) break;
      throw gone("the TLS session has ended");
    }
    return received;
  }

  int fd;
  SSL* tls;  ///< null where the connection is not encrypted
  std::optional<PacketReader> packets;
};

PacketChannel::PacketChannel(Connection& connection) : connection_(connection) {
  check_library();
  transport_ = std::make_unique<Transport>(connection.get());
  const int flags = ::fcntl(transport_->fd, F_GETFL);
  ::fcntl(transport_->fd, F_SETFL, flags | O_NONBLOCK);
}

PacketChannel::~PacketChannel() = default;

void PacketChannel::send(unsigned char command, std::string_view body, const std::string& doing) {
  st_mysql* library = connection_.get();
  if (library->methods->db_command(library, static_cast<enum_server_command>(command), body.data(),
                                   body.size(), 1, nullptr) != 0) {
    throw to_error(server_error(library), doing);
  }
  const MARIADB_PVIO* io = library->net.pvio;
  if (io->cache + io->cache_size > io->cache_pos) {
    throw Error(Fault::internal, "the client library has read ahead of us");
  }
  transport_->expect_answer();
}

std::optional<std::string_view> PacketChannel::next() {
  return transport_->packets->next();
}

void PacketChannel::shut() {
  ::shutdown(transport_->fd, SHUT_RDWR);
}

int PacketChannel::fd() const {
  return transport_->fd;
}

bool is_end_packet(std::string_view packet) {
  return !packet.empty() && packet.front() == kEnd && packet.size() < kLongestEnd;
}

}  // namespace cdc::mysql
