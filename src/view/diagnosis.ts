import type { Cause } from '../core/diagnosis/cause.ts';
import type { Diagnosis } from '../core/diagnosis/diagnosis.ts';
import type { Cure } from '../core/diagnosis/cures.ts';
import type { Holder } from '../core/diagnosis/failure-facts.ts';
import { escape } from './escape.ts';

const SENTENCE: Record<Cause, string> = {
  none: 'nothing is wrong with it that is seen here',
  'semaphore-leak':
    'it could get no semaphores: a dead httpd left its own in the kernel, and the table has no room',
  'semaphore-demand':
    'it could get no semaphores: the table had no room, and nothing in it is known to be left over',
  'disk-full': 'a disk is full',
  'inodes-full': 'a file system has no inodes left',
  'quota-exceeded': 'a disk quota is used up',
  'shm-full': '/dev/shm is full',
  'port-held-by-orphans': 'its port is held by workers whose master is dead',
  'port-held-by-other': 'its port is in use',
  'set-removed-while-live': 'somebody removed semaphores of the running server',
  'config-error': 'its configuration has an error',
  'started-outside-systemd': 'an httpd that systemd did not start serves in its place',
  'stopped-by-admin': 'it was stopped, and did not fail',
  other: 'it ended for a reason that is none of the guard’s',
  unknown: 'why it ended could not be told',
};

/** One sentence of a cause, without the unit's name. */
export function causeSentence(cause: Cause): string {
  return SENTENCE[cause];
}

/** `diagnose` for people: the cause, what it stands on, what to do. */
export function diagnosisText(
  { unit, cause, evidence, holders, cures, missing }: Diagnosis,
  { quiet }: { quiet: boolean },
): string {
  const lines = [`${unit}: ${causeSentence(cause)}.`];
  if (!quiet) {
    lines.push('', ...evidence.map(({ saw, source }) => `  ${escape(saw)}  (${escape(source)})`));
    lines.push(...holders.map((holder) => `  ${holderText(holder)}`));
    lines.push(...missing.map((why) => `  not seen: ${escape(why)}`));
  }
  for (const one of cures) lines.push('', ...cureLines(one));
  return `${lines.join('\n')}\n`;
}

/** A cure for people: what, how, and what it changes besides. */
export function cureLines({ say, run, traps }: Cure): string[] {
  return [
    escape(run.length === 0 ? `${say}.` : `${say}:`),
    ...run.map((command) => `  ${escape(command)}`),
    ...traps.map((trap) => `  # ${escape(trap)}`),
  ];
}

function holderText({ uid, user, product, sets }: Holder): string {
  return escape(`${sets} sets of ${user ?? `uid ${uid}`}${product === null ? '' : ` (${product}?)`}`);
}

/** The object of `diagnose --json`: an interface. */
export function diagnosisJson({ unit, cause, holders, evidence, cures, missing }: Diagnosis): unknown {
  return { schema: 1, unit, cause, holders, evidence, cures, missing };
}
