#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "libcdc/change/batch.hpp"

namespace cdc {

/// Where changes go. Used from one thread.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Encodes a batch into memory. Never blocks and keeps nothing of the batch.
  virtual void put(const Batch& batch) = 0;

  /// Nothing more is put: what was held back, for what might have followed it, is encoded too.
  virtual void finish() {}

  /// Moves pending bytes out for at most `wait`. True where nothing is pending any more. Throws
  /// output where they cannot be written (disk full).
  virtual bool drain(std::chrono::milliseconds wait) = 0;

  /// Bytes encoded and not yet taken.
  virtual std::size_t pending() const = 0;

  /// Makes what was taken durable, where it can be (a file). Throws output.
  virtual void sync() = 0;

  /// To be watched by poll(2) without events: an error or hang-up there means that the reader may
  /// be gone. -1 where there is nothing to watch.
  virtual int watch_fd() const = 0;

  /// True once the reader of the output has gone away: not an error, but nothing more can be
  /// delivered.
  virtual bool closed() const = 0;

  /// Bytes taken since the start.
  virtual std::uint64_t bytes_written() const = 0;
};

}  // namespace cdc
