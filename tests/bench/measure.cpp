// Runs a command and writes what it took as one line: wall, user and system seconds, peak RSS in
// KiB, exit status.
// usage: measure FILE COMMAND [ARGUMENT...]

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(argv[2], argv + 2);
    std::perror(argv[2]);
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child) return 70;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;

  std::FILE* out = std::fopen(argv[1], "w");
  if (out == nullptr) return 7;
  std::fprintf(out, "%.6f %.6f %.6f %ld %d\n", wall.count(), seconds(usage.ru_utime),
               seconds(usage.ru_stime), usage.ru_maxrss, exit_status(status));
  std::fclose(out);
  return exit_status(status);
}
