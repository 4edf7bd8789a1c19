// time-run COMMAND [ARGUMENT...]: runs it and writes to fd 3: wall time in ns, peak resident KiB, wait status.
// Not Node's own spawn: its 1-2 ms would be half of what is measured here, and a child starts with its parent's peak of
// memory (kernel: fs/exec.c, setmax_mm_hiwater_rss), which of a Node is more than that of most commands.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

int main(int argc, char **argv) {
  struct timespec from, to;
  struct rusage use;
  pid_t pid;
  int status;
  if (argc < 2 || fcntl(3, F_SETFD, FD_CLOEXEC) != 0) return 64;
  clock_gettime(CLOCK_MONOTONIC, &from);
  if (posix_spawnp(&pid, argv[1], NULL, NULL, argv + 1, environ) != 0) return 127;
  if (wait4(pid, &status, 0, &use) != pid) return 1;
  clock_gettime(CLOCK_MONOTONIC, &to);
  long long ns = (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec;
  return dprintf(3, "%lld %ld %d\n", ns, use.ru_maxrss, status) < 0;
}
