import { readFileSync } from 'node:fs';
import { type Fact, known, unknown } from '../core/fact.ts';
import type { SemaphoreSet } from '../core/semaphore-set.ts';
import type { SemaphoreLimits } from '../core/snapshot.ts';
import { because } from './because.ts';

const TABLE = '/proc/sysvipc/sem';
const HEADER = /^ +key +semid +perms +nsems +uid +gid +cuid +cgid +otime +ctime$/;
// The key may print signed (%10d); mode is octal (%4o). The last two are seconds.
const LINE = /^ *(-?\d+) +(\d+) +([0-7]+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$/;

/** The semaphore table of the reader's own IPC namespace. A line that cannot be read makes the whole table unknown. */
export function readSemaphoreSets(path = TABLE): Fact<SemaphoreSet[]> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return unknown(`${path} cannot be read: ${because(error)}`);
  }
  return parseSemaphoreSets(text, path);
}

/** A table that changes while it is read may show a set twice: the later line counts. */
export function parseSemaphoreSets(text: string, path = TABLE): Fact<SemaphoreSet[]> {
  const [header = '', ...lines] = text.split('\n');
  if (!HEADER.test(header)) return unknown(`${path} has a header this version does not know`);
  const sets = new Map<number, SemaphoreSet>();
  for (const line of lines) {
    if (line === '') continue;
    const match = LINE.exec(line);
    if (match === null) return unknown(`${path} has a line this version cannot read`);
    const id = Number(match[2]);
    sets.set(id, {
      id,
      key: Number(match[1]) | 0,
      mode: parseInt(match[3] ?? '', 8),
      nsems: Number(match[4]),
      uid: Number(match[5]),
      gid: Number(match[6]),
      cuid: Number(match[7]),
      cgid: Number(match[8]),
      otime: Number(match[9]),
      ctime: Number(match[10]),
    });
  }
  return known([...sets.values()]);
}

/** SEMMNI and SEMMNS of the reader's own IPC namespace. */
export function readSemaphoreLimits(path = '/proc/sys/kernel/sem'): Fact<SemaphoreLimits> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return unknown(`${path} cannot be read: ${because(error)}`);
  }
  const match = /^(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(text);
  if (match === null) return unknown(`${path} does not hold four numbers`);
  return known({ maxSemaphores: Number(match[2]), maxSets: Number(match[4]) });
}
