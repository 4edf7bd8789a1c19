import { setTimeout as pause } from 'node:timers/promises';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';

const WITHIN_MS = 5_000;
const EACH_MS = 2_000;
const LOOK_MS = 200;

/** Whether a URL answers with a status below 400 within 5 s; asked again and again until then. */
export async function answersHealthy(url: string): Promise<Fact<true>> {
  const end = performance.now() + WITHIN_MS;
  for (;;) {
    const why = await complaint(url);
    if (why === null) return known(true);
    if (performance.now() > end) return unknown(`${url} ${why}`);
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
