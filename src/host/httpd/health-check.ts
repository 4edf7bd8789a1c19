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
    const { why } = await request(url);
    if (why === null) return done;
    if (steadyMs() > end) return notDone('unhealthy', `${url} ${why}`);
    await pause(LOOK_MS);
  }
}

/** Each worker that waits for requests already can still answer one after a mutex is gone. */
const ANSWERS_IN_A_ROW = 10;
const FAILURES_IN_A_ROW = 5;
const MOST_REQUESTS = 40;

/** Whether a URL answers, whatever its status, requested every `pauseMs`. False only if a number of requests in a row get no answer at all. */
export async function answers(url: string, pauseMs = LOOK_MS): Promise<boolean> {
  let [answered, failed] = [0, 0];
  for (let requests = 0; requests < MOST_REQUESTS && answered < ANSWERS_IN_A_ROW; requests++) {
    if (requests > 0) await pause(pauseMs);
    const { isAnswered } = await request(url);
    [answered, failed] = isAnswered ? [answered + 1, 0] : [0, failed + 1];
    if (failed === FAILURES_IN_A_ROW) return false;
  }
  return true;
}

/** Whether there was an answer at all, and what is wrong with it or why there was none; null for a status below 400. */
async function request(url: string): Promise<{ isAnswered: boolean; why: string | null }> {
  try {
    const { status } = await fetch(url, {
      redirect: 'manual',
      // A connection that is open already shows nothing about new ones.
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(EACH_MS),
    });
    return { isAnswered: true, why: status < 400 ? null : `answers ${status}` };
  } catch (error) {
    const isTimeout = (error as Error).name === 'TimeoutError';
    const why = isTimeout
      ? `does not answer within ${EACH_MS / 1000} s`
      : `does not answer: ${errorReason((error as Error).cause ?? error)}`;
    return { isAnswered: false, why };
  }
}
