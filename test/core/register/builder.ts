import { NO_REGISTER, type Register, type Seen } from '../../../src/core/register/register.ts';
import type { ServerRun } from '../../../src/core/register/server-run.ts';
import type { SemaphoreSet } from '../../../src/core/verdict/semaphore-set.ts';
import { BEGAN_AGO_S, NOW_S, UNIT, runId, startedAgo } from '../verdict/snapshot-builder.ts';

// A host with two instances of one user: B is older, and A was started half an hour ago.

export const A = 'apache2@a.service';
export const B = UNIT;
export const A_AGO_S = 1_800;

export const serverRun = (unit: string, agoS: number, masterPid: number): ServerRun => ({
  unit,
  invocationId: runId(agoS),
  masterPid,
  masterStartedMs: startedAgo(agoS - 1),
  beganRealMs: (NOW_S - agoS) * 1000,
});

export const RUN_OF_B = serverRun(B, BEGAN_AGO_S, 800);
/** It is over. */
export const RUN_OF_A = serverRun(A, A_AGO_S, 1800);

/** A set that a run was seen to use; its last user is dead by now. */
export const claim = ({ id, ctime, uid }: SemaphoreSet, run: ServerRun, over: Partial<Seen> = {}): Seen => ({
  id,
  ctime,
  uid,
  lastPid: 4_000_000,
  run,
  contested: false,
  ...over,
});

/** A set that was listed, and that no run was seen to use. */
export const listed = (set: SemaphoreSet, lastPid: number): Seen => ({
  ...claim(set, RUN_OF_A),
  lastPid,
  run: null,
});

export const register = (...sets: Seen[]): Register => ({
  ...NO_REGISTER,
  seen: new Map(sets.map((one) => [one.id, one])),
});
