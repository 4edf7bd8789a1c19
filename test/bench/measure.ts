import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './must.ts';
import { FOREIGN_UID, HTTPD_UID } from './surroundings.ts';

/** As systemd gives it to a service's programs, and nothing else. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const MOST_MS = 120_000;

/** How many sets of a dead httpd, and how many of somebody else. */
export interface Table {
  leaked: number;
  foreign: number;
}

export interface Run {
  ms: number;
  peakMiB: number;
  stdout: string;
  stderr: string;
}

export class Bench {
  constructor(readonly folder: string) {}

  /** A fresh table, whose makers are gone. */
  fill({ leaked, foreign }: Table): void {
    const counts = [leaked, HTTPD_UID, foreign, FOREIGN_UID].map(String);
    must(join(this.folder, 'make-sets'), ...counts);
    this.expect('make-sets', { leaked, foreign });
  }

  /** Fails when the table is another: a contestant that left something out, or took too much, has no time to show. */
  expect(who: string, table: Table, run?: Run): void {
    const lines = readFileSync('/proc/sysvipc/sem', 'latin1').trimEnd().split('\n').slice(1);
    const leaked = lines.filter((line) => line.trim().split(/ +/)[4] === String(HTTPD_UID)).length;
    const foreign = lines.length - leaked;
    if (leaked === table.leaked && foreign === table.foreign) return;
    throw new Error(
      `${who} left ${leaked} leaked and ${foreign} foreign sets, instead of ${table.leaked} and ${table.foreign}. ${run?.stdout ?? ''}${run?.stderr ?? ''}`,
    );
  }

  /** Runs a command on its own; whether it did its work, the caller looks at. */
  time(command: readonly string[]): Run {
    const { output, error } = spawnSync(join(this.folder, 'time-run'), command, {
      encoding: 'utf8',
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      maxBuffer: 256 * 1024 * 1024,
      timeout: MOST_MS,
    });
    if (error !== undefined) throw error;
    const [, stdout, stderr, figures] = output.map((text) => text ?? '');
    const match = /^(\d+) (\d+) (\d+)\n$/.exec(figures ?? '');
    if (match === null) throw new Error(`${command.join(' ')} could not be timed: ${stderr ?? ''}`);
    return {
      ms: Number(match[1]) / 1e6,
      peakMiB: Number(match[2]) / 1024,
      stdout: stdout ?? '',
      stderr: stderr ?? '',
    };
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
