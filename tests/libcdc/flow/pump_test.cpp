#include "libcdc/flow/pump.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/libcdc/flow/fakes.hpp"

using namespace cdc;
using namespace std::chrono_literals;
using fake::rows;
using fake::safe_point;
using Reader = fake::Sink::Reader;

namespace {

/// A pump and all that stands around it. It commits in every round unless told otherwise.
struct Setup {
  Setup() {
    options.commit_interval = 0ms;
    source.when_idle = [this] { stop.request(); };
  }

  Pump::End run(const ResumePoint& after = {"5", std::nullopt}) {
    Pump pump(source, sink, with_store ? &store : nullptr, std::move(acks),
              LimitFilter(limits, fake::compare), fake::compare, options, stop, log);
    return pump.run(after);
  }

  /// The lines of the trace that begin with one of these words.
  fake::Trace only(std::initializer_list<std::string_view> words) const {
    fake::Trace found;
    for (const std::string& line : trace) {
      const std::string word = line.substr(0, line.find(' '));
      if (std::find(words.begin(), words.end(), word) != words.end()) found.push_back(line);
    }
    return found;
  }

  fake::Trace trace;
  fake::Source source{trace};
  fake::Sink sink{trace};
  fake::Store store{trace};
  bool with_store = true;
  std::vector<AckReader> acks;
  Limits limits;
  PumpOptions options;
  Stop stop;
  Log log;
};

/// A pipe through which a consumer hands back positions.
struct AckPipe {
  AckPipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  AckReader reader() const { return AckReader::from_fd(read.get(), fake::parse); }
  void say(const std::string& text) const {
    REQUIRE(::write(write.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }

  Fd read;
  Fd write;
};

/// Files of acknowledgements, removed at the end.
struct AckFiles {
  AckFiles() {
    std::string name = std::filesystem::temp_directory_path() / "cdc_pump_XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory = name;
  }
  ~AckFiles() { std::filesystem::remove_all(directory); }
  AckFiles(const AckFiles&) = delete;
  AckFiles& operator=(const AckFiles&) = delete;

  std::string path(const std::string& name) const { return directory / name; }
  void append(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::app) << text;
  }
  AckReader reader(const std::string& name) const {
    return AckReader::from_file(path(name), fake::parse);
  }

  std::filesystem::path directory;
};

/// Two whole transactions, 10 to 11 and 20 to 21.
void two_transactions(Batch& batch) {
  rows(batch, "10", 1, 2);
  safe_point(batch, "11");
  rows(batch, "20", 1, 3);
  safe_point(batch, "21");
}

}  // namespace

TEST_CASE(
    "invariant 1: nothing is acknowledged before it is remembered, nothing is remembered before it "
    "is out") {
  Setup setup;
  setup.source.gives([](Batch& batch) {
    rows(batch, "10", 1, 2);
    safe_point(batch, "11");
  });
  setup.source.gives([](Batch& batch) {
    rows(batch, "20", 1, 1);
    safe_point(batch, "21");
  });

  SUBCASE("with a reader that takes everything at once") {
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.trace == fake::Trace{"start 5", "out 10#1 10#2", "sync", "save 11 events 2",
                                     "acknowledge 11", "out 20#1", "sync", "save 21 events 1",
                                     "acknowledge 21"});
  }
  SUBCASE("with a reader that is always a little slower") {
    setup.sink.reader = Reader::slow;
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.only({"out", "save", "acknowledge"}) ==
          fake::Trace{"out 10#1 10#2", "save 11 events 2", "acknowledge 11", "out 20#1",
                      "save 21 events 1", "acknowledge 21"});
  }
  SUBCASE("without a store the sink is synced before the source is told") {
    setup.with_store = false;
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.trace == fake::Trace{"start 5", "out 10#1 10#2", "sync", "acknowledge 11",
                                     "out 20#1", "sync", "acknowledge 21"});
  }
}

TEST_CASE("where it begins is remembered before the first line is out") {
  Setup setup;
  setup.options.is_beginning = true;
  setup.options.commit_interval = 1h;
  setup.source.gives([](Batch& batch) {
    safe_point(batch, "7");
    rows(batch, "10", 1, 2);
    safe_point(batch, "11");
  });

  SUBCASE("at what the source says first") {
    CHECK(setup.run({"", std::nullopt}) == Pump::End::stopped);
    CHECK(setup.trace == fake::Trace{"start ", "sync", "save 7 events 0", "acknowledge 7",
                                     "out 10#1 10#2", "sync", "save 11 events 2",
                                     "acknowledge 11"});
  }
  SUBCASE("behind the place that was asked for, where the source begins there") {
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.trace == fake::Trace{"start 5", "sync", "save 7 events 0", "acknowledge 7",
                                     "out 10#1 10#2", "sync", "save 11 events 2",
                                     "acknowledge 11"});
  }
  SUBCASE("but not where nothing is to be remembered") {
    setup.options.acknowledge = false;
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.trace == fake::Trace{"start 5", "out 10#1 10#2"});
  }
}

