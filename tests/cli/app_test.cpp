#include "cli/app.hpp"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "commands/connection_options.hpp"
#include "commands/validators.hpp"
#include "tests/cli/fake_process.hpp"

namespace cdcctl {
namespace {

/// `shop open [CONNINFO]`: every kind of option, and a run of the test's choice.
struct Shop : Command {
  struct Values {
    ConnectionOptions connection;
    std::chrono::milliseconds wait{1500};
    std::uint64_t limit = 65536;
    std::vector<std::string> tables;
    std::vector<std::string> acks;
    std::string slot;
    bool pretty = false;
    bool yes = false;
    std::optional<std::uint64_t> most;
    int retries = 3;
  };
  explicit Shop(Values& target, std::function<int(Context&)> body = {})
      : values(target), work(std::move(body)) {}

  std::string_view path() const override { return "shop open"; }
  std::string_view summary() const override { return "Open the shop"; }
  std::vector<std::string> examples() const override { return {"cdcctl shop open", "one more"}; }
  void declare(CLI::App& app) override {
    app.add_option("--slot", values.slot, "The slot")->type_name("NAME")->required();
    add_duration(app, "--wait", values.wait, "How long");
    add_size(app, "--limit", values.limit, "How much");
    add_list(app, "--tables", values.tables, "GLOB[,..]", "Which");
    add_each(app, "--ack", values.acks, "HOW", "Acknowledge");
    app.add_flag("--pretty", values.pretty, "Indent");
    app.add_flag("--yes", values.yes, "Do not ask")->configurable(false);
    add_count(app, "--most", values.most, "At most");
    app.add_option("--retries", values.retries, "How often");
    values.connection.declare(app, ConnectionOptions::Form::positional);
  }
  int run(Context& context) override { return work ? work(context) : Exit::done; }

  Values& values;
  std::function<int(Context&)> work;
};

/// `shop close DIR`.
struct Close : Command {
  explicit Close(std::string& target) : directory(target) {}

  std::string_view path() const override { return "shop close"; }
  std::string_view summary() const override { return "Close the shop"; }
  std::vector<std::string> examples() const override { return {"cdcctl shop close /tmp"}; }
  void declare(CLI::App& app) override {
    add_directory(app, "dir", directory, "Where")->required();
  }
  int run(Context&) override { return Exit::no; }

  std::string& directory;
};

struct ShopProcess : FakeProcess {
  Shop::Values values;
  std::string directory;

  int shop(const std::vector<std::string>& arguments, std::function<int(Context&)> body = {},
           PasswordOnArgv password = PasswordOnArgv::no) {
    std::vector<std::unique_ptr<Command>> commands;
    commands.push_back(std::make_unique<Shop>(values, std::move(body)));
    commands.push_back(std::make_unique<Close>(directory));
    return run(std::move(commands), arguments, password);
  }
};

/// A configuration file that is removed at the end.
struct ConfigText {
  explicit ConfigText(const std::string& text) {
    char name[] = "/tmp/cdcctl-config-XXXXXX";
    ::close(::mkstemp(name));
    path = name;
    std::ofstream(path) << text;
  }
  ~ConfigText() { std::filesystem::remove(path); }
  ConfigText(const ConfigText&) = delete;
  ConfigText& operator=(const ConfigText&) = delete;

