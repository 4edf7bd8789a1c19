import type { Cause } from '../core/diagnosis/cause.ts';
import type { Diagnosis } from '../core/diagnosis/diagnosis.ts';
import type { Cure } from '../core/diagnosis/cures/cure.ts';
import type { Holder } from '../core/diagnosis/failure-facts.ts';
import { counted } from '../core/text/counted.ts';
import { escape } from './escape.ts';
import type { DiagnoseJson } from './schemas/diagnose.ts';

const SENTENCE: Record<Cause, string> = {
  none: 'no problem found',
  'semaphore-leak': 'the semaphore table is full of sets leaked by a killed httpd',
  'semaphore-demand': 'the semaphore table has too few free sets',
  'disk-full': 'a file system is full',
  'inodes-full': 'a file system has no free inodes',
  'quota-exceeded': 'a disk quota is exceeded',
  'shm-full': '/dev/shm is full',
  'port-held-by-orphans': 'its port is held by workers of a killed master',
  'port-held-by-other': 'its port is in use',
  'set-removed-while-live': 'its semaphores were removed while it was running',
  'config-error': 'its configuration has an error',
  killed: 'it was killed',
  'out-of-memory': 'it was killed because memory ran out',
  timeout: 'its start, stop or run took too long, so systemd killed it',
  'not-started': 'systemd did not start it',
  'stale-pid-file': 'its pid file names a process that is not its own',
  'started-outside-systemd': 'an httpd that was started outside systemd is running in its place',
  'stopped-by-admin': 'it was stopped on purpose',
  other: 'it failed for a reason httpd-guard does not handle',
  unknown: 'the cause of its failure is unknown',
};

/** How many owners of the table a sentence names. */
const MOST_HOLDERS = 3;

/** What the sentence about a finding needs; without holders it names no owner of the table. */
type Stated = { cause: Cause } & Partial<
  Pick<Diagnosis, 'holders' | 'onlyByLog' | 'isTableTooSmall' | 'hasFreeSetsAgain'>
>;

/** A finding as a sentence without the unit's name and the full stop; with the owners of a full table, if they are given. */
export function causeSentence(stated: Stated): string {
  const { cause, onlyByLog = false } = stated;
  if (onlyByLog) return `${SENTENCE[cause]}, but only its log says so`;
  return cause === 'semaphore-demand' ? demandSentence(stated) : SENTENCE[cause];
}

/** Of a table in which sets were freed since the run ended. */
export const FREE_SETS_AGAIN = 'the semaphore table had too few free sets, and has enough now';

function demandSentence({ holders = [], isTableTooSmall = false, hasFreeSetsAgain = false }: Stated): string {
  if (hasFreeSetsAgain) return FREE_SETS_AGAIN;
  if (isTableTooSmall) return 'the semaphore table is too small for this httpd, even when it is empty';
  if (holders.length === 0) return SENTENCE['semaphore-demand'];
  const owners = holders.slice(0, MOST_HOLDERS).map(({ sets, user, uid }) => {
    const owner = user ?? `uid ${uid}`;
    return `${sets} ${sets === 1 ? 'belongs' : 'belong'} to ${escape(owner)}`;
  });
  return `${SENTENCE['semaphore-demand']}, and none of its sets can be proven to be orphaned: ${owners.join(', ')}`;
}

const DEGRADED = 'it is running without some of its semaphore sets';

/** `diagnose` as text: the cause, its evidence, and commands that fix it. */
export function diagnosisText(found: Diagnosis, { quiet }: { quiet: boolean }): string {
  const { unit, cause, evidence, holders, cures, missing } = found;
  const isDegraded = cause === 'none' && evidence.some(({ rule }) => rule === 'need');
  const headline = isDegraded ? DEGRADED : causeSentence(found);
  const lines = [`${unit}: ${headline}.`];
  if (!quiet) {
    lines.push('', ...evidence.map(({ saw, source }) => `  ${escape(saw)}  (${escape(source)})`));
    lines.push(...holders.map((holder) => `  ${holderText(holder)}`));
    lines.push(...missing.map((why) => `  could not be read: ${escape(why)}`));
  }
  for (const one of cures) lines.push('', ...cureLines(one));
  return `${lines.join('\n')}\n`;
}

/** The lines of one fix: what it does, its commands and its side effects. */
export function cureLines({ say, run, traps }: Cure): string[] {
  return [
    escape(run.length === 0 ? `${say}.` : `${say}:`),
    ...run.map((command) => `  ${escape(command)}`),
    ...traps.map((trap) => `  # ${escape(trap)}`),
  ];
}

function holderText({ uid, user, product, sets }: Holder): string {
  return escape(
    `${counted(sets, 'set')} of ${user ?? `uid ${uid}`}${product === null ? '' : ` (${product}?)`}`,
  );
}

/** The object of `diagnose --json` (documented in httpd-guard(8)). */
export function diagnosisJson({ unit, cause, holders, evidence, cures, missing }: Diagnosis): DiagnoseJson {
  return {
    schema: 1,
    unit,
    cause,
    holders: [...holders],
    evidence: [...evidence],
    cures: [...cures],
    reasons: [...missing],
  };
}
