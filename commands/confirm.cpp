#include <unistd.h>

#include <cerrno>

#include "commands/command.hpp"

namespace cdcctl {
namespace {

// The first byte of the answer decides; the rest of the line is read away.
bool answered_yes() {
  char first = '\0';
  char byte = '\0';
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) return false;
    if (got <= 0 || byte == '\n') return first == 'y' || first == 'Y';
    if (first == '\0') first = byte;
  }
}

}  // namespace

void confirm(Context& context, bool yes, const std::string& what) {
  if (yes) return;
  if (!context.can_ask) {
    throw cdc::Error(cdc::Fault::refused, "this will " + what + ", and nobody has confirmed it")
        .with_hint("add --yes when that is what you want");
  }
  context.err.write("This will " + what + ". Continue? [y/N] ");
  if (context.stop.requested() || !answered_yes()) {
    throw cdc::Error(cdc::Fault::refused, "not confirmed, nothing was done");
  }
}

}  // namespace cdcctl