  std::string path;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

}  // namespace

TEST_CASE("flags reach the command") {
  ShopProcess process;
  CHECK(process.shop({"shop", "open", "--slot", "s", "--wait", "2m", "--limit=10MB", "--pretty",
                      "--retries", "7", "host=db1"}) == Exit::done);
  CHECK(process.err.text() == "");
  CHECK(process.values.slot == "s");
  CHECK(process.values.wait == std::chrono::minutes(2));
  CHECK(process.values.limit == 10000000);
  CHECK(process.values.pretty);
  CHECK(process.values.retries == 7);
  CHECK(process.values.connection.settings().conninfo == "host=db1");
}

TEST_CASE("a list leaves the arguments after it alone") {
  ShopProcess process;
  CHECK(process.shop({"shop", "open", "--slot", "s", "--tables", "a,b", "host=db1", "--tables", "c",
                      "--ack", "file:x,y", "--ack", "fd:3"}) == Exit::done);
  CHECK(process.err.text() == "");
  CHECK(process.values.tables == std::vector<std::string>{"a", "b", "c"});
  CHECK(process.values.acks == std::vector<std::string>{"file:x,y", "fd:3"});
  CHECK(process.values.connection.settings().conninfo == "host=db1");
}

TEST_CASE("a directory may have the name of a command") {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"shop", "close", "shop"},
                                             {"shop", "close", "open"},
                                             {"shop", "close", "--", "close"}}) {
    ShopProcess process;
    CHECK(process.shop(arguments) == Exit::no);
    CHECK(process.err.text() == "");
    CHECK(process.directory == arguments.back());
  }
}

TEST_CASE("global flags stand before or after the command") {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"-vv", "shop", "open", "--slot", "s"}, {"shop", "open", "--slot", "s", "-vv"}}) {
    ShopProcess process;
    int verbosity = 0;
    process.shop(arguments, [&](Context& context) {
      verbosity = context.verbosity;
      context.log.trace("seen");
      return Exit::done;
    });
    CHECK(verbosity == 2);
    CHECK(process.err.text() == "cdcctl: trace: seen\n");
  }
}

TEST_CASE("a bad call is one sentence, a hint and exit 2") {
  struct Bad {
    std::vector<std::string> arguments;
    std::string says;
  };
  const std::vector<Bad> calls = {
      {{"shpo"}, "unknown command 'shpo'\nhint: did you mean 'shop'? see: cdcctl -h\n"},
      {{"shop", "opne"}, "unknown command 'shop opne'\nhint: did you mean 'shop open'? see: "},
      {{"shop", "open", "--solt", "x"}, "unknown option '--solt'\nhint: did you mean '--slot'?"},
      {{"shop", "open", "--log-fromat=json"}, "did you mean '--log-format'?"},
      {{"shop", "open", "--zzzzzz"}, "unknown option '--zzzzzz'\nhint: see: cdcctl shop open -h\n"},
      {{"shop", "open", "--slot"}, "--slot needs a value"},
      {{"shop", "open"},
       "--slot is required\nhint: usage: cdcctl shop open [OPTIONS] --slot NAME "},
      {{"shop", "close"}, "DIR is required"},
      {{"shop", "close", "a", "b"}, "unexpected argument 'b'"},
      {{"shop", "open", "--slot", "s", "--slot", "t"}, "--slot is given more than once"},
      {{"shop", "open", "--slot", "s", "--wait", "soon"}, "--wait: 'soon' is not a duration"},
      {{"shop", "open", "--slot", "s", "--limit", "big"}, "--limit: 'big' is not a size"},
      {{"shop", "open", "--slot", "s", "--tls", "yes"}, "--tls: 'yes' is not one of disable, "},
      {{"shop", "open", "--slot", "s", "--retries", "x"}, "--retries does not take 'x'"},
  };
  for (const auto& call : calls) {
    ShopProcess process;
    CAPTURE(call.says);
    CHECK(process.shop(call.arguments) == Exit::usage);
    const std::string said = process.err.text();
    CAPTURE(said);
    CHECK(said.starts_with("cdcctl: error: "));
    CHECK(contains(said, call.says));
    CHECK(contains(said, "\nhint: "));
    CHECK(process.out.text() == "");
  }
}

