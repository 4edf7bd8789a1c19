import type { Fact } from './fact.ts';
import type { HttpdSettings } from './httpd-settings.ts';
import type { Lineage } from './lineage.ts';
import type { KernelSem } from './limits-kernel-sem.ts';
import type { TableOwner } from './limits-owners.ts';
import { mayBeMutexOf } from './semaphore-set.ts';
import type { Snapshot } from './snapshot.ts';
import { type TableUse, freeSets } from './table-use.ts';
import type { UnitFacts } from './unit-facts.ts';
import type { Judgement } from './verdict.ts';

/** All that `limits` found. */
export interface Limits {
  takenMs: number;
  kernelSem: Fact<KernelSem>;
  use: Fact<TableUse>;
  owners: Fact<readonly TableOwner[]>;
  /** Whether this is the machine's first IPC namespace, and not that of a container. */
  firstNamespace: Fact<boolean>;
  units: readonly UnitNeed[];
  /** What all units that are up, failed or enabled need at most; null where one cannot say. */
  needed: number | null;
  /** What could not be read, and why. */
  missing: readonly string[];
}

/** What one httpd needs of the table, and what becomes of it when it is killed. */
export interface UnitNeed {
  unit: string;
  active: string;
  mechanism: string | null;
  privateIpc: boolean;
  /** Whether what a dead one left is cleared before each start. */
  guarded: boolean;
  /** The System V mutexes that are registered, the most that a start makes; null where httpd does not say. */
  registered: number | null;
  /** The sets that the running one has; null where that cannot be told. */
  held: number | null;
  kills: Kills;
}

/**
 * How many kill -9 it takes to stop httpd for good, when nothing is cleared between them. `left`: after so many of them, one
 * after another, it starts again; after one more it does not. `least`: so many at any rate, if the next start made each
 * mutex that is registered.
 */
export type Kills =
  | { leaks: true; left: number; least: number; startFits: boolean }
  | { leaks: false; why: string }
  | { leaks: null; why: string };

export interface NeedQuestion {
  unit: UnitFacts;
  settings: Fact<HttpdSettings>;
  guarded: boolean;
  held: number | null;
  use: Fact<TableUse>;
}

export function unitNeed({ unit, settings, guarded, held, use }: NeedQuestion): UnitNeed {
  const { name, active, privateIpc } = unit;
  const registered = settings.known ? settings.value.sysvMutexes : null;
  return {
    unit: name,
    active,
    mechanism: settings.known ? settings.value.mutexMechanism : null,
    privateIpc,
    guarded,
    registered,
    held,
    kills: kills({ unit, settings, guarded, held, use }, registered),
  };
}

function kills({ unit, held, use, settings }: NeedQuestion, registered: number | null): Kills {
  if (unit.privateIpc)
    return {
      leaks: false,
      why: 'it has an IPC namespace of its own (PrivateIPC=yes), and its sets end with that',
    };
  if (registered === 0) return { leaks: false, why: 'its mutexes are no System V semaphores' };
  if (held === 0) return { leaks: false, why: 'it runs without any System V semaphore' };
  if (registered === null)
    return { leaks: null, why: settings.known ? 'httpd does not say what mutexes it has' : settings.why };
  if (!use.known) return { leaks: null, why: use.why };
  return countKills(freeSets(use.value), held, registered, isUp(unit));
}

/** A kill leaves what the running one has, and the start after it makes as many again, or at most all that are registered. */
export function countKills(free: number, held: number | null, registered: number, up: boolean): Kills {
  const made = Math.min(held ?? registered, registered);
  const room = Math.max(0, free);
  // One that is down takes its own first.
  const first = up ? 0 : 1;
  const starts = (last: number): number => (room < last ? 0 : Math.floor((room - last) / made) + 1);
  const left = Math.max(0, starts(made) - first);
  const least = Math.max(0, starts(registered) - first);
  return { leaks: true, left, least, startFits: room >= made };
}

function isUp({ active }: UnitFacts): boolean {
  return (
    active === 'active' || active === 'reloading' || active === 'activating' || active === 'deactivating'
  );
}

/**
 * How many sets the one living httpd of this table has: those that look like its mutexes and are not proven to be left
 * over. Null where another may have some of them, or who lives cannot be seen.
 */
export function heldSets(
  unit: UnitFacts,
  { owner, view }: Snapshot,
  living: readonly Lineage[],
  judgements: readonly Judgement[],
): number | null {
  const [one, ...others] = living;
  if (!owner.known || !view.known || one === undefined || others.length > 0) return null;
  if (one.role !== 'master' || !one.root.unit.known || one.root.unit.value !== unit.name) return null;
  return judgements.filter(({ set, verdict }) => verdict !== 'orphan' && mayBeMutexOf(set, owner.value))
    .length;
}

/** What these need together when all are up; null where there is none, or one cannot say. */
export function neededTogether(units: readonly { unit: UnitFacts; need: UnitNeed }[]): number | null {
  if (units.length === 0) return null;
  let sum = 0;
  for (const { unit, need } of units) {
    if (isResting(unit) || need.privateIpc) continue;
    if (need.registered === null) return null;
    sum += need.registered;
  }
  return sum;
}

/** Installed, but nobody's wish: not up, not failed, not started at boot. */
function isResting({ active, fileState, load }: UnitFacts): boolean {
  return load === 'masked' || (active === 'inactive' && !/^(enabled|linked|alias|generated)/.test(fileState));
}
