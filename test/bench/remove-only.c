// remove-only UID: removes what has the fingerprint of httpd's mutexes (key 0, mode 0600, one semaphore, owned by UID, made
// by root), and asks nothing else: not whether an httpd lives. No program can do the same work in less: the lower limit.
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  unsigned long wanted = strtoul(argv[1], NULL, 10);
  FILE *table = fopen("/proc/sysvipc/sem", "r");
  if (table == NULL) return 1;
  char line[256];
  int *ids = NULL;
  size_t count = 0, room = 0;
  if (fgets(line, sizeof line, table) == NULL) return 1;
  while (fgets(line, sizeof line, table) != NULL) {
    char *at = line;
    long key = strtol(at, &at, 10);
    int id = (int)strtol(at, &at, 10);
    unsigned long mode = strtoul(at, &at, 8), nsems = strtoul(at, &at, 10), uid = strtoul(at, &at, 10);
    (void)strtoul(at, &at, 10);
    unsigned long cuid = strtoul(at, &at, 10);
    if (key != 0 || mode != 0600 || nsems != 1 || uid != wanted || cuid != 0) continue;
    if (count == room && (ids = realloc(ids, (room = room * 2 + 64) * sizeof *ids)) == NULL) return 1;
    ids[count++] = id;
  }
  int failed = 0;
  for (size_t i = 0; i < count; i++) failed |= semctl(ids[i], 0, IPC_RMID) < 0;
  return failed;
}
