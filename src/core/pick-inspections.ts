import { type MutexOwner, type SemaphoreSet, differsFromMutex, differsFromOwner } from './semaphore-set.ts';

/**
 * The ids worth a closer look when there is time for `most` of them: those that may be httpd's, the youngest and the
 * oldest in turn, since each end is where a set that lives would stand among the leaked.
 */
export function pickInspections(sets: readonly SemaphoreSet[], owner: MutexOwner, most: number): number[] {
  const candidates = sets.filter(
    (set) => differsFromMutex(set) === null && differsFromOwner(set, owner) === null,
  );
  if (candidates.length <= most) return candidates.map((set) => set.id);
  const byAge = candidates.toSorted((a, b) => b.ctime - a.ctime);
  const youngest = byAge.slice(0, Math.ceil(most / 2));
  const oldest = byAge.slice(byAge.length - Math.floor(most / 2));
  return [...youngest, ...oldest].map((set) => set.id);
}
