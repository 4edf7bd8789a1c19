import type { Lineage } from '../verdict/lineage.ts';
import { isInspected } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import { launches } from './launches.ts';
import { lossesAfter } from './losses.ts';
import { mostSetsAfter } from './most-sets.ts';
import type { Register, Seen } from './register.ts';
import { relationTo } from './relation.ts';
import { isSameRun } from './server-run.ts';
import { type Sighting, inspectedSets, sightings } from './sightings.ts';

/**
 * The register after a look: it lists the sets that exist now. Those that a running httpd uses, or that the launcher of one made,
 * are claimed by its run, and stay so. A set on which another run was seen before is contested, and stays so. Unchanged if the
 * look could not see everything: a set that the kernel could not be asked about would lose its claim, and who used it last is
 * only compared with the last look.
 */
export function updateRegister(snapshot: Snapshot, living: readonly Lineage[]): Register {
  const { register: before, sets, visibility, ipcNamespace, lookedMs, forks } = snapshot;
  if (!sets.known || !visibility.known || !ipcNamespace.known || !isEachSetAsked(snapshot)) return before;
  const seen = new Map<number, Seen>();
  // Each object counts: a full table has 32,000 sets.
  const inspected = inspectedSets(snapshot);
  for (const { set, lastPid } of inspected) {
    const { id, ctime, uid } = set;
    const old = before.seen.get(id) ?? { id, ctime, uid, lastPid, run: null, contested: false };
    seen.set(id, old.lastPid === lastPid ? old : { ...old, lastPid });
  }
  for (const sighting of sightings(snapshot, living, inspected)) {
    const old = seen.get(sighting.set.id);
    if (old !== undefined) seen.set(old.id, withSighting(old, sighting, snapshot));
  }
  for (const { set, run } of launches(snapshot, living, inspected)) {
    const old = seen.get(set.id);
    if (old !== undefined) seen.set(old.id, { ...old, run });
  }
  const losses = lossesAfter(snapshot, living, seen);
  const most = mostSetsAfter(before.most, seen);
  return { lookedMs, forks: forks.known ? forks.value.before : null, seen, losses, most };
}

/** False also while a set is removed. */
function isEachSetAsked({ sets, owner, inspections }: Snapshot): boolean {
  return (
    sets.known &&
    owner.known &&
    sets.value.every((set) => !isInspected(set, owner.value) || inspections.get(set.id)?.known === true)
  );
}

function withSighting(old: Seen, { set, lineage, run }: Sighting, snapshot: Snapshot): Seen {
  const { ctime, uid } = set;
  if (old.run === null) return run === null ? old : { ...old, ctime, uid, run };
  if (relationTo(old.run, lineage, snapshot) === 'no') return { ...old, contested: true };
  // httpd changes a set once more after it has made it (IPC_SET), which a look can fall between.
  return run !== null && isSameRun(run, old.run) ? { ...old, ctime, uid } : old;
}

/** Numbers of processes are a proof only for so long, so that a register is written again after this time. */
const FRESH_MS = 60_000;

/** Whether a register says more than the one before. */
export function isNews(after: Register, before: Register): boolean {
  if (after === before) return false;
  if (after.lookedMs - before.lookedMs > FRESH_MS || after.seen.size !== before.seen.size) return true;
  if (JSON.stringify(after.losses) !== JSON.stringify(before.losses)) return true;
  if ([...after.most].some(([unit, sets]) => before.most.get(unit) !== sets)) return true;
  return [...after.seen].some(([id, one]) => !isSame(one, before.seen.get(id)));
}

function isSame(a: Seen, b: Seen | undefined): boolean {
  return (
    b !== undefined &&
    a.ctime === b.ctime &&
    a.uid === b.uid &&
    a.lastPid === b.lastPid &&
    a.run === b.run &&
    a.contested === b.contested
  );
}
