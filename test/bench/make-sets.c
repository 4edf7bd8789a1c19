// make-sets LEAKED UID FOREIGN FOREIGN_UID: empties this IPC namespace's semaphore table, then fills it anew.
// Leaked sets are as a dead httpd leaves them: made, opened and used by a process that is gone when this one is
// (apr: locks/unix/proc_mutex.c, proc_mutex_sysv_create), given to the workers' user by the starter.
// Of the foreign ones every fourth is as PHP's sem_get makes them: with a key, and three semaphores.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>

union semun {
  int val;
  struct semid_ds *buf;
  struct seminfo *info;
};

static void must(int result, const char *what) {
  if (result >= 0) return;
  perror(what);
  exit(1);
}

static void clear_table(void) {
  struct seminfo info;
  struct semid_ds set;
  int highest = semctl(0, 0, SEM_INFO, (union semun){.info = &info});
  must(highest, "SEM_INFO");
  for (int index = 0; index <= highest; index++) {
    int id = semctl(index, 0, SEM_STAT, (union semun){.buf = &set});
    if (id >= 0) must(semctl(id, 0, IPC_RMID), "IPC_RMID");
  }
}

static void make(key_t key, int nsems, unsigned uid) {
  struct sembuf take = {.sem_op = -1}, give = {.sem_op = 1};
  struct semid_ds set;
  int id = semget(key, nsems, IPC_CREAT | 0600);
  must(id, "semget");
  must(semctl(id, 0, SETVAL, (union semun){.val = 1}), "SETVAL");
  must(semop(id, &take, 1), "semop");
  must(semop(id, &give, 1), "semop");
  must(semctl(id, 0, IPC_STAT, (union semun){.buf = &set}), "IPC_STAT");
  set.sem_perm.uid = uid;
  set.sem_perm.gid = uid;
  must(semctl(id, 0, IPC_SET, (union semun){.buf = &set}), "IPC_SET");
}

int main(int argc, char **argv) {
  if (argc != 5) return 64;
  int leaked = atoi(argv[1]), foreign = atoi(argv[3]);
  clear_table();
  for (int i = 0; i < foreign; i++) {
    int like_php = i % 4 == 3;
    make(like_php ? 0x50480000 + i : IPC_PRIVATE, like_php ? 3 : 1, (unsigned)atoi(argv[4]));
  }
  for (int i = 0; i < leaked; i++) make(IPC_PRIVATE, 1, (unsigned)atoi(argv[2]));
  return 0;
}
