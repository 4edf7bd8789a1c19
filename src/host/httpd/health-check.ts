import { setTimeout as pause } from 'node:timers/promises';
import { type Done, done, notDone } from '../../core/done.ts';
import { errorReason } from '../files/error-reason.ts';
import { steadyMs } from '../exec/steady-ms.ts';

const WITHIN_MS = 5_000;
const EACH_MS = 2_000;
const LOOK_MS = 200;

/** Whether a URL answers with a status below 400 within 5 s; requested repeatedly. Unknown, with the reason, otherwise. */
export async function answersHealthy(url: string): Promise<Done<'unhealthy'>> {
  const end = steadyMs() + WITHIN_MS;
  for (;;) {
    const why = await complaint(url);
    if (why === null) return done;
    if (steadyMs() > end) return notDone('unhealthy', `${url} ${why}`);
    await pause(LOOK_MS);
  }
}

async function complaint(url: string): Promise<string | null> {
  try {
    const { status } = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(EACH_MS) });
    return status < 400 ? null : `answers ${status}`;
  } catch (error) {
    return `does not answer: ${errorReason((error as Error).cause ?? error)}`;
  }
}
