import { setTimeout as pause } from 'node:timers/promises';
import { type Done, done, notDone } from '../../core/done.ts';
import { errorReason } from '../files/error-reason.ts';
import { steadyMs } from '../exec/steady-ms.ts';

const WITHIN_MS = 5_000;
const EACH_MS = 2_000;
const LOOK_MS = 200;

/** Whether a URL answers with a status below 400 within 5 s by default; requested repeatedly. Unknown, with the reason, otherwise. */
export async function answersHealthy(url: string, withinMs = WITHIN_MS): Promise<Done<'unhealthy'>> {
  const end = steadyMs() + withinMs;
  for (;;) {
    const why = await complaint(url, end - steadyMs());
    if (why === null) return done;
    // A request without time left would hide what the last one got.
    if (steadyMs() + LOOK_MS >= end) return notDone('unhealthy', `${url} ${why}`);
    await pause(LOOK_MS);
  }
}

async function complaint(url: string, leftMs: number): Promise<string | null> {
  try {
    const { status } = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.ceil(Math.max(1, Math.min(EACH_MS, leftMs)))),
    });
    return status < 400 ? null : `answers ${status}`;
  } catch (error) {
    return `does not answer: ${errorReason((error as Error).cause ?? error)}`;
  }
}
