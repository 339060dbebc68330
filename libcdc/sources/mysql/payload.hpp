#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libcdc/sources/mysql/event.hpp"

namespace cdc::mysql {

/// Unpacks TRANSACTION_PAYLOAD (type 40), one inner event after the other, holding one at a time:
///
///   lenenc field, lenenc length, value: 1 payload size, 2 algorithm (0 zstd, 255 none),
///   3 uncompressed size; 0 ends the fields (it has no length); then the payload
///
/// Inner events have no CRC, and their next_position means nothing. Reused from one payload to the
/// next.
class PayloadReader {
 public:
  PayloadReader();
  ~PayloadReader();
  PayloadReader(const PayloadReader&) = delete;
  PayloadReader& operator=(const PayloadReader&) = delete;

  /// Begins with a new payload; `body` lives until the last event has been read. Throws protocol.
  void start(std::string_view body);

  /// The next inner event, which lives until the next call; nothing behind the last one. Throws
  /// protocol where the payload is damaged, or does not end where an event does.
  std::optional<Event> next();

  /// The size that the server declared. Only good for messages.
  std::uint64_t declared_size() const { return declared_size_; }

 private:
  struct Decompressor;

  bool fill(std::size_t wanted);
  bool unpack_more();
  std::string_view ready() const;

  std::unique_ptr<Decompressor> decompressor_;
  std::string_view input_;  ///< what has not been unpacked
  std::string buffer_;      ///< unpacked; the current event and a part of the following
  std::size_t begin_ = 0;   ///< of the following event in buffer_
  std::size_t end_ = 0;     ///< of what is unpacked
  std::uint64_t declared_size_ = 0;
  std::uint64_t unpacked_size_ = 0;
  bool compressed_ = false;
  bool frame_open_ = false;
};

}  // namespace cdc::mysql
