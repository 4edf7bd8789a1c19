import { type Fact, known } from '../fact.ts';
import type { Snapshot } from './snapshot.ts';

export interface Use {
  used: number;
  max: number;
}

/** The use of the table and its two limits; semget(2) fails with ENOSPC at either of them. */
export interface TableUse {
  sets: Use;
  semaphores: Use;
}

export function tableUse({ sets, limits }: Snapshot): Fact<TableUse> {
  if (!sets.known) return sets;
  if (!limits.known) return limits;
  return known({
    sets: { used: sets.value.length, max: limits.value.maxSets },
    semaphores: {
      used: sets.value.reduce((sum, set) => sum + set.nsems, 0),
      max: limits.value.maxSemaphores,
    },
  });
}

/** Whole percent, rounded down, so that 100 means full. A limit of 0 is full. */
export function percent({ used, max }: Use): number {
  return max === 0 ? 100 : Math.floor((used * 100) / max);
}

/** The smallest use that is at least `fromPercent` of a limit; 0 if every use is. */
export function leastUse({ max }: Use, fromPercent: number): number {
  return Math.ceil((max * fromPercent) / 100);
}

/** How many more sets of one semaphore can be created. */
export function freeSets({ sets, semaphores }: TableUse): number {
  return Math.min(sets.max - sets.used, semaphores.max - semaphores.used);
}
