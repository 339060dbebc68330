#include "libcdc/base/error.hpp"

#include <cstring>
#include <utility>

namespace cdc {

const char* name(Fault fault) {
  switch (fault) {
    case Fault::usage:
      return "usage";
    case Fault::unavailable:
      return "unavailable";
    case Fault::refused:
      return "refused";
    case Fault::state:
      return "state";
    case Fault::protocol:
      return "protocol";
    case Fault::output:
      return "output";
    case Fault::internal:
      return "internal";
  }
  return "internal";
}

Error::Error(Fault fault, std::string message) : fault_(fault), message_(std::move(message)) {}

Error Error::with_detail(std::string detail) const {
  Error copy = *this;
  copy.detail_ = std::move(detail);
  return copy;
}

Error Error::with_hint(std::string hint) const {
  Error copy = *this;
  copy.hint_ = std::move(hint);
  return copy;
}

Error Error::caused_by(const Error& cause) const {
  Error copy = *this;
  copy.cause_ = std::make_shared<Error>(cause);
  return copy;
}

Error system_error(Fault fault, const std::string& doing, int error_number) {
  return {fault, doing + ": " + std::strerror(error_number)};
}

}  // namespace cdc