TEST_CASE("where it begins is the place that was asked for, if the source says nothing else") {
  Setup setup;
  setup.options.is_beginning = true;
  setup.options.commit_interval = 1h;
  setup.source.gives([](Batch& batch) {
    rows(batch, "10", 1, 2);
    safe_point(batch, "11");
  });
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.trace == fake::Trace{"start 5", "sync", "save 5 events 0", "acknowledge 5",
                                   "out 10#1 10#2", "sync", "save 11 events 2", "acknowledge 11"});
}

TEST_CASE("invariant 1: what is not remembered is not acknowledged") {
  Setup setup;
  setup.source.gives(two_transactions);

  SUBCASE("the store fails") {
    setup.store.error = Error(Fault::output, "disk full");
    CHECK_THROWS_WITH_AS(setup.run(), "disk full", Error);
    CHECK(setup.trace ==
          fake::Trace{"start 5", "out 10#1 10#2 20#1 20#2 20#3", "sync", "save 21 events 5"});
  }
  SUBCASE("the output cannot be made durable") {
    setup.sink.sync_error = Error(Fault::output, "no space");
    CHECK_THROWS_WITH_AS(setup.run(), "no space", Error);
    CHECK(setup.only({"save", "acknowledge"}).empty());
  }
}

TEST_CASE("invariant 2: a saved position only moves forward, and only to a safe point") {
  Setup setup;
  setup.source.gives([](Batch& batch) {
    rows(batch, "10", 1, 2);
    safe_point(batch, "11");
    rows(batch, "20", 1, 1);
  });
  setup.source.gives([](Batch& batch) { rows(batch, "20", 2, 2); });
  setup.source.gives([](Batch& batch) { rows(batch, "20", 3, 3); });
  setup.source.gives([](Batch& batch) { safe_point(batch, "21"); });
  setup.source.gives([](Batch& batch) { safe_point(batch, "30"); });

  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.only({"save"}) ==
        fake::Trace{"save 11 events 2", "save 21 events 3", "save 30 events 0"});
}

TEST_CASE("invariant 2: a polite end remembers the middle of a transaction, and only it does") {
  Setup setup;
  setup.source.gives([](Batch& batch) {
    rows(batch, "10", 1, 2);
    safe_point(batch, "11");
    rows(batch, "20", 1, 2);
  });

  SUBCASE("with a store") {
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.only({"save", "acknowledge"}) == fake::Trace{"save 11 events 2", "acknowledge 11",
                                                             "save 11+20#2 events 2",
                                                             "acknowledge 11"});
  }
  SUBCASE("not where what is written depends on the whole transaction") {
    setup.options.leaves_transactions = false;
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.only({"save", "acknowledge"}) == fake::Trace{"save 11 events 2", "acknowledge 11"});
  }
  SUBCASE("without a store nobody can remember it") {
    setup.with_store = false;
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.only({"acknowledge"}) == fake::Trace{"acknowledge 11"});
  }
}

TEST_CASE("invariant 2: after a start inside a transaction the place in it is not forgotten") {
  Setup setup;
  const ResumePoint inside{"11", ChangePosition{"20", 2}};

  SUBCASE("while nothing comes") {
    setup.source.then([] {});
    setup.source.then([] {});
    CHECK(setup.run(inside) == Pump::End::stopped);
    CHECK(setup.only({"save", "acknowledge"}).empty());
  }
  SUBCASE("while the rest of the transaction comes") {
    setup.source.gives([](Batch& batch) { rows(batch, "20", 3, 3); });
    setup.source.then([] {});
    setup.source.gives([](Batch& batch) {
      rows(batch, "20", 4, 4);
      safe_point(batch, "21");
    });
    CHECK(setup.run(inside) == Pump::End::stopped);
    CHECK(setup.only({"save"}) == fake::Trace{"save 21 events 2"});
  }
  SUBCASE("at a polite end") {
    setup.source.gives([](Batch& batch) { rows(batch, "20", 3, 3); });
    CHECK(setup.run(inside) == Pump::End::stopped);
    CHECK(setup.only({"save"}) == fake::Trace{"save 11+20#3 events 1"});
  }
  SUBCASE("without a store nothing new is acknowledged") {
    setup.with_store = false;
    setup.source.gives([](Batch& batch) { rows(batch, "20", 3, 3); });
    CHECK(setup.run(inside) == Pump::End::stopped);
    CHECK(setup.only({"acknowledge"}).empty());
  }
}

