import type { Fact } from '../fact.ts';
import type { HttpdSettings } from '../httpd/settings.ts';
import type { Lineage } from '../verdict/lineage.ts';
import type { KernelSem } from './kernel-sem.ts';
import type { TableOwner } from './owners.ts';
import { mayBeMutexOf } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import { type TableUse, freeSets } from '../verdict/table-use.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import type { Judgement } from '../verdict/verdict.ts';

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
  /** The System V mutexes that are registered: the most that a start makes, balancers apart; null where httpd does not say. */
  registered: number | null;
  /** The sets that the running one has, or, soon after a kill -9, may have; null where that cannot be told. */
  held: number | null;
  kills: Kills;
}

/**
 * How many kill -9 httpd has left, when nothing is cleared between them: after so many, one after another, it starts again,
 * and after one more it does not. `left` goes by the sets that the running one has; null where those cannot be told.
 * `least` is what holds even if each start made every mutex that is registered. `startFits`: whether a start, right now and
 * beside all that is in the table, finds room; null where it may or may not.
 */
export type Kills =
  | { leaks: true; left: number | null; least: number; startFits: boolean | null }
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

/**
 * A kill leaves the sets that the running one has, and the start after it makes as many again. Of one whose sets cannot be
 * told, only what is registered is known: the most there can be, but for balancers, which make one each.
 */
export function countKills(free: number, held: number | null, registered: number, up: boolean): Kills {
  const room = Math.max(0, free);
  // One that is down takes its own first.
  const first = up ? 0 : 1;
  const kills = (leak: number, need: number): number =>
    room < need ? 0 : Math.max(0, Math.floor((room - need) / leak) + 1 - first);
  const need = Math.max(held ?? 0, registered);
  const surely = room >= (held ?? registered);
  return {
    leaks: true,
    left: held === null ? null : kills(held, held),
    least: kills(held ?? registered, need),
    startFits: surely ? true : room > 0 ? null : false,
  };
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
  { owner, visibility }: Snapshot,
  living: readonly Lineage[],
  judgements: readonly Judgement[],
): number | null {
  const [one, ...others] = living;
  if (!owner.known || !visibility.known || one === undefined || others.length > 0) return null;
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
