#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/sources/mysql/packet_channel.hpp"
#include "libcdc/sources/mysql/sent_value.hpp"
#include "libcdc/sources/mysql/server_error.hpp"

namespace cdc::mysql {

/// The rows of one query after the other over one session, in the binary protocol of statements, as
/// they come: nothing waits, and only one row is held.
class RowStream {
 public:
  /// `connection` outlives it, and runs nothing while `is_reading`.
  explicit RowStream(Connection& connection);
  ~RowStream();
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;

  /// Sends the query; `doing` is for messages.
  void begin(const std::string& sql, std::string doing);

  enum class Got : std::uint8_t { row, nothing, end, failed };
  /// The next row, `null bitmap, values`, valid until the next call. `nothing`: wait until `fd` is
  /// readable. `failed`: the server says why in `failure`; another query may begin. Throws
  /// unavailable where the connection is gone.
  Got next(std::string_view& row);

  bool is_reading() const { return phase_ != Phase::idle; }
  /// Known with the first row.
  const std::vector<SentColumn>& columns() const { return columns_; }
  const ServerError& failure() const { return failure_; }
  int fd() const { return channel_.fd(); }

 private:
  enum class Phase : std::uint8_t {
    idle,
    preparing,   ///< the statement's number is to come
    describing,  ///< then its columns
    executing,   ///< then the number of columns of its answer
    defining,    ///< then these
    fetching,
  };

  Got advance(std::string_view packet, std::string_view& row);
  void on_prepared(std::string_view packet);
  void execute();
  Got end(Got how);

  PacketChannel channel_;
  Phase phase_ = Phase::idle;
  std::string doing_;
  std::string statement_;  ///< its number, as commands have it
  std::vector<SentColumn> columns_;
  std::size_t defined_ = 0;  ///< of these, in the answer
  ServerError failure_;
};

/// The bytes of the null bitmap of a row of so many columns.
constexpr std::size_t sent_bitmap_size(std::size_t columns) {
  return (columns + 2 + 7) / 8;
}

/// Whether the column is null; its bit is the third in the first byte for the first column.
inline bool is_sent_null(std::string_view bitmap, std::size_t column) {
  const std::size_t bit = column + 2;
  return (static_cast<unsigned char>(bitmap[bit / 8]) >> (bit % 8) & 1U) != 0;
}

}  // namespace cdc::mysql