TEST_CASE("what the sink did not take is not remembered") {
  Setup setup;
  setup.source.gives(two_transactions);
  setup.source.then([&] { setup.sink.reader = Reader::stalled; });
  setup.source.gives([](Batch& batch) {
    rows(batch, "30", 1, 1);
    safe_point(batch, "31");
  });
  int stalled_rounds = 0;
  setup.source.when_kept_alive = [&] {
    if (setup.sink.reader == Reader::stalled && ++stalled_rounds == 3) {
      setup.sink.reader = Reader::gone;
    }
  };

  CHECK(setup.run() == Pump::End::reader_gone);
  CHECK(setup.only({"out", "save", "acknowledge"}) ==
        fake::Trace{"out 10#1 10#2 20#1 20#2 20#3", "save 21 events 5", "acknowledge 21"});
}

TEST_CASE("nothing is committed after the reader has gone") {
  Setup setup;
  setup.options.commit_interval = 1h;
  setup.source.gives(two_transactions);
  setup.source.then([&] { setup.sink.reader = Reader::gone; });
  CHECK(setup.run() == Pump::End::reader_gone);
  CHECK(setup.trace == fake::Trace{"start 5", "out 10#1 10#2 20#1 20#2 20#3"});
}

TEST_CASE("a reader that goes while nothing is written ends the pump at once") {
  Setup setup;
  setup.source.when_idle = [&] { setup.sink.reader = Reader::gone; };
  CHECK(setup.run() == Pump::End::reader_gone);
  CHECK(setup.source.polls == 1);
}

TEST_CASE("what the sink holds back goes out at a polite end") {
  Setup setup;
  setup.sink.held = "held";
  setup.source.gives([](Batch& batch) { rows(batch, "10", 1, 1); });
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.only({"out"}) == fake::Trace{"out 10#1", "out held"});
}

TEST_CASE("the batch that was begun goes out whole at a polite end") {
  Setup setup;
  setup.sink.reader = Reader::stalled;
  setup.source.gives(two_transactions);
  setup.source.when_kept_alive = [&] {
    setup.stop.request();
    setup.sink.reader = Reader::slow;
  };
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.only({"out", "save", "acknowledge"}) ==
        fake::Trace{"out 10#1 10#2 20#1 20#2 20#3", "save 21 events 5", "acknowledge 21"});
}

TEST_CASE("a polite end gives up a batch that nobody takes, and remembers nothing of it") {
  Setup setup;
  setup.sink.reader = Reader::stalled;
  setup.sink.when_drained = [](std::chrono::milliseconds wait) {
    std::this_thread::sleep_for(wait / 10);
  };
  setup.source.gives(two_transactions);
  setup.source.when_kept_alive = [&] { setup.stop.request(); };
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.trace == fake::Trace{"start 5"});
}

TEST_CASE("a stop before the first poll takes nothing") {
  Setup setup;
  setup.stop.request();
  setup.source.gives(two_transactions);
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.trace == fake::Trace{"start 5"});
}

TEST_CASE("an interrupted wait inside the source is a polite end") {
  Setup setup;
  setup.source.gives(two_transactions);
  setup.source.gives([](Batch& batch) {
    rows(batch, "30", 1, 1);
    throw Interrupted();
  });
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.only({"out", "save"}) ==
        fake::Trace{"out 10#1 10#2 20#1 20#2 20#3", "save 21 events 5"});
}

TEST_CASE("a stalled consumer: the server is kept content, and nothing more is polled") {
  Setup setup;
  setup.sink.reader = Reader::stalled;
  setup.source.gives(two_transactions);
  setup.source.when_kept_alive = [&] {
    if (setup.source.keep_alives == 5) setup.sink.reader = Reader::fast;
  };
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.source.keep_alives >= 5);
  CHECK(setup.source.polls == 2);
  CHECK(setup.only({"suspend"}).empty());
}