TEST_CASE("no command, or half of one, shows the short help and exits 2") {
  ShopProcess nothing;
  CHECK(nothing.shop({}) == Exit::usage);
  CHECK(contains(nothing.err.text(), "Usage: cdcctl COMMAND"));
  CHECK(nothing.out.text() == "");
  ShopProcess half;
  CHECK(half.shop({"shop"}) == Exit::usage);
  CHECK(contains(half.err.text(), "Usage: cdcctl shop COMMAND"));
  CHECK(contains(half.err.text(), "  cdcctl shop close /tmp"));
}

TEST_CASE("help goes to stdout; the short one fits one screen") {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{}, {"shop"}, {"shop", "open"}, {"shop", "close"}}) {
    ShopProcess process;
    auto arguments = words;
    arguments.push_back("-h");
    CHECK(process.shop(arguments) == Exit::done);
    const std::string help = process.out.text();
    CHECK(std::count(help.begin(), help.end(), '\n') <= 24);
    CHECK(longest_line(help) <= 80);
    CHECK(contains(help, "Examples:"));
    CHECK(process.err.text() == "");
  }
  ShopProcess full;
  CHECK(full.shop({"shop", "open", "--help"}) == Exit::done);
  CHECK(contains(full.out.text(), "Connection:"));
  CHECK(contains(full.out.text(), "--connect-timeout DURATION"));
  CHECK(contains(full.out.text(), "How much [64KiB]"));
  CHECK(contains(full.out.text(), "Global options:"));
  CHECK(longest_line(full.out.text()) <= 80);
}

TEST_CASE("flags beat the environment, which beats the file, which beats the defaults") {
  const ConfigText config(
      "slot = from_file  # a comment\n"
      "retries = 4\n"
      "[shop]\nwait = \"9s\"\n"
      "[shop.open]\ntables = [a, \"b\"]\nlimit = 1KiB\nack = ['x,y', z]\npretty = true\n");
  ShopProcess process;
  process.variables = {{"CDCCTL_CONFIG", config.path},
                       {"CDCCTL_WAIT", "8s"},
                       {"CDCCTL_SLOT", "from_environment"},
                       {"CDCCTL_CONNINFO", "host=db7"}};
  CHECK(process.shop({"shop", "open", "--slot", "from_flag"}) == Exit::done);
  CHECK(process.err.text() == "");
  CHECK(process.values.slot == "from_flag");
  CHECK(process.values.wait == std::chrono::seconds(8));
  CHECK(process.values.retries == 4);
  CHECK(process.values.limit == 1024);
  CHECK(process.values.tables == std::vector<std::string>{"a", "b"});
  CHECK(process.values.acks == std::vector<std::string>{"x,y", "z"});
  CHECK(process.values.pretty);
  CHECK(process.values.connection.settings().conninfo == "host=db7");
  CHECK(process.values.connection.settings().connect_timeout == std::chrono::seconds(30));
}

TEST_CASE("a required option may come from the environment") {
  ShopProcess process;
  process.variables = {{"CDCCTL_SLOT", "s"}, {"CDCCTL_PRETTY", "false"}};
  CHECK(process.shop({"shop", "open"}) == Exit::done);
  CHECK(process.values.slot == "s");
  CHECK_FALSE(process.values.pretty);
}

TEST_CASE("global options come from the file too, and flags beat them") {
  const ConfigText config("log-format = json\nverbose = 2\n");
  ShopProcess process;
  process.shop({"shop", "open", "--slot", "s", "--config", config.path}, [](Context& context) {
    context.log.trace("seen");
    return Exit::done;
  });
  const auto line = nlohmann::json::parse(process.err.text());
  CHECK(line["level"] == "trace");
  CHECK(line["message"] == "seen");
}

TEST_CASE("a bad value from elsewhere says where it stands") {
  const ConfigText config("\n[shop.open]\nwait = soon\n");
  ShopProcess file;
  CHECK(file.shop({"shop", "open", "--config", config.path}) == Exit::usage);
  CHECK(contains(file.err.text(), "--wait: 'soon' is not a duration"));
  CHECK(contains(file.err.text(), config.path + ":3"));
  ShopProcess variable;
  variable.variables = {{"CDCCTL_LIMIT", "big"}};
  CHECK(variable.shop({"shop", "open"}) == Exit::usage);
  CHECK(contains(variable.err.text(), "the environment variable CDCCTL_LIMIT"));
}

