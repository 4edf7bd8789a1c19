import { wallStartMs } from '../clock.ts';
import type { Lineage } from '../verdict/lineage.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import type { Loss } from './loss.ts';
import type { Seen } from './register.ts';
import { relationTo } from './relation.ts';
import { isSameRun } from './server-run.ts';

/** httpd reads its configuration again between the removal of its sets and the new ones. */
const SURE_MS = 1_500;

/**
 * The losses after a look. A run has lost a set if it used the set, the set is gone, no other set came that may have taken its
 * place, systemd has the unit as active, and a worker of before is still running: a reload replaces sets and workers.
 */
export function lossesAfter(
  snapshot: Snapshot,
  living: readonly Lineage[],
  seen: ReadonlyMap<number, Seen>,
): Loss[] {
  const { register: before, sets, lookedMs } = snapshot;
  if (!sets.known) return [...before.losses];
  const ids = new Set(sets.value.map(({ id }) => id));
  const lost: Loss[] = [...before.losses];
  for (const { id, run, contested } of before.seen.values()) {
    if (run === null || contested || ids.has(id)) continue;
    const at = lost.findIndex((loss) => isSameRun(loss.run, run));
    const same = lost[at];
    if (same === undefined)
      lost.push({ run, ids: [id], sinceMs: lookedMs, isSure: false, isReported: false });
    else if (!same.ids.includes(id)) lost[at] = { ...same, ids: [...same.ids, id] };
  }
  return lost
    .filter((loss) => isLoss(loss, snapshot, living, seen))
    .map((loss) => ({ ...loss, isSure: loss.isSure || lookedMs - loss.sinceMs >= SURE_MS }));
}

function isLoss(
  { run, sinceMs }: Loss,
  snapshot: Snapshot,
  living: readonly Lineage[],
  seen: ReadonlyMap<number, Seen>,
): boolean {
  const { register: before, unitRuns } = snapshot;
  const unit = unitRuns.get(run.unit);
  const server = living.find(
    (lineage) => lineage.role === 'master' && relationTo(run, lineage, snapshot) === 'same',
  );
  if (server === undefined || unit?.known !== true || !unit.value.isActive) return false;
  const lastLookMs = Math.min(sinceMs, before.lookedMs);
  const hasOldWorker = server.members.some(
    ({ pid, startedMs }) => pid !== server.root.pid && startedMs < lastLookMs,
  );
  const isReplaced = [...seen.values()].some(
    (one) => !before.seen.has(one.id) && (one.run === null || isSameRun(one.run, run)),
  );
  return hasOldWorker && !isReplaced;
}

/** What the running server of a unit has lost for sure. */
export interface Lost {
  ids: readonly number[];
  /** When the first of them was missed, wall clock, milliseconds. */
  sinceRealMs: number;
}

export function lostOf(unit: string, { register, clock }: Pick<Snapshot, 'register' | 'clock'>): Lost | null {
  const losses = register.losses.filter(({ run, isSure }) => isSure && run.unit === unit);
  if (losses.length === 0) return null;
  const sinceMs = Math.min(...losses.map((loss) => loss.sinceMs));
  return { ids: losses.flatMap(({ ids }) => ids), sinceRealMs: wallStartMs(sinceMs, clock) };
}

/** How many sets the running server of a unit has lost for sure. */
export function lostSets(unit: string, losses: readonly Loss[]): number {
  return losses
    .filter(({ run, isSure }) => isSure && run.unit === unit)
    .reduce((sum, { ids }) => sum + ids.length, 0);
}
