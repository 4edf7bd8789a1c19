import { productOf } from './product.ts';
import type { SemaphoreSet } from '../verdict/semaphore-set.ts';

/** Who has how much of the table. */
export interface TableOwner {
  uid: number;
  /** Null where the uid has no name here. */
  user: string | null;
  /** Whose they most likely are; null where nothing speaks for one. */
  product: string | null;
  sets: number;
  semaphores: number;
}

/** The sets of each uid, who has most first. */
export function byOwner(sets: readonly SemaphoreSet[]): [uid: number, theirs: SemaphoreSet[]][] {
  const owners = new Map<number, SemaphoreSet[]>();
  for (const set of sets) {
    const theirs = owners.get(set.uid);
    if (theirs === undefined) owners.set(set.uid, [set]);
    else theirs.push(set);
  }
  return [...owners].sort(([a, one], [b, other]) => other.length - one.length || a - b);
}

export function tableOwner(uid: number, theirs: readonly SemaphoreSet[], user: string | null): TableOwner {
  const semaphores = theirs.reduce((sum, { nsems }) => sum + nsems, 0);
  return { uid, user, product: productOf(user, theirs), sets: theirs.length, semaphores };
}
