#include "libcdc/sources/mysql/packet_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "libcdc/base/error.hpp"

namespace cdc::mysql {

PacketReader::PacketReader(Receive receive) : receive_(std::move(receive)), buffer_(kBuffer) {}

std::size_t PacketReader::peek_length() const {
  const auto byte = [this](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(buffer_[begin_ + i]));
  };
  return byte(0) | byte(1) << 8 | byte(2) << 16;
}

void PacketReader::pass_header() {
  const auto sequence = static_cast<std::uint8_t>(buffer_[begin_ + 3]);
  if (sequence != sequence_) {
    throw Error(Fault::protocol,
                fmt::format("the server sent packet {} where {} was to come", sequence, sequence_))
        .with_hint("bytes were lost on the way: start again, and report it if it comes again");
  }
  ++sequence_;
  begin_ += kHeader;
}

/// False where nothing has come.
bool PacketReader::fill() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, available());
    end_ = available();
    begin_ = 0;
  }
  const std::size_t received = receive_(buffer_.data() + end_, buffer_.size() - end_);
  end_ += received;
  return received != 0;
}

std::optional<std::string_view> PacketReader::next() {
  if (joining_) return join();
  if (joined_.capacity() > kKeep) joined_ = {};
  while (true) {
    if (available() >= kHeader) {
      const std::size_t length = peek_length();
      if (length == kFullPacket || length + kHeader > buffer_.size()) {
        joining_ = true;
        continues_ = true;
        left_ = 0;
        joined_.clear();
        return join();
      }
      if (available() >= kHeader + length) {
        pass_header();
        const std::string_view payload(buffer_.data() + begin_, length);
        begin_ += length;
        return payload;
      }
    }
    if (!fill()) return std::nullopt;
  }
}

std::optional<std::string_view> PacketReader::join() {
  while (true) {
    const std::size_t taken = std::min(left_, available());
    joined_.append(buffer_.data() + begin_, taken);
    begin_ += taken;
    left_ -= taken;
    if (left_ == 0 && !continues_) {
      joining_ = false;
      return joined_;
    }
    if (left_ == 0 && available() >= kHeader) {
      left_ = peek_length();
      continues_ = left_ == kFullPacket;
      pass_header();
    } else if (!fill()) {
      return std::nullopt;
    }
  }
}

}  // namespace cdc::mysql
