import type { Fact } from '../fact.ts';
import type { HttpdSettings } from '../httpd/settings.ts';
import { ClaimJudge } from '../register/claim-judge.ts';
import type { Lineage } from '../verdict/lineage.ts';
import type { KernelSem } from './kernel-sem.ts';
import type { TableOwner } from './owners.ts';
import { mayBeMutexOf } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import { type TableUse, freeSets } from '../verdict/table-use.ts';
import type { ActiveState } from '../units/active-state.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import { isDown } from '../units/unit-state.ts';
import type { Judgement } from '../verdict/verdict.ts';

/** Everything that `limits` shows. */
export interface Limits {
  takenMs: number;
  kernelSem: Fact<KernelSem>;
  use: Fact<TableUse>;
  owners: Fact<readonly TableOwner[]>;
  /** Whether this is the host's initial IPC namespace and not a container's. */
  firstNamespace: Fact<boolean>;
  units: readonly UnitNeed[];
  /** How many sets all units that are active, failed or enabled need at most; null if that is unknown for one of them. */
  needed: number | null;
  /** Why a fact could not be read, one sentence for each. */
  missing: readonly string[];
}

/** How many sets one httpd needs, and how often it can be killed until its next start fails. */
export interface UnitNeed {
  unit: string;
  active: ActiveState;
  mechanism: string | null;
  privateIpc: boolean;
  /** Whether orphaned sets are removed before each start. */
  guarded: boolean;
  /** Registered System V mutexes with those of proxy balancers: the most that a start creates; null if httpd does not report them. */
  registered: number | null;
  /** Sets of the running httpd, including those leaked by a kill -9 just before, which look the same; null if unknown. */
  held: number | null;
  kills: Kills;
}

/**
 * How many kill -9 in a row httpd survives if nothing is removed in between: it starts after that many, but not after one
 * more. `left` assumes that each start creates as many sets as the running httpd has; null if that number is unknown.
 * `least` assumes that each start creates every registered mutex. `startFits`: whether a start fits into the table right now;
 * null if it may or may not.
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
  /** Proxy balancers, each of which has a mutex of its own besides the registered ones. */
  balancers: number;
  use: Fact<TableUse>;
}

export function unitNeed(question: NeedQuestion): UnitNeed {
  const { unit, settings, guarded, held, balancers } = question;
  const { name, active, privateIpc } = unit;
  const mutexes = settings.known ? settings.value.sysvMutexes : null;
  const registered = mutexes === null || mutexes === 0 ? mutexes : mutexes + balancers;
  return {
    unit: name,
    active,
    mechanism: settings.known ? settings.value.mutexMechanism : null,
    privateIpc,
    guarded,
    registered,
    held,
    kills: kills(question, registered),
  };
}

function kills({ unit, held, use, settings, balancers }: NeedQuestion, registered: number | null): Kills {
  if (unit.privateIpc)
    return {
      leaks: false,
      why: 'it has its own IPC namespace (PrivateIPC=yes), which ends with it',
    };
  if (held === 0) return { leaks: false, why: 'it is running without System V semaphores' };
  if (registered === 0 && held === null)
    return {
      leaks: false,
      why: 'its registered mutexes are not System V semaphores; those of modules with locks of their own may be',
    };
  // 2.2 reports none, and modules with locks of their own register none: the running httpd shows how many it has.
  const needed = registered === 0 ? held : (registered ?? held);
  if (needed === null) return { leaks: null, why: settings.known ? ONLY_WHILE_ALONE : settings.why };
  if (!use.known) return { leaks: null, why: use.why };
  return countKills(freeSets(use.value), held, needed, !isDown(unit), registered === 0 ? 0 : balancers);
}

/** httpd 2.2 does not report its mutexes. */
const ONLY_WHILE_ALONE = 'how many sets it uses shows only while it is the only httpd that runs';

/**
 * A kill leaks the sets of the running httpd, and the next start creates as many again. If that number is unknown, the number
 * of registered mutexes stands in for it: the most that there can be, except for proxy balancers, which add one set each. Without
 * a set for each of these `balancers` no start succeeds.
 */
export function countKills(
  free: number,
  held: number | null,
  registered: number,
  up: boolean,
  balancers = 0,
): Kills {
  const room = Math.max(0, free);
  // A server that is down needs its own sets first.
  const first = up ? 0 : 1;
  const kills = (leak: number, need: number): number =>
    room < need ? 0 : Math.max(0, Math.floor((room - need) / leak) + 1 - first);
  const need = Math.max(held ?? 0, registered);
  const surely = room >= (held ?? registered);
  return {
    leaks: true,
    left: held === null ? null : kills(held, held),
    least: kills(held ?? registered, need),
    startFits: surely ? true : room >= Math.max(1, balancers) ? null : false,
  };
}

/**
 * How many sets the running httpd of a unit has: those that the register proves to be its own, and, if no other httpd is running,
 * those that look like its mutexes and are not proven to be orphaned. Null if it is not running, if another httpd may have some of
 * them, or if processes are hidden.
 */
export function heldSets(
  { name, invocationId }: UnitFacts,
  snapshot: Snapshot,
  living: readonly Lineage[],
  judgements: readonly Judgement[],
): number | null {
  const { owner, visibility } = snapshot;
  if (!owner.known || !visibility.known) return null;
  const isRunning = living.some(
    ({ role, root }) => role === 'master' && root.unit.known && root.unit.value === name,
  );
  if (!isRunning) return null;
  const claims = new ClaimJudge(snapshot, living);
  let [own, unproven] = [0, 0];
  for (const { set, verdict } of judgements) {
    if (verdict === 'orphan') continue;
    const its = claims.ownerOf(set);
    if (its?.run.unit === name && its.run.invocationId === invocationId) own++;
    else if (its === null && mayBeMutexOf(set, owner.value)) unproven++;
  }
  return living.length === 1 ? own + unproven : unproven === 0 ? own : null;
}

/** How many sets these units need together when all are up; null if there is none, or if it is unknown for one of them. */
export function neededTogether(units: readonly { unit: UnitFacts; need: UnitNeed }[]): number | null {
  if (units.length === 0) return null;
  let sum = 0;
  for (const { unit, need } of units) {
    if (isResting(unit) || need.privateIpc) continue;
    if (need.registered === null) return null;
    sum += Math.max(need.registered, need.held ?? 0);
  }
  return sum;
}

/** Installed but unused: not active, not failed, not started at boot. */
function isResting({ active, fileState, load }: UnitFacts): boolean {
  return load === 'masked' || (active === 'inactive' && !/^(enabled|linked|alias|generated)/.test(fileState));
}
