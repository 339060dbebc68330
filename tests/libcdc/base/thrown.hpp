#pragma once

#include <doctest/doctest.h>

#include "libcdc/base/error.hpp"

namespace cdc::test {

/// The Error that `action` throws; fails the test where it throws none.
template <typename Action>
Error thrown_by(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return {Fault::internal, ""};
}

}  // namespace cdc::test