TEST_CASE(
    "a stall beyond its bound lets go of the server and goes on exactly behind what was put") {
  Setup setup;
  setup.options.stall_timeout = 3ms;
  setup.sink.reader = Reader::stalled;
  setup.source.gives([](Batch& batch) {
    rows(batch, "10", 1, 2);
    safe_point(batch, "11");
    rows(batch, "20", 1, 2);
  });
  setup.source.gives([](Batch& batch) {
    rows(batch, "20", 3, 3);
    safe_point(batch, "21");
  });
  int drains = 0;
  setup.sink.when_drained = [&](std::chrono::milliseconds) {
    const bool suspended =
        std::find(setup.trace.begin(), setup.trace.end(), "suspend") != setup.trace.end();
    if (suspended && ++drains > 4) setup.sink.reader = Reader::fast;
  };

  SUBCASE("and the commit that falls due then reaches the server afterwards") {
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.trace == fake::Trace{"start 5", "suspend", "out 10#1 10#2 20#1 20#2", "sync",
                                     "save 11 events 2", "start 11+20#2", "acknowledge 11",
                                     "out 20#3", "sync", "save 21 events 3", "acknowledge 21"});
  }
  SUBCASE("a reader that goes meanwhile is seen") {
    setup.sink.when_drained = [&](std::chrono::milliseconds) {
      if (!setup.trace.empty() && setup.trace.back() == "suspend" && ++drains > 4) {
        setup.sink.reader = Reader::gone;
      }
    };
    CHECK(setup.run() == Pump::End::reader_gone);
    CHECK(setup.trace == fake::Trace{"start 5", "suspend"});
  }
  SUBCASE("a stop meanwhile does not wait for it") {
    setup.sink.when_drained = [&](std::chrono::milliseconds) {
      if (!setup.trace.empty() && setup.trace.back() == "suspend" && ++drains > 4) {
        setup.stop.request();
      }
    };
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.trace == fake::Trace{"start 5", "suspend"});
  }
}

TEST_CASE("a slow consumer that still takes something is not a stalled one") {
  Setup setup;
  setup.options.stall_timeout = 3ms;
  setup.sink.reader = Reader::slow;
  setup.sink.when_drained = [](std::chrono::milliseconds wait) {
    if (wait > 0ms) std::this_thread::sleep_for(1ms);
  };
  for (int i = 0; i < 10; ++i) {
    const std::string at = std::to_string(10 + i * 2);
    setup.source.gives([at](Batch& batch) { rows(batch, at, 1, 1); });
  }
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.only({"suspend"}).empty());
}

TEST_CASE("--ack none remembers and acknowledges nothing") {
  Setup setup;
  setup.options.acknowledge = false;
  setup.source.gives([](Batch& batch) {
    two_transactions(batch);
    batch.ask_for_commit();
  });
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.trace == fake::Trace{"start 5", "out 10#1 10#2 20#1 20#2 20#3"});
}

TEST_CASE("an idle pump sleeps") {
  Setup setup;
  setup.source.quiet = true;
  setup.source.when_idle = nullptr;
  setup.source.gives(two_transactions);
  SUBCASE("with --ack none, which never commits") {
    setup.options.acknowledge = false;
  }
  SUBCASE("behind a deadline that waits for the source") {
    setup.limits.idle_exit = 1ms;
    setup.source.behind = 1;
  }
  SUBCASE("while something waits for its commit") {
    setup.options.commit_interval = 60ms;
  }
  setup.limits.duration = 120ms;
  CHECK(setup.run() == Pump::End::limit);
  CHECK(setup.source.polls < 8);
}

TEST_CASE("commits wait for their interval, and for it only") {
  Setup setup;
  setup.options.commit_interval = 5ms;
  setup.source.gives(two_transactions);
  setup.source.then([&] { CHECK(setup.only({"save"}).empty()); });
  setup.source.when_idle = [&] {
    if (!setup.store.saved.empty()) setup.stop.request();
  };
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.store.saved == std::vector<std::string>{"21"});
}

TEST_CASE("a server that asks is acknowledged to as soon as the batch is out") {
  Setup setup;
  setup.options.commit_interval = 1h;

  SUBCASE("which may be later than the asking") {
    setup.sink.reader = Reader::slow;
    setup.source.gives([](Batch& batch) {
      two_transactions(batch);
      batch.ask_for_commit();
    });
    setup.source.then([] {});
    setup.source.then([&] { CHECK(setup.store.saved == std::vector<std::string>{"21"}); });
  }
  SUBCASE("with a batch that holds nothing itself") {
    setup.source.gives(two_transactions);
    setup.source.gives([](Batch& batch) { batch.ask_for_commit(); });
    setup.source.then([&] { CHECK(setup.store.saved == std::vector<std::string>{"21"}); });
  }
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.store.saved == std::vector<std::string>{"21"});
}

