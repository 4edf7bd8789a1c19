import type { Lineage } from '../verdict/lineage.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import type { Claim, Register } from './register.ts';
import { isSameRun, relationTo } from './server-run.ts';
import { launches } from './launches.ts';
import { type Sighting, sightings } from './sightings.ts';

/**
 * The register after a look: sets that are gone are forgotten, sets that a running httpd uses, or that a launcher made, are claimed by its run. A set on
 * which another run was seen before stays contested. Unchanged if the look could not see everything.
 */
export function updateRegister(before: Register, snapshot: Snapshot, living: readonly Lineage[]): Register {
  const { sets, visibility, ipcNamespace, clock } = snapshot;
  if (!sets.known || !visibility.known || !ipcNamespace.known) return before;
  const claims = new Map<number, Claim>();
  for (const { id } of sets.value) {
    const claim = before.claims.get(id);
    if (claim !== undefined) claims.set(id, claim);
  }
  for (const sighting of sightings(snapshot, living)) {
    const { id } = sighting.set;
    const claim = claims.get(id);
    const next = claim === undefined ? newClaim(sighting) : sameClaim(claim, sighting, snapshot);
    if (next !== null) claims.set(id, next);
  }
  for (const { set, run } of launches(snapshot, living)) {
    const { id, ctime, uid } = set;
    claims.set(id, { id, ctime, uid, run, contested: false });
  }
  return { lookedMs: clock.bootMs, claims };
}

function newClaim({ set: { id, ctime, uid }, run }: Sighting): Claim | null {
  return run === null ? null : { id, ctime, uid, run, contested: false };
}

function sameClaim(claim: Claim, { set: { ctime, uid }, lineage, run }: Sighting, snapshot: Snapshot): Claim {
  if (relationTo(claim.run, lineage, snapshot) === 'no')
    return claim.contested ? claim : { ...claim, contested: true };
  // httpd changes a set once more after it has made it (IPC_SET), which a look can fall between.
  const isOther = ctime !== claim.ctime || uid !== claim.uid;
  return isOther && run !== null && isSameRun(run, claim.run) ? { ...claim, ctime, uid } : claim;
}

/** Whether the registers say the same about every set. */
export function hasSameClaims(a: Register, b: Register): boolean {
  return a.claims.size === b.claims.size && [...a.claims].every(([id, claim]) => b.claims.get(id) === claim);
}
