import { productOf } from './product.ts';
import type { SemaphoreSet } from '../verdict/semaphore-set.ts';

/** The share of one user in the table. */
export interface TableOwner {
  uid: number;
  /** Null if the uid has no name here. */
  user: string | null;
  /** The product that most likely made them; null if there is no hint. */
  product: string | null;
  sets: number;
  semaphores: number;
}

/** Groups sets by owner uid, the owner of most sets first. */
export function byOwner(sets: readonly SemaphoreSet[]): [uid: number, owned: SemaphoreSet[]][] {
  const owners = new Map<number, SemaphoreSet[]>();
  for (const set of sets) {
    const owned = owners.get(set.uid);
    if (owned === undefined) owners.set(set.uid, [set]);
    else owned.push(set);
  }
  return [...owners].sort(([a, one], [b, other]) => other.length - one.length || a - b);
}

export function tableOwner(uid: number, owned: readonly SemaphoreSet[], user: string | null): TableOwner {
  const semaphores = owned.reduce((sum, { nsems }) => sum + nsems, 0);
  return { uid, user, product: productOf(user, owned), sets: owned.length, semaphores };
}
