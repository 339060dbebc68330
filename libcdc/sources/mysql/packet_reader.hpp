#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cdc::mysql {

/// Cuts a stream of bytes into the packets of the client protocol: `u24 length, u8 sequence,
/// payload`; a payload of 0xffffff bytes goes on in the next packet.
class PacketReader {
 public:
  /// Writes up to `size` bytes to `buffer` and returns how many; 0 where nothing is at hand. Throws
  /// where the stream has ended.
  using Receive = std::function<std::size_t(char* buffer, std::size_t size)>;

  explicit PacketReader(Receive receive);

  /// The next payload, whole, valid until the next call; nothing where it has not come yet. Throws
  /// protocol where a packet is missing in the sequence.
  std::optional<std::string_view> next();

 private:
  static constexpr std::size_t kHeader = 4;
  static constexpr std::size_t kBuffer = std::size_t{512} * 1024;
  static constexpr std::size_t kKeep = std::size_t{1024} * 1024;
  static constexpr std::size_t kFullPacket = 0xFFFFFF;

  std::size_t available() const { return end_ - begin_; }
  std::size_t peek_length() const;
  void pass_header();
  bool fill();
  std::optional<std::string_view> join();

  Receive receive_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint8_t sequence_ = 1;  ///< of the next packet

  std::string joined_;  ///< a payload that does not fit into the buffer
  bool joining_ = false;
  bool continues_ = false;  ///< the packet at hand is not the last of its payload
  std::size_t left_ = 0;    ///< bytes of it that have not come yet
};

}  // namespace cdc::mysql
