import type { Evidence, Rule } from '../evidence.ts';
import { type Lineage, name } from '../verdict/lineage.ts';
import type { SemaphoreSet } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import { relationTo } from './relation.ts';
import type { ServerRun } from './server-run.ts';

export interface ClaimVerdict {
  verdict: 'orphan' | 'in-use' | 'unsure';
  evidence: Evidence;
}

/** The run that a set belongs to, as far as the register proves it. */
export interface SetOwner {
  run: ServerRun;
  /** Whether a process of the run is, or may be, running. */
  living: boolean;
}

/** The names of a running lineage that is of a run, and of one that may be of it; null if there is none. */
interface RunUsers {
  same: string | null;
  maybe: string | null;
}

/**
 * What the register proves: a set that only processes of one run were seen to use is known to that run alone, since only its
 * creator and processes that were forked from it can know an IPC_PRIVATE set.
 */
export class ClaimJudge {
  /** A run can have thousands of sets. */
  private readonly users = new Map<ServerRun, RunUsers>();

  constructor(
    private readonly snapshot: Snapshot,
    private readonly living: readonly Lineage[],
  ) {}

  /** Null if the register proves nothing about a set: then its age decides. */
  judge({ id, ctime, uid }: SemaphoreSet): ClaimVerdict | null {
    const claim = this.snapshot.register.seen.get(id);
    if (claim === undefined || claim.run === null) return null;
    const { run } = claim;
    const { same, maybe } = this.usersOf(run);
    if (same !== null) return seen('in-use', 'seen-in-use', `seen in use by ${same}, which is running`);
    if (claim.contested || claim.ctime !== ctime || claim.uid !== uid) return null;
    if (maybe !== null) return seen('unsure', 'seen-in-use', `${maybe} may be of the run that used it`);
    const server = `httpd ${run.masterPid} (${run.unit})`;
    return seen('orphan', 'run-is-over', `only ${server} was seen to use it, and that run is over`);
  }

  /** Null if it is not proven, or two runs were seen on the set. */
  ownerOf({ id, ctime, uid }: SemaphoreSet): SetOwner | null {
    const seen = this.snapshot.register.seen.get(id);
    if (seen === undefined || seen.run === null || seen.contested) return null;
    if (seen.ctime !== ctime || seen.uid !== uid) return null;
    const { same, maybe } = this.usersOf(seen.run);
    return { run: seen.run, living: same !== null || maybe !== null };
  }

  private usersOf(run: ServerRun): RunUsers {
    const before = this.users.get(run);
    if (before !== undefined) return before;
    const users: RunUsers = { same: null, maybe: null };
    for (const lineage of this.living) {
      const relation = relationTo(run, lineage, this.snapshot);
      if (relation !== 'no') users[relation] ??= name(lineage);
    }
    this.users.set(run, users);
    return users;
  }
}

function seen(verdict: ClaimVerdict['verdict'], rule: Rule, saw: string): ClaimVerdict {
  return { verdict, evidence: { rule, saw, source: 'register' } };
}
