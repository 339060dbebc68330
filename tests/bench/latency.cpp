// How long after COMMIT has returned a change can be read from the pipe of a command. Rows of
// `latency (id serial, mark text)` carry a mark that is looked for in whatever the command writes.
// usage: latency CONNINFO COMMITS GAP_US COMMAND [ARGUMENT...]   prints p50 and p99 in microseconds

#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

constexpr std::size_t kMarkDigits = 7;

std::string mark(std::size_t number) {
  std::string digits = std::to_string(number);
  return "mark" + std::string(kMarkDigits - digits.size(), '0') + digits;
}

void execute(PGconn* connection, const std::string& statement) {
  PGresult* result = PQexec(connection, statement.c_str());
  const bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
  PQclear(result);
  if (!done) throw std::runtime_error(PQerrorMessage(connection));
}

void insert(PGconn* connection, std::size_t number) {
  execute(connection, "insert into latency (mark) values ('" + mark(number) + "')");
}

/// Notes when each mark was first read. One thread writes, the other looks at `seen`.
class Reader {
 public:
  explicit Reader(std::size_t count) : arrivals_(count) {}

  void read(int fd) {
    std::string text;
    std::array<char, 65536> chunk{};
    for (;;) {
      const ssize_t size = ::read(fd, chunk.data(), chunk.size());
      if (size <= 0) return;
      const Clock::time_point now = Clock::now();
      text.append(chunk.data(), static_cast<std::size_t>(size));
      take_marks(text, now);
    }
  }

  std::size_t seen() const { return seen_.load(); }
  Clock::time_point arrival(std::size_t number) const { return arrivals_[number]; }

 private:
  void take_marks(std::string& text, Clock::time_point now) {
    std::size_t line = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', line)) {
      const std::string_view view = std::string_view(text).substr(line, end - line);
      const std::size_t at = view.find("mark0");
      if (at != std::string_view::npos) {
        const auto number = std::stoul(std::string(view.substr(at + 4, kMarkDigits)));
        if (number < arrivals_.size()) arrivals_[number] = now;
        seen_.store(number + 1);
      }
      line = end + 1;
    }
    text.erase(0, line);
  }

  std::vector<Clock::time_point> arrivals_;
  std::atomic<std::size_t> seen_{0};
};

/// A command whose stdout a thread reads until it ends.
class Command {
 public:
  Command(char** argv, Reader& reader) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("no process");
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execvp(argv[0], argv);
      ::_exit(127);
    }
    ::close(ends[1]);
    out_ = ends[0];
    thread_ = std::thread([this, &reader] { reader.read(out_); });
  }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command() {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
    thread_.join();
    ::close(out_);
  }

 private:
  pid_t child_ = -1;
  int out_ = -1;
  std::thread thread_;
};

void wait_for(const Reader& reader, std::size_t count) {
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(30);
  while (reader.seen() < count) {
    if (Clock::now() > deadline) throw std::runtime_error("the command did not write the rows");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void report(std::vector<double> micros) {
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double part) {
    return micros[static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1))];
  };
  std::printf("%.1f %.1f\n", at(0.50), at(0.99));
}

void measure(PGconn* connection, std::size_t commits, std::chrono::microseconds gap,
             char** command) {
  constexpr std::size_t kWarmUp = 200;
  Reader reader(kWarmUp + commits);
  std::vector<Clock::time_point> committed(kWarmUp + commits);
  const Command running(command, reader);

  for (std::size_t i = 0; i < committed.size(); ++i) {
    insert(connection, i);
    committed[i] = Clock::now();
    if (i == 0) wait_for(reader, 1);
    std::this_thread::sleep_for(gap);
  }
  wait_for(reader, committed.size());

  std::vector<double> micros;
  for (std::size_t i = kWarmUp; i < committed.size(); ++i) {
    micros.push_back(
        std::chrono::duration<double, std::micro>(reader.arrival(i) - committed[i]).count());
  }
  report(std::move(micros));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  try {
    const Connection connection(PQconnectdb(argv[1]), &PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK) {
      throw std::runtime_error(PQerrorMessage(connection.get()));
    }
    measure(connection.get(), std::strtoul(argv[2], nullptr, 10),
            std::chrono::microseconds(std::strtol(argv[3], nullptr, 10)), argv + 4);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
