#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>

/// Replaces the global operator new of the program by one that counts, for each thread its own.
/// Include it in exactly one file of a program.
namespace cdc::test {
inline thread_local std::uint64_t allocations = 0;
}

// Not inlined: the compiler would see free() behind a new that it knows and call it a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++cdc::test::allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
