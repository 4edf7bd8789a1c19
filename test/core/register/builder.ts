import { type Claim, NO_REGISTER, type Register } from '../../../src/core/register/register.ts';
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

export const claim = (
  { id, ctime, uid }: SemaphoreSet,
  run: ServerRun,
  over: Partial<Claim> = {},
): Claim => ({
  id,
  ctime,
  uid,
  run,
  contested: false,
  ...over,
});

export const register = (...claims: Claim[]): Register => ({
  ...NO_REGISTER,
  claims: new Map(claims.map((one) => [one.id, one])),
});
