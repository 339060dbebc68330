#include "commands/postgres/slot_watch.hpp"

#include <poll.h>

#include <CLI/CLI.hpp>
#include <array>
#include <optional>

#include "commands/interruption.hpp"
#include "commands/validators.hpp"

namespace cdcctl {
namespace {

using cdc::postgres::Connection;
using cdc::postgres::Slot;

const char* const kClearScreen = "\x1b[H\x1b[2J";

enum class Pause { over, interrupted, reader_gone };

// A pipe whose reader has closed it reports POLLERR without being asked.
Pause pause(const Context& context, std::chrono::milliseconds duration) {
  std::array<pollfd, 2> watched = {pollfd{context.stop.fd(), POLLIN, 0},
                                   pollfd{context.out.fd(), 0, 0}};
  ::poll(watched.data(), watched.size(), static_cast<int>(duration.count()));
  if (context.stop.requested()) return Pause::interrupted;
  return (watched[1].revents & (POLLERR | POLLHUP)) != 0 ? Pause::reader_gone : Pause::over;
}

}  // namespace

void throw_no_slot(const std::string& name) {
  throw cdc::Error(cdc::Fault::state, "replication slot '" + name + "' does not exist")
      .with_hint("cdcctl slot list shows the slots of the server");
}

void SlotWatch::declare(CLI::App& app) {
  app.add_option("--slot", slot_, "This slot only")->type_name("NAME");
  app.add_flag("--watch", watch_, "Show it again and again, until Ctrl-C");
  add_duration(app, "--interval", interval_, "With --watch: how often");
  app.add_flag("--json", json_, "Print one JSON object, with --watch one each time");
  connection_.declare(app, ConnectionOptions::Form::positional, ConnectionOptions::kPostgresServer);
}

std::vector<Slot> SlotWatch::read(Connection& connection) const {
  if (slot_.empty()) return cdc::postgres::list_slots(connection);
  const std::optional<Slot> slot = cdc::postgres::find_slot(connection, slot_);
  if (!slot) throw_no_slot(slot_);
  return {*slot};
}

int SlotWatch::repeat(Context& context, const Show& show) const {
  Connection connection(connection_.settings(), Connection::Kind::plain, context.log, context.stop);
  const bool redraw = watch_ && !json_ && context.out.is_terminal();
  int answer = Exit::done;
  while (true) {
    Look look;
    try {
      look.slots = read(connection);
      if (watch_) look.free_bytes = cdc::postgres::free_wal_bytes(connection);
    } catch (const cdc::Interrupted&) {
      if (!watch_) throw;
      return answer;
    }
    if (redraw) context.out.write(kClearScreen);
    look.at = std::chrono::steady_clock::now();
    answer = show(look);
    if (!watch_ || context.out.reader_gone()) return answer;
    if (pause(context, interval_) != Pause::over) return answer;
  }
}

int SlotWatch::run(Context& context, const Show& show) const {
  if (interval_ < std::chrono::milliseconds(100)) {
    throw cdc::Error(cdc::Fault::usage, "--interval is too short")
        .with_hint("the shortest is 100ms: every look is a query on the server");
  }
  return run_unless_interrupted(context, [&] { return repeat(context, show); });
}

}  // namespace cdcctl