TEST_CASE("a file with a name that nothing has is refused with the nearest one") {
  const ConfigText key("[shop.open]\nwiat = 1s\n");
  ShopProcess process;
  CHECK(process.shop({"shop", "open", "--config", key.path}) == Exit::usage);
  CHECK(contains(process.err.text(), key.path + ":2: no option has the name 'wiat'"));
  CHECK(contains(process.err.text(), "did you mean 'wait'?"));
  const ConfigText section("[shop.opne]\nwait = 1s\n");
  ShopProcess other;
  CHECK(other.shop({"shop", "open", "--config", section.path}) == Exit::usage);
  CHECK(contains(other.err.text(), "did you mean 'shop open'?"));
  ShopProcess missing;
  CHECK(missing.shop({"shop", "open", "--config", "/nonexistent"}) == Exit::usage);
}

TEST_CASE("an option of another command in the file does no harm") {
  const ConfigText config("dir = /tmp\n[shop.open]\nslot = s\nlimit = 5x\n");
  ShopProcess process;
  CHECK(process.shop({"shop", "close", "--config", config.path}) == Exit::no);
  CHECK(process.directory == "/tmp");
}

TEST_CASE("--print-config shows values, places and no secret") {
  const ConfigText config("slot = s\npassword = hush1\n");
  ShopProcess process;
  process.variables = {{"CDCCTL_WAIT", "8s"}};
  CHECK(process.shop({"shop", "open", "-vv", "--config", config.path, "--print-config",
                      "postgresql://u:hush2@h/db"}) == Exit::done);
  const std::string text = process.out.text();
  CHECK(contains(text, "[shop.open]\n"));
  CHECK(contains(text, "verbose = 2  # from the command line\n"));
  CHECK(contains(text, "slot = \"s\"  # from " + config.path + ":1\n"));
  CHECK(contains(text, "wait = \"8s\"  # from the environment variable CDCCTL_WAIT\n"));
  CHECK(contains(text, "limit = \"64KiB\"  # default\n"));
  CHECK(contains(text, "conninfo = \"postgresql://u:***@h/db\"  # from the command line\n"));
  CHECK(contains(text, "password = \"***\""));
  CHECK_FALSE(contains(text, "hush"));
}

TEST_CASE("what a command throws becomes words and the exit code of its fault") {
  ShopProcess process;
  const auto fail = [](Context&) -> int {
    const cdc::Error cause(cdc::Fault::unavailable, "connection refused");
    throw cdc::Error(cdc::Fault::state, "the slot is gone")
        .with_detail("SQLSTATE 42704")
        .with_hint("create it")
        .caused_by(cause);
  };
  CHECK(process.shop({"shop", "open", "--slot", "s"}, fail) == Exit::state);
  CHECK(process.err.text() ==
        "cdcctl: error: the slot is gone\ndetail: SQLSTATE 42704\ncaused by: connection refused\n"
        "hint: create it\n");
  ShopProcess bug;
  const auto crash = [](Context&) -> int { throw std::logic_error("what"); };
  CHECK(bug.shop({"shop", "open", "--slot", "s"}, crash) == Exit::internal);
  CHECK(contains(bug.err.text(), "this is a bug"));
}

TEST_CASE("with --log-format json a bad call is one JSON object") {
  ShopProcess process;
  CHECK(process.shop({"shop", "open", "--log-format", "json", "--nope"}) == Exit::usage);
  const std::string line = process.err.text();
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["level"] == "error");
  CHECK(json["fault"] == "usage");
  CHECK(json["exit"] == 2);
  CHECK(json["message"] == "unknown option '--nope'");
  CHECK(json.contains("detail"));
  CHECK(json.contains("hint"));
}

