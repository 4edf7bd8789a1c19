import type { Holder } from '../../core/diagnosis/failure-facts.ts';
import type { Fact } from '../../core/fact.ts';
import { wsgiGroups } from '../../core/httpd/directives.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import { byOwner } from '../../core/limits/owners.ts';
import { productOf } from '../../core/limits/product.ts';
import { type MissingSets, missingSets } from '../../core/register/missing-sets.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { isUp } from '../../core/units/unit-state.ts';
import type { Lineage } from '../../core/verdict/lineage.ts';
import { mayBeMutexOf } from '../../core/verdict/semaphore-set.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import type { Judgement } from '../../core/verdict/verdict.ts';
import { userNames } from '../../host/exec/user-names.ts';
import { readDirectives } from '../servers/read-directives.ts';
import { readSetsSeen } from '../../host/state/sets-seen.ts';
import type { Server } from '../servers/find-server.ts';

const MOST_HOLDERS = 10;

/** ctime counts whole seconds. */
const CTIME_MS = 1_000;

/** Sets that look like httpd's and were made since then, where no httpd lives that could have made them besides. */
export function setsSince(
  beganMs: number,
  { owner, sets }: Snapshot,
  living: readonly Lineage[],
): number | null {
  if (!owner.known || !sets.known || living.length > 0) return null;
  const { value } = owner;
  return sets.value.filter((set) => mayBeMutexOf(set, value) && set.ctime * 1000 >= beganMs - CTIME_MS)
    .length;
}

/** Of a run with the same mutexes and user; what was changed since may need more or fewer. */
export function setsSeen(unit: UnitFacts, { settings, owner }: Server): number | null {
  const seen = readSetsSeen(unit.name);
  if (seen === null || !owner.known) return null;
  const { mutexMechanism: mechanism, sysvMutexes: registered } = settings.known
    ? settings.value
    : { mutexMechanism: null, sysvMutexes: null };
  const isSame =
    seen.uid === owner.value.uid && seen.mechanism === mechanism && seen.registered === registered;
  return isSame ? seen.sets : null;
}

/** The sets that a running server lacks, compared with its runs before; null if there is none. */
export function readMissingSets(
  { unit, settings }: Server,
  { snapshot, judgements }: { snapshot: Snapshot; judgements: readonly Judgement[] },
): MissingSets | null {
  if (!unit.known || !isUp(unit.value)) return null;
  const missing = missingSets(unit.value, snapshot, judgements);
  if (missing === null) return null;
  const directives = settings.known ? readDirectives(unit.value, settings.value) : [];
  return { ...missing, wsgiGroups: wsgiGroups(directives) };
}

/** Who owns the most sets. */
export async function readHolders(
  { sets }: Snapshot,
  settings: Fact<HttpdSettings>,
  timeoutMs: number,
): Promise<Holder[]> {
  if (!sets.known) return [];
  const largest = byOwner(sets.value).slice(0, MOST_HOLDERS);
  // httpd has named its own already.
  const names = new Map(settings.known ? [[settings.value.uid, settings.value.user]] : []);
  const unnamed = largest.map(([uid]) => uid).filter((uid) => !names.has(uid));
  for (const [uid, name] of await userNames(unnamed, timeoutMs)) names.set(uid, name);
  return largest.map(([uid, owned]) => {
    const user = names.get(uid) ?? null;
    return { uid, user, product: productOf(user, owned), sets: owned.length };
  });
}