TEST_CASE("the counters follow what was put and what was committed") {
  Setup setup;
  PumpProgress last;
  setup.options.tick = [&](const PumpProgress& progress) { last = progress; };
  setup.source.behind = 7;
  setup.source.gives([](Batch& batch) {
    rows(batch, "10", 1, 2);
    safe_point(batch, "11", 1234);
    rows(batch, "20", 1, 1);
  });
  setup.source.then([&] {
    CHECK(last.events_put == 3);
    CHECK(last.events_committed == 2);
    CHECK(last.last_commit_time == 1234);
    CHECK(last.bytes_behind == 7);
    CHECK_FALSE(last.stalled);
  });
  CHECK(setup.run() == Pump::End::stopped);
}

TEST_CASE("limits end the pump politely, with everything remembered") {
  Setup setup;
  setup.source.gives(two_transactions);

  SUBCASE("--max-events inside a transaction") {
    setup.limits.max_events = 3;
    CHECK(setup.run() == Pump::End::limit);
    CHECK(setup.trace == fake::Trace{"start 5", "out 10#1 10#2 20#1", "sync", "save 11 events 2",
                                     "acknowledge 11", "sync", "save 11+20#1 events 1",
                                     "acknowledge 11"});
  }
  SUBCASE("--max-events at the end of one") {
    setup.limits.max_events = 2;
    CHECK(setup.run() == Pump::End::limit);
    CHECK(setup.store.saved == std::vector<std::string>{"11"});
  }
  SUBCASE("--max-events waits for a slow consumer") {
    setup.limits.max_events = 2;
    setup.sink.reader = Reader::slow;
    CHECK(setup.run() == Pump::End::limit);
    CHECK(setup.store.saved == std::vector<std::string>{"11"});
  }
  SUBCASE("--until a resume position") {
    setup.limits.until_position = "11";
    CHECK(setup.run() == Pump::End::limit);
    CHECK(setup.only({"out"}) == fake::Trace{"out 10#1 10#2"});
    CHECK(setup.store.saved == std::vector<std::string>{"11"});
  }
  SUBCASE("--until a change") {
    setup.limits.until_change = ChangePosition{"20", 2};
    CHECK(setup.run() == Pump::End::limit);
    CHECK(setup.only({"out"}) == fake::Trace{"out 10#1 10#2 20#1 20#2"});
    CHECK(setup.store.saved == std::vector<std::string>{"11", "11+20#2"});
  }
  SUBCASE("--until where the start is there already") {
    setup.limits.until_position = "5";
    CHECK(setup.run() == Pump::End::limit);
    CHECK(setup.only({"save"}).size() <= 1);
  }
  SUBCASE("--for") {
    setup.limits.duration = 2ms;
    setup.source.when_idle = nullptr;
    CHECK(setup.run() == Pump::End::limit);
    CHECK(setup.store.saved == std::vector<std::string>{"21"});
  }
  SUBCASE("--idle-exit") {
    setup.limits.idle_exit = 2ms;
    setup.source.when_idle = nullptr;
    CHECK(setup.run() == Pump::End::limit);
    CHECK(setup.store.saved == std::vector<std::string>{"21"});
  }
}

TEST_CASE("--idle-exit and --until TIME wait for a server that has more on its way") {
  Setup setup;
  setup.source.behind = 100;
  SUBCASE("--idle-exit") {
    setup.limits.idle_exit = 1ms;
  }
  SUBCASE("--until TIME") {
    setup.limits.until_time = 1000;
    setup.source.end = "11";
  }
  for (int i = 0; i < 20; ++i) {
    setup.source.then([] { std::this_thread::sleep_for(200us); });
  }
  setup.source.gives([&](Batch& batch) {
    rows(batch, "10", 1, 2, 500);
    safe_point(batch, "11", 500);
    setup.source.behind = 0;
  });
  setup.source.when_idle = nullptr;
  CHECK(setup.run() == Pump::End::limit);
  CHECK(setup.only({"out"}) == fake::Trace{"out 10#1 10#2"});
}