TEST_CASE("a password among the arguments is warned about, never printed") {
  ShopProcess process;
  CHECK(process.shop({"shop", "open", "--slot", "s", "postgresql://u:hush@h/db", "u:hush@",
                      "postgresql://u:hush@h/db"},
                     {}, PasswordOnArgv::yes) == Exit::usage);
  CHECK_FALSE(contains(process.err.text(), "postgresql://u:hush"));
  ShopProcess good;
  CHECK(good.shop({"shop", "open", "--slot", "s", "postgresql://u:hush@h/db"}, {},
                  PasswordOnArgv::yes) == Exit::done);
  CHECK(contains(good.err.text(), "cdcctl: warning: a password on the command line"));
}

TEST_CASE("quiet keeps errors only") {
  ShopProcess process;
  process.shop({"shop", "open", "--slot", "s", "-q"}, [](Context& context) -> int {
    context.log.warning("w");
    throw cdc::Error(cdc::Fault::output, "e");
  });
  CHECK(process.err.text() == "cdcctl: error: e\n");
}

TEST_CASE("a log file takes the lines, and SIGHUP opens it anew") {
  const ConfigText log("");
  ShopProcess process;
  process.shop({"shop", "open", "--slot", "s", "--log-file", log.path}, [&](Context& context) {
    context.log.warning("first");
    std::filesystem::rename(log.path, log.path + ".1");
    std::raise(SIGHUP);
    context.log.warning("second");
    return context.signals.take_reopen_request() ? Exit::done : Exit::no;
  });
  std::ifstream fresh(log.path);
  const std::string text{std::istreambuf_iterator<char>(fresh), {}};
  std::filesystem::remove(log.path + ".1");
  CHECK(contains(text, "cdcctl: warning: second"));
  CHECK_FALSE(contains(text, "first"));
  CHECK(process.err.text() == "");
}

TEST_CASE("an empty value counts as a mistake, not as left out") {
  for (const auto& [arguments, name] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"shop", "open", "--slot", ""}, "--slot"},
           {{"shop", "open", "--slot", "s", ""}, "CONNINFO"},
           {{"shop", "open", "--slot", "s", "--config", ""}, "--config"}}) {
    ShopProcess process;
    CHECK(process.shop(arguments) == Exit::usage);
    CHECK(contains(process.err.text(), name + " is empty"));
  }
}

TEST_CASE("a guard is passed on the command line alone") {
  ShopProcess process;
  process.variables["CDCCTL_YES"] = "true";
  CHECK(process.shop({"shop", "open", "--slot", "s"}) == Exit::done);
  CHECK_FALSE(process.values.yes);
  const ConfigText config("yes = true\n");
  ShopProcess second;
  CHECK(second.shop({"shop", "open", "--slot", "s", "--config", config.path}) == Exit::usage);
  CHECK(contains(second.err.text(), "no option has the name 'yes'"));
}

TEST_CASE("a count is a whole number that fits") {
  for (const char* text : {"-1", "1.5", "1x", "18446744073709551616"}) {
    ShopProcess process;
    CHECK(process.shop({"shop", "open", "--slot", "s", "--most", text}) == Exit::usage);
  }
  ShopProcess process;
  CHECK(process.shop({"shop", "open", "--slot", "s", "--most", "0"}) == Exit::done);
  CHECK(process.values.most == 0U);
}

TEST_CASE("the format of the file holds for a bad call too") {
  const ConfigText config("log-format = json\n");
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"shop", "open", "--config", config.path, "--nothing"},
                                             {"shop", "open", "--config", config.path}}) {
    ShopProcess process;
    CHECK(process.shop(arguments) == Exit::usage);
    CHECK(nlohmann::json::parse(process.err.text())["exit"] == 2);
  }
}

}  // namespace cdcctl
