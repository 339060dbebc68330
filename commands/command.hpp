#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands/output.hpp"
#include "libcdc/base/error.hpp"
#include "libcdc/base/log.hpp"
#include "libcdc/flow/stop.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace cdcctl {

/// What the process answers to its caller. The codes 2 to 70 belong to cdc::Fault; a command throws
/// cdc::Error for those and returns only `done`, `no` or Signals::exit_code().
struct Exit {
  enum Code : int {
    done = 0,
    no = 1,  ///< checked, and the answer is no
    usage = 2,
    unavailable = 3,
    refused = 4,
    state = 5,
    protocol = 6,
    output = 7,
    internal = 70,
  };
};

/// The signals that a command may answer. The ones that end it arrive as cdc::Stop.
class Signals {
 public:
  virtual ~Signals() = default;

  /// Readable while SIGUSR1 or SIGHUP is pending: for poll(2) beside other descriptors. The take_
  /// functions clear it.
  virtual int fd() const = 0;
  /// True once per SIGUSR1: print a status line on stderr.
  virtual bool take_status_request() = 0;
  /// True once per SIGHUP: reopen `--output`. (The log file is reopened by the process itself.)
  virtual bool take_reopen_request() = 0;
  /// SIGHUP means "reopen" from now on; before that it is a polite stop, as when a terminal closes.
  virtual void reopen_on_hangup() = 0;
  /// 128 + the number of the signal that asked to stop, 0 where none did: for a command whose
  /// answer is then missing (reconcile, doctor).
  virtual int exit_code() const = 0;
};

/// What a command gets when it runs. All references outlive the run.
struct Context {
  const cdc::Log& log;  ///< warnings and news for people; honours -q, -v, --log-format, --log-file
  cdc::Stop& stop;      ///< SIGINT and SIGTERM
  Signals& signals;
  Output& out;  ///< results: stdout
  Output& err;  ///< progress and live lines: stderr
  bool quiet = false;
  int verbosity = 0;     ///< 1 for -v, 2 for -vv
  bool can_ask = false;  ///< stdin and stderr are terminals: a question may be asked
};

/// One leaf of the command tree, `checkpoint inspect`. It holds the values of its options between
/// declare() and run().
class Command {
 public:
  virtual ~Command() = default;

  /// Words from the root: "checkpoint inspect".
  virtual std::string_view path() const = 0;
  /// One line, no full stop, starts with a verb.
  virtual std::string_view summary() const = 0;
  /// Two command lines, each within 76 columns.
  virtual std::vector<std::string> examples() const = 0;
  /// Adds options, the most used first (`-h` shows as many as fit). Opens nothing, works nothing.
  /// No needs() and no excludes(): they see flags only, while a value may also come from the
  /// environment or a file. Check combinations in run() and throw Fault::usage.
  virtual void declare(CLI::App& app) = 0;
  /// Does the work. Throws cdc::Error; returns Exit::done, Exit::no or Signals::exit_code().
  virtual int run(Context& context) = 0;
};

/// Every command, in the order in which help lists them.
std::vector<std::unique_ptr<Command>> all_commands();

/// Guards a destructive step. Passes with `yes` (the flag --yes), asks where context.can_ask, else
/// throws refused with the hint to pass --yes. `what` completes "This will ".
void confirm(Context& context, bool yes, const std::string& what);

}  // namespace cdcctl
