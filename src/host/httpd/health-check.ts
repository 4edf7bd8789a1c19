import { setTimeout as pause } from 'node:timers/promises';
import { type Done, done, notDone } from '../../core/done.ts';
import { errorReason } from '../files/error-reason.ts';
import { steadyMs } from '../exec/steady-ms.ts';

const WITHIN_MS = 5_000;
const EACH_MS = 2_000;
const LOOK_MS = 200;

/** Whether a URL answers with a status below 400; requested until `withinMs` are over, by default 5 s, the last time for up to 2 s more. */
export async function answersHealthy(url: string, withinMs = WITHIN_MS): Promise<Done<'unhealthy'>> {
  const end = steadyMs() + withinMs;
  for (;;) {
    const why = await complaint(url);
    if (why === null) return done;
    if (steadyMs() > end) return notDone('unhealthy', `${url} ${why}`);
    await pause(LOOK_MS);
  }
}

async function complaint(url: string): Promise<string | null> {
  try {
    const { status } = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(EACH_MS),
    });
    return status < 400 ? null : `answers ${status}`;
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') return `does not answer within ${EACH_MS / 1000} s`;
    return `does not answer: ${errorReason((error as Error).cause ?? error)}`;
  }
}