TEST_CASE("--ack fd: only what the consumer hands back is remembered and acknowledged") {
  Setup setup;
  AckPipe pipe;
  setup.acks.push_back(pipe.reader());
  setup.source.gives(two_transactions);

  SUBCASE("change by change") {
    setup.source.then([&] { CHECK(setup.store.saved.empty()); });
    setup.source.then([&] { pipe.say("10#1\n"); });
    setup.source.then([&] {
      CHECK(setup.store.saved == std::vector<std::string>{"5+10#1"});
      pipe.say("10#2\n20");
    });
    setup.source.then([&] {
      CHECK(setup.store.saved.back() == "11");
      pipe.say("#3\n");
    });
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.only({"save", "acknowledge"}) ==
          fake::Trace{"save 5+10#1 events 1", "acknowledge 5", "save 11 events 1", "acknowledge 11",
                      "save 21 events 3", "acknowledge 21"});
  }
  SUBCASE("a polite end waits for the last of them") {
    setup.options.commit_interval = 1h;
    setup.source.when_kept_alive = [&] {
      if (setup.stop.requested()) pipe.say("20#3\n");
    };
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.store.saved == std::vector<std::string>{"21"});
  }
  SUBCASE("the consumer closes it: what it said still counts") {
    setup.options.commit_interval = 1h;
    setup.source.then([&] {
      pipe.say("10#2\n");
      pipe.write.close();
    });
    CHECK(setup.run() == Pump::End::reader_gone);
    CHECK(setup.only({"save", "acknowledge"}) == fake::Trace{"save 11 events 2", "acknowledge 11"});
  }
  SUBCASE("the reader goes: what it said still counts") {
    setup.options.commit_interval = 1h;
    setup.source.then([&] {
      pipe.say("20#1\n");
      setup.sink.reader = Reader::gone;
    });
    CHECK(setup.run() == Pump::End::reader_gone);
    CHECK(setup.store.saved == std::vector<std::string>{"11+20#1"});
  }
  SUBCASE("beyond everything written is a mistake of the call") {
    setup.source.then([&] { pipe.say("30#1\n"); });
    try {
      setup.run();
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
      CHECK(error.message() == "position 30 is acknowledged, but nothing behind 21 was written");
    }
    CHECK(setup.only({"save", "acknowledge"}).empty());
  }
  SUBCASE("a line that is none is one as well, and is not repeated in the error") {
    setup.source.then([&] { pipe.say("10#1\nsecret\n"); });
    try {
      setup.run();
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
      CHECK(error.message().find("line 2") != std::string::npos);
      CHECK(error.message().find("secret") == std::string::npos);
    }
  }
}

TEST_CASE("--ack file: the smallest of several counts, and the torn last line does not") {
  Setup setup;
  const AckFiles files;
  setup.acks.push_back(files.reader("a"));
  setup.acks.push_back(files.reader("b"));
  setup.source.gives(two_transactions);
  setup.source.then([&] { files.append("a", "20#3\n"); });
  setup.source.then([&] {
    CHECK(setup.store.saved.empty());
    files.append("b", "10#2\n20#");
  });
  setup.source.then([&] {
    CHECK(setup.store.saved == std::vector<std::string>{"11"});
    files.append("b", "2\n");
  });
  setup.source.then([&] { files.append("b", "20#3\n"); });
  CHECK(setup.run() == Pump::End::stopped);
  CHECK(setup.store.saved == std::vector<std::string>{"11", "11+20#2", "21"});
}

TEST_CASE(
    "--ack file: a consumer with a descriptor that ends is seen behind a file without lines") {
  Setup setup;
  const AckFiles files;
  AckPipe pipe;
  setup.acks.push_back(files.reader("empty"));
  setup.acks.push_back(pipe.reader());
  setup.source.gives(two_transactions);
  setup.source.then([&] { pipe.write.close(); });
  CHECK(setup.run() == Pump::End::reader_gone);
}

TEST_CASE("--ack file: what earlier runs acknowledged says nothing of what is written now") {
  Setup setup;
  const AckFiles files;
  files.append("acks", "20#3\n");
  setup.acks.push_back(files.reader("acks"));
  setup.source.gives(two_transactions);

  SUBCASE("so it moves nothing") {
    setup.source.then([] {});
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.store.saved.empty());
  }
  SUBCASE("until it is said again") {
    setup.source.then([&] { files.append("acks", "20#2\n"); });
    CHECK(setup.run() == Pump::End::stopped);
    CHECK(setup.store.saved == std::vector<std::string>{"11+20#2"});
  }
  SUBCASE("and a new line beyond what was written is refused") {
    setup.source.then([&] { files.append("acks", "40#1\n"); });
    CHECK_THROWS_AS(setup.run(), Error);
  }
}
