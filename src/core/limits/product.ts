import type { SemaphoreSet } from '../verdict/semaphore-set.ts';

/** Default users of products that use System V semaphores. */
const BY_USER: Record<string, string> = {
  oracle: 'Oracle Database',
  grid: 'Oracle Grid Infrastructure',
  postgres: 'PostgreSQL',
  zabbix: 'Zabbix',
  db2inst1: 'IBM Db2',
};

/** PHP creates three semaphores for each key (php-src: ext/sysvsem/sysvsem.c, SYSVSEM_SEM, SYSVSEM_USAGE, SYSVSEM_SETVAL). */
const PHP_SEMAPHORES = 3;

/** The product that most likely made a user's sets, a hint for display; null if there is none. */
export function productOf(user: string | null, sets: readonly SemaphoreSet[]): string | null {
  const byUser = user === null ? undefined : BY_USER[user];
  if (byUser !== undefined) return byUser;
  const isPhp = sets.length > 0 && sets.every(({ key, nsems }) => key !== 0 && nsems === PHP_SEMAPHORES);
  return isPhp ? 'PHP sem_get' : null;
}
