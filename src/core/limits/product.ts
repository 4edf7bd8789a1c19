import type { SemaphoreSet } from '../verdict/semaphore-set.ts';

/** Users under which products run by default. */
const BY_USER: Record<string, string> = {
  oracle: 'Oracle Database',
  grid: 'Oracle Grid Infrastructure',
  postgres: 'PostgreSQL',
  zabbix: 'Zabbix',
  db2inst1: 'IBM Db2',
};

/** PHP makes three semaphores for each key (php-src: ext/sysvsem/sysvsem.c, SYSVSEM_SEM and its fellows). */
const PHP_SEMAPHORES = 3;

/** Whose product a user's sets most likely are, for people; null where nothing speaks for one. */
export function productOf(user: string | null, sets: readonly SemaphoreSet[]): string | null {
  const byUser = user === null ? undefined : BY_USER[user];
  if (byUser !== undefined) return byUser;
  const isPhps = sets.length > 0 && sets.every(({ key, nsems }) => key !== 0 && nsems === PHP_SEMAPHORES);
  return isPhps ? 'PHP sem_get' : null;
}
